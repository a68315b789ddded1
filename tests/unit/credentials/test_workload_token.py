"""Tokens that a platform projects into files."""

import base64
import json
import pickle

import pytest

from s2sauth.credentials import WorkloadToken
from s2sauth.credentials._assertion import JWT_BEARER
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.testing import FakeClock
from support.assertions import CONTEXT
from support.canary import shown

SPIFFE = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"
END = 1_700_000_100


def jwt(claims):
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    encoded = [
        base64.urlsafe_b64encode(p).decode().rstrip("=") for p in (*parts, b"s1gn")
    ]
    return ".".join(encoded)


@pytest.fixture
def path(tmp_path):
    """A projected token, with the line end that some leave there."""
    file = tmp_path / "token"
    file.write_text(jwt({"exp": END, "sub": "a"}) + "\n")
    return file


@pytest.mark.parametrize("kind", [JWT_BEARER, SPIFFE])
def test_the_token_goes_into_the_form(path, kind):
    """As the assertion, of the type that the server calls it; whitespace stripped."""
    credential = WorkloadToken(path, kind, clock=FakeClock())
    proof = credential.authenticate(CONTEXT)
    assert dict(proof.form) == {
        "client_id": "order-service",
        "client_assertion_type": kind,
        "client_assertion": path.read_text().strip(),
    }
    assert proof.secrets == (path.read_text().strip(),)


def test_the_file_is_read_at_each_fetch(path):
    """The platform replaces it; so does the next assertion, and the version."""
    credential = WorkloadToken(path, clock=FakeClock())
    before = credential.version()
    path.write_text(jwt({"exp": END, "sub": "b"}))
    assert credential.version() != before
    proof = credential.authenticate(CONTEXT)
    assert proof.form["client_assertion"] == path.read_text()


def test_a_symlink_swap_is_followed(tmp_path):
    """Kubernetes swaps a folder by its symlink."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    link = tmp_path / "..data"
    link.symlink_to("one")
    credential = WorkloadToken(link / "token")
    assert credential.authenticate(CONTEXT).form["client_assertion"] == "one"
    link.unlink()
    link.symlink_to("two")
    assert credential.authenticate(CONTEXT).form["client_assertion"] == "two"


def test_an_ended_token_names_the_file_and_the_time(path):
    """Its `exp` is looked at, so that the error is clear before anything is sent."""
    clock = FakeClock(wall=END - 1)
    credential = WorkloadToken(path, clock=clock)
    assert credential.authenticate(CONTEXT)
    clock.advance(1)
    with pytest.raises(CredentialUnavailable) as caught:
        credential.authenticate(CONTEXT)
    assert str(path) in str(caught.value)
    assert "ended at 2023-11-14T22:15:00Z" in str(caught.value)
    assert "s1gn" not in shown(caught.value)
    assert path.read_text()[:20] not in shown(caught.value)


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        jwt({}),
        jwt({"exp": "soon"}),
        jwt({"exp": True}),
        jwt([]),
    ],
)
def test_what_is_no_jwt_with_an_end_is_sent_as_it_is(path, token):
    """The server judges it; we only look at what we can read."""
    path.write_text(token)
    proof = WorkloadToken(path).authenticate(CONTEXT)
    assert proof.form["client_assertion"] == token


@pytest.mark.parametrize("end", [0, -5, 1e308, 10**20])
def test_an_absurd_end_is_no_crash(path, end):
    """An end before 1970 is over, one after the year 9999 is far."""
    path.write_text(jwt({"exp": end}))
    credential = WorkloadToken(path, clock=FakeClock())
    if end > 0:
        assert credential.authenticate(CONTEXT)
    else:
        with pytest.raises(CredentialUnavailable, match="ended at 1970-01-01"):
            credential.authenticate(CONTEXT)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"s3cr3t s3cr3t", "no single token"),
        (b"s3cr3t\xff", "odd characters"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, said):
    """What is wrong is told by the file's name, with nothing of what's in it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CredentialUnavailable, match=said) as caught:
        WorkloadToken(file).authenticate(CONTEXT)
    assert str(file) in str(caught.value)
    assert caught.value.__context__ is None
    assert "s3cr3t" not in shown(caught.value)


def test_a_path_that_can_be_none_is_named():
    """A NUL is in no path."""
    with pytest.raises(CredentialUnavailable, match="can't be a path"):
        WorkloadToken("a\0b").version()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("",), "path"), ((None,), "path"), (("p", ""), "type"), (("p", None), "type")],
)
def test_arguments_are_checked(arguments, named):
    """The message names the argument."""
    with pytest.raises(ConfigurationError, match=named):
        WorkloadToken(*arguments)


def test_nothing_shows_and_nothing_is_pickled(path):
    """The repr shows the path, no token."""
    credential = WorkloadToken(path)
    assert "eyJ" not in f"{credential!r}"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(credential)
