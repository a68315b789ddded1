"""A policy in a TOML file."""

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Policy, Rule


@pytest.fixture
def write(tmp_path):
    """Give a function that writes a policy file and returns its path."""

    def write(text):
        path = tmp_path / "policy.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


WHOLE = """
denied_clients = ["compromised"]

[rules."POST /api/payments/charge"]
all_scopes = ["payments:write"]

[rules."/shop.v1.Payments/*"]
any_scopes = ["payments:read", "payments:write"]
clients = "orders"
audiences = ["https://pay"]

[rules."GET /ping"]
public = true

[rules."GET /closed"]
deny = true

[rules."GET /me"]
"""


@pytest.mark.parametrize("as_given", [str, lambda path: path])
def test_reads_every_option(write, as_given):
    """A file says all that code can say."""
    expected = Policy(
        {
            "POST /api/payments/charge": Rule(all_scopes="payments:write"),
            "/shop.v1.Payments/*": Rule(
                any_scopes={"payments:read", "payments:write"},
                clients="orders",
                audiences="https://pay",
            ),
            "GET /ping": Rule(public=True),
            "GET /closed": Rule(deny=True),
            "GET /me": Rule(),
        },
        denied_clients="compromised",
    )

    assert expected == Policy.from_file(as_given(write(WHOLE)))


def test_an_empty_file_denies_everything(write):
    """A file without rules is a policy without rules."""
    assert Policy() == Policy.from_file(write(""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("denied_client = []", ["'denied_client'", "did you mean denied_clients?"]),
        ("[rule.'GET /']", ["'rule'", "did you mean rules?"]),
        ("colour = 1", ["'colour'", "there are denied_clients, rules"]),
        ("rules = 3", ["rules must be tables"]),
        ("rules.'GET /' = 3", ['[rules."GET /"]', "must be a table"]),
        (
            "[rules.'GET /']\nall_scope = ['a']",
            ['[rules."GET /"]', "'all_scope'", "did you mean all_scopes?"],
        ),
        (
            "[rules.'GET /']\ncolour = 1",
            ["'colour'", "there are all_scopes, any_scopes"],
        ),
        ("[rules.'GET /']\nall_scopes = ['a b']", ['[rules."GET /"]', "all_scopes"]),
        ("[rules.'GET /']\npublic = 'yes'", ['[rules."GET /"]', "public"]),
        ("[rules.'GET /']\nclients = 3", ['[rules."GET /"]', "clients"]),
        (
            "[rules.'GET /']\npublic = true\nclients = 'a'",
            ['[rules."GET /"]', "public", "clients"],
        ),
        ("[rules.'get /']", ["'get /'", "capitals"]),
        ("denied_clients = [3]", ["denied_clients"]),
        ("denied_clients = 3", ["denied_clients"]),
        ("[rules.'GET /']\n[rules.'GET /']", ["isn't TOML", "line 2"]),
        ("rules = ", ["isn't TOML"]),
        (b"\xff", ["isn't UTF-8"]),
    ],
)
def test_mistakes(write, text, words):
    """A mistake is an error that names the file, the place, and what was meant."""
    path = write(text)

    with pytest.raises(ConfigurationError) as caught:
        Policy.from_file(path)

    assert [] == [word for word in [str(path), *words] if word not in str(caught.value)]


def test_a_file_that_is_not_there(tmp_path):
    """A file that can't be read is an error that names it."""
    path = tmp_path / "none.toml"

    with pytest.raises(ConfigurationError, match="can't be read") as caught:
        Policy.from_file(path)

    assert str(path) in str(caught.value)
