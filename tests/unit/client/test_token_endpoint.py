"""One fetch: what is sent, what is tried again, and what is remembered."""

import base64

import pytest

from s2sauth.credentials import ClientSecret
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    CredentialUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    TokenRequestRefused,
)
from support.bad_answers import GOOD_BODY
from support.endpoints import EndpointRig
from support.exchanges import broken, json_answer

GOOD = json_answer(GOOD_BODY)
REFUSED = json_answer(b'{"error":"invalid_client"}', 401)


def test_the_request_is_that_of_the_rfc() -> None:
    """Grant type and scope go in the form, the secret in the header."""
    rig = EndpointRig(GOOD)
    rig.fetch(scope="b a", audience="https://pay", resource="urn:x")
    (request,) = rig.http.requests
    assert request.method == "POST"
    assert request.url == "https://sso.example.com/token"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    (form,) = rig.http.forms()
    assert form == (
        "grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fpay"
        "&resource=urn%3Ax"
    )
    expected = base64.b64encode(b"order-service:s3cr3t").decode()
    assert request.headers["Authorization"] == f"Basic {expected}"


def test_a_secret_goes_into_the_form_on_request() -> None:
    """client_secret_post sends id and secret as fields, and no header."""
    rig = EndpointRig(GOOD, credential=ClientSecret("s+%", method="post"))
    rig.fetch()
    assert rig.http.forms() == [
        "grant_type=client_credentials&client_id=order-service&client_secret=s%2B%25"
    ]
    assert "Authorization" not in rig.http.requests[0].headers


def test_basic_credentials_are_form_encoded_first() -> None:
    """RFC 6749 §2.3.1: both halves are urlencoded, or not at all if switched off."""
    secret = "s3cr3t+/%&=é"
    coded, plain = (
        EndpointRig(GOOD, credential=ClientSecret(secret, form_encode=encode))
        for encode in (True, False)
    )
    for rig, pair in (
        (coded, "order-service:s3cr3t%2B%2F%25%26%3D%C3%A9"),
        (plain, f"order-service:{secret}"),
    ):
        rig.fetch()
        header = rig.http.requests[0].headers["Authorization"]
        assert base64.b64decode(header.removeprefix("Basic ")) == pair.encode()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """Statuses that pass are tried again within one fetch."""
    rig = EndpointRig(json_answer(b"", status), GOOD)
    assert rig.fetch().token.value == "abc.DEF-1"
    assert len(rig.http.requests) == 2


def test_a_broken_connection_is_tried_again() -> None:
    """So is a connection that broke."""
    rig = EndpointRig(broken(), broken(), GOOD)
    assert rig.fetch().token.value == "abc.DEF-1"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405, 410])
def test_what_no_retry_mends_is_asked_once(status: int) -> None:
    """Any other 3xx or 4xx is raised after one request."""
    rig = EndpointRig(json_answer(b"{}", status))
    error = rig.failure()
    assert isinstance(error, TokenRequestRefused)
    assert error.error is None
    assert len(rig.http.requests) == 1


def test_backoff_doubles_with_full_jitter() -> None:
    """Tries back off from 0 up to a doubling ceiling; four in one fetch."""
    rig = EndpointRig(json_answer(b"", 503))
    assert isinstance(rig.failure(), AuthorizationServerUnavailable)
    assert rig.waits == [0.25, 0.5, 1.0]
    low = EndpointRig(json_answer(b"", 503), draw=0.0)
    low.failure()
    assert low.waits == [0.0, 0.0, 0.0]


def test_retry_after_is_waited_inside_the_flight() -> None:
    """A Retry-After that fits is waited."""
    rig = EndpointRig(json_answer(b"", 429, retry_after="7"), GOOD)
    rig.fetch()
    assert rig.waits == [7.0]


def test_retry_after_beyond_the_flight_ends_it_at_once() -> None:
    """A Retry-After that doesn't fit ends the fetch without a wait."""
    rig = EndpointRig(json_answer(b"", 503, retry_after="30"))
    error = rig.failure()
    assert isinstance(error, AuthorizationServerUnavailable)
    assert error.retry_after == 30.0
    assert rig.waits == []
    assert len(rig.http.requests) == 1


def test_a_try_gets_no_more_than_the_flight_has_left() -> None:
    """The last try's timeout is what is left of the deadline."""
    rig = EndpointRig(broken(), GOOD, tries_until=6.0)
    rig.http.on_send = lambda: rig.clock.advance(4.0)
    rig.fetch()
    assert rig.http.timeouts == [5.0, pytest.approx(1.75)]


def test_lifetime_counts_from_before_the_request() -> None:
    """Latency comes off the lifetime."""
    rig = EndpointRig(GOOD)
    start = rig.clock.elapsed()
    wall = rig.clock.wall()
    rig.http.on_send = lambda: rig.clock.advance(40.0)
    grant = rig.fetch()
    assert grant.expires == start + 300.0
    assert grant.token.expires_at == wall + 300.0


def test_only_the_last_try_counts() -> None:
    """After a retry the lifetime counts from the try that brought the token."""
    rig = EndpointRig(broken(), GOOD)
    start = rig.clock.elapsed()
    assert rig.fetch().sent_at == start + 0.25


def test_a_token_over_before_it_arrives_is_none() -> None:
    """A lifetime shorter than the latency is an error, not a token."""
    rig = EndpointRig(GOOD)
    rig.http.on_send = lambda: rig.clock.advance(300.0)
    error = rig.failure()
    assert isinstance(error, InvalidTokenResponse)
    assert "ended before it arrived" in str(error)


def test_a_refused_credential_is_asked_once_in_30_seconds() -> None:
    """All sources of a manager share the memory of a refused credential."""
    rig = EndpointRig(REFUSED)
    for scope in ("a", "b", "c"):
        assert isinstance(rig.failure(scope=scope), InvalidClient)
    assert len(rig.http.requests) == 1
    assert rig.endpoint.refusal_stands()
    rig.clock.advance(30.0)
    assert not rig.endpoint.refusal_stands()
    rig.failure()
    assert len(rig.http.requests) == 2


def test_a_new_secret_is_tried_in_the_same_fetch() -> None:
    """If the source gives another secret after the refusal, it's tried once more."""
    secrets = iter(["old", "old", "new", "new", "new"])
    rig = EndpointRig(REFUSED, GOOD, credential=ClientSecret(lambda: next(secrets)))
    assert rig.fetch().token.value == "abc.DEF-1"
    assert len(rig.http.requests) == 2


def test_a_new_secret_ends_the_memory() -> None:
    """The memory belongs to the secret's version."""
    current = ["old"]
    rig = EndpointRig(REFUSED, GOOD, credential=ClientSecret(lambda: current[0]))
    rig.failure()
    current[0] = "new"
    assert not rig.endpoint.refusal_stands()
    assert rig.fetch().token.value == "abc.DEF-1"


def test_an_unreadable_secret_sends_nothing() -> None:
    """A secret source that fails is named by its kind, and nothing is sent."""

    def broken_source() -> str:
        message = "vault says s3cr3t"
        raise OSError(message)

    rig = EndpointRig(GOOD, credential=ClientSecret(broken_source))
    error = rig.failure()
    assert isinstance(error, CredentialUnavailable)
    assert str(error) == "the secret source failed (OSError)"
    assert rig.http.requests == []


def test_less_than_asked_is_told_or_refused() -> None:
    """Scopes that weren't granted are named; require_granted makes it an error."""
    rig = EndpointRig(GOOD)
    assert rig.fetch(scope="a c").missing == {"c"}
    error = rig.failure(scope="a c", require_granted=True)
    assert isinstance(error, TokenRequestRefused)
    assert error.reason == "SCOPES_NOT_GRANTED"
    assert rig.fetch(scope="a b", require_granted=True).missing == frozenset()
