"""`s2sauth policy`: who may call what, and whether that fits the services."""

import pytest

from support.commands import ROOT, run, s2sauth_command

pytestmark = [pytest.mark.cli, pytest.mark.grpc]

GENERATED = ROOT / "tests" / "generated"
MODULE = "shop.v1.payments_pb2"
RULES = """
[rules."POST /api/payments/charge"]
all_scopes = ["payments:write"]

[rules."GET /healthz"]
public = true

[rules."/shop.v1.Payments/Forgotten"]
any_scopes = ["payments:admin", "payments:read"]
clients = ["back-office"]
"""


def policy(*arguments, cwd=ROOT):
    """Run `s2sauth policy` where the generated modules are found."""
    return run(s2sauth_command("policy", *arguments), paths=[GENERATED], cwd=cwd)


def lines(shown):
    """Return a table's lines as lists of words."""
    return [line.split() for line in shown.splitlines()]


@pytest.fixture
def rules(tmp_path):
    """Write a policy file, and give its path."""
    path = tmp_path / "policy.toml"
    path.write_text(RULES)
    return str(path)


def test_show_prints_what_each_method_needs():
    """Each method's scopes, clients and audiences are one line."""
    done = policy("show", MODULE)
    audience = "https://payment-service.internal"
    shown = lines(done.out)
    assert 0 == done.code
    assert ["/shop.v1.Payments/Charge", "payments:write", audience] in shown
    assert ["/shop.v1.Payments/Rates", "public"] in shown
    close = ["/shop.v1.Payments/Close", "payments:write", "back-office", audience]
    assert close in shown


def test_show_prints_what_a_client_must_be_granted():
    """All scopes and audiences together are what a client of it all needs."""
    shown = lines(policy("show", MODULE).out)
    scopes = [line[1:] for line in shown if line[:1] == ["scope"]]
    audiences = [line[1:] for line in shown if line[:1] == ["audience"]]
    assert [
        ["audit:read"],
        ["payments:read"],
        ["payments:write"],
        ["reports:read"],
        ["payments:admin", "or", "payments:refund"],
    ] == scopes
    assert [["https://audit.internal"], ["https://payment-service.internal"]] == (
        audiences
    )


def test_show_asks_for_no_scope_that_another_makes_needless(rules):
    """Any of several scopes is no wish where one of them is needed anyway."""
    shown = policy("show", MODULE, rules).out
    assert "payments:admin or payments:read" in shown  # in the table alone
    granted = [line[1:] for line in lines(shown) if line[:1] == ["scope"]]
    assert ["payments:read"] in granted
    assert ["payments:admin", "or", "payments:read"] not in granted


def test_show_reads_files_too(rules):
    """A policy file's routes are shown beside a module's methods."""
    done = policy("show", MODULE, rules)
    assert 0 == done.code
    assert [*["POST", "/api/payments/charge", "payments:write"]] in lines(done.out)
    assert ["/shop.v1.Payments/Charge"] == [
        line[0] for line in lines(done.out) if "/shop.v1.Payments/Charge" in line
    ]


def test_show_finds_modules_where_it_stands():
    """Modules of the current folder need no PYTHONPATH."""
    # As the installed command: Python itself doesn't look into the folder then.
    command = s2sauth_command("policy", "show", MODULE)
    done = run(command, env={"PYTHONSAFEPATH": "1"}, cwd=GENERATED)
    assert 0 == done.code


def test_a_public_policy_asks_nothing_of_clients(tmp_path):
    """Where everything is public, no client needs to be granted anything."""
    path = tmp_path / "policy.toml"
    path.write_text('[rules."GET /healthz"]\npublic = true\n')
    done = policy("show", str(path))
    assert "No client needs to be granted anything" in done.out


def test_check_finds_what_is_uncovered():
    """A method without a rule is a finding, and the exit code is 1."""
    done = policy("check", MODULE)
    assert 1 == done.code
    assert ["UNCOVERED:"] == [line[0] for line in lines(done.out)]
    assert "/shop.v1.Payments/Forgotten" in done.out


def test_check_holds_a_file_against_the_methods(rules):
    """With --policy the file alone is what the server enforces."""
    done = policy("check", MODULE, "--policy", rules)
    assert 1 == done.code
    assert "/shop.v1.Payments/Charge has no rule" in done.out
    assert "/shop.v1.Payments/Forgotten has" not in done.out


def test_check_ends_with_0_where_nothing_is_found(rules):
    """The options and a rule for what they leave out cover everything."""
    done = policy("check", MODULE, "--policy", rules, "--with-options")
    assert (0, "nothing found\n") == (done.code, done.out)


def test_check_sees_a_misspelt_method(tmp_path):
    """A rule for a method that there isn't is a finding."""
    path = tmp_path / "policy.toml"
    path.write_text('[rules."/shop.v1.Payments/Chagre"]\npublic = true\n')
    done = policy("check", MODULE, "--policy", str(path), "--with-options")
    assert 1 == done.code
    assert "UNKNOWN_METHOD" in done.out


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("nowhere_pb2", "nowhere_pb2"),
        ("shop.v1.nothing_pb2", "shop.v1.nothing_pb2"),
        ("payments_pb2.py", "payments_pb2.py"),
        ("nowhere.toml", "nowhere.toml"),
        ("json", "json"),
    ],
)
def test_what_cant_be_read_is_said(source, named):
    """A module or file that can't be had is one line on stderr, and exit code 2."""
    done = policy("show", source)
    assert (2, "") == (done.code, done.out)
    assert named in done.err
    assert 1 == len(done.err.splitlines())
