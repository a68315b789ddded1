"""What counts as a token response, and what each of the others is."""

import pytest

from s2sauth.errors import AuthorizationServerUnavailable, TokenRequestRefused
from support.bad_answers import BAD_ANSWERS, GOOD_BODY, BadAnswer
from support.endpoints import EndpointRig
from support.exchanges import json_answer


@pytest.mark.parametrize("bad", BAD_ANSWERS, ids=lambda bad: bad.name)
def test_a_bad_answer_ends_in_its_own_error(bad: BadAnswer) -> None:
    """Each malformed answer has one class and one reason; its sibling is taken."""
    rig = EndpointRig(json_answer(bad.body, bad.status))
    error = rig.failure()
    assert (type(error), error.reason) == (bad.kind, bad.reason)
    assert EndpointRig(json_answer(bad.sibling)).fetch().token.value == "abc.DEF-1"


def test_there_are_at_least_forty() -> None:
    """The table is as long as was promised, and names each case once."""
    names = {bad.name for bad in BAD_ANSWERS}
    assert len(names) == len(BAD_ANSWERS)
    assert len(names) >= 40


@pytest.mark.parametrize(
    ("written", "lifetime"),
    [
        ("300", 300.0),
        ("300.5", 300.5),
        ('"300"', 300.0),
        ("31536000", 31_536_000.0),
        ("1e3", 1000.0),
        ("null", 123.0),
    ],
)
def test_lifetimes_are_read_in_every_form_seen(written: str, lifetime: float) -> None:
    """expires_in may be a number, digits in a string, or null for the default."""
    body = GOOD_BODY.replace(b"300", written.encode())
    assert EndpointRig(json_answer(body)).fetch().lifetime == lifetime


def test_a_missing_lifetime_is_the_configured_default() -> None:
    """Without expires_in the default lifetime counts."""
    body = GOOD_BODY.replace(b'"expires_in":300,', b"")
    assert EndpointRig(json_answer(body)).fetch().lifetime == 123.0


@pytest.mark.parametrize("kind", [b"bearer", b"BEARER", b"Bearer"])
def test_the_type_is_compared_without_case(kind: bytes) -> None:
    """token_type is case-insensitive (RFC 6749 §5.1)."""
    body = GOOD_BODY.replace(b"Bearer", kind)
    assert (
        EndpointRig(json_answer(body)).fetch().token.authorization.startswith("Bearer ")
    )


def test_without_a_scope_what_was_asked_is_granted() -> None:
    """A missing scope means: identical to what was asked (RFC 6749 §5.1)."""
    body = GOOD_BODY.replace(b',"scope":"a b"', b"")
    assert EndpointRig(json_answer(body)).fetch(scope="x").token.scopes == {"x"}


def test_an_echoed_secret_is_cut_out() -> None:
    """A server that echoes our secret doesn't get it into our errors."""
    body = b'{"error":"invalid_scope","error_description":"bad s3cr3t\\n for you"}'
    error = EndpointRig(json_answer(body, 400)).failure()
    assert isinstance(error, TokenRequestRefused)
    assert error.error == "invalid_scope"
    assert error.error_description == "bad [removed] for you"
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999999999999999999", 60.0),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tue, 14 Nov 2099 22:13:30 GMT", 60.0),
        ("Tue, 14 Nov 2000 22:13:30 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_and_capped(header: str, seconds: float | None) -> None:
    """Retry-After counts as seconds or as a date, 60 s at most; nonsense not at all."""
    rig = EndpointRig(json_answer(b"", 503, retry_after=header), tries_until=0.0)
    error = rig.failure()
    assert isinstance(error, AuthorizationServerUnavailable)
    assert error.retry_after == seconds
