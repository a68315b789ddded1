"""Both errors in one: TokenError and RequestException."""

import copy
import pickle

import pytest
import requests

from s2sauth.client.requests.failures import as_requests_error, first_token
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    CredentialUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    Reason,
    TokenError,
    TokenRequestRefused,
    TokenTimeout,
    fresh_copy,
)

REQUEST = requests.Request("GET", "https://pay.internal/").prepare()


class OwnError(TokenError):
    """A user's own kind."""


class OwnRequestsError(TokenError, requests.RequestException):
    """A user's own kind that is both already."""


KINDS = [
    (TokenError, requests.RequestException),
    (TokenTimeout, requests.ConnectTimeout),
    (TokenRequestRefused, requests.RequestException),
    (InvalidClient, requests.RequestException),
    (CredentialUnavailable, requests.RequestException),
    (AuthorizationServerUnavailable, requests.ConnectionError),
    (InvalidTokenResponse, requests.RequestException),
    (OwnError, requests.RequestException),
]


@pytest.mark.parametrize(("kind", "requests_kind"), KINDS)
def test_error_is_both(kind, requests_kind):
    """Each kind is caught by its own name, and by the one that requests has for it."""
    error = as_requests_error(kind("why"), REQUEST)

    assert isinstance(error, kind)
    assert isinstance(error, requests_kind)
    assert (kind.__name__, "why", REQUEST, None) == (
        type(error).__name__,
        str(error),
        error.request,
        error.response,
    )


@pytest.mark.parametrize("kind", [InvalidClient, TokenRequestRefused, OwnError])
def test_no_other_error_looks_like_a_broken_connection(kind):
    """Handlers that retry broken connections don't retry a refused client."""
    error = as_requests_error(kind("why"), REQUEST)

    assert not isinstance(error, (requests.ConnectionError, requests.Timeout))


def test_facts_are_kept():
    """Reason and attributes are those that `get()` gave."""
    given = InvalidClient("no", error="invalid_client", error_description="who?")
    error = as_requests_error(given, REQUEST)
    limited = AuthorizationServerUnavailable(
        "busy", reason=Reason.RATE_LIMITED, retry_after=7.0
    )

    assert (Reason.INVALID_CLIENT, "invalid_client", "who?") == (
        error.reason,
        error.error,
        error.error_description,
    )
    busy = as_requests_error(limited, REQUEST)
    assert (Reason.RATE_LIMITED, 7.0) == (busy.reason, busy.retry_after)


def test_class_is_made_once():
    """Two failures of one kind have one class, so that reports can group them."""
    first, second = (as_requests_error(OwnError("x"), REQUEST) for _ in range(2))

    assert type(first) is type(second)
    assert first is not second


def test_error_that_is_both_already_is_taken_as_it_is():
    """A source of the user's may raise its own kind of both."""
    error = as_requests_error(OwnRequestsError("x"), REQUEST)

    assert OwnRequestsError is type(error)
    assert REQUEST is error.request


@pytest.mark.parametrize(("kind", "requests_kind"), KINDS)
@pytest.mark.parametrize(
    "copied",
    [copy.copy, fresh_copy, lambda error: pickle.loads(pickle.dumps(error))],
    ids=["copy", "fresh_copy", "pickle"],
)
def test_copies_are_both_too(kind, requests_kind, copied):
    """A task queue that pickles a failure gets the same kind back."""
    error = copied(as_requests_error(kind("why", reason=Reason.CLOSED), REQUEST))

    assert isinstance(error, kind)
    assert isinstance(error, requests_kind)
    assert ("why", Reason.CLOSED) == (str(error), error.reason)
    assert REQUEST.url == error.request.url


def failing(error):
    """Make a flow that fails before its first token."""
    raise error
    yield


def test_context_holds_nothing():
    """It's raised outside the `except`: no cause, no context, whatever they held."""
    with pytest.raises(TokenTimeout) as raised:
        first_token(failing(TokenTimeout("slow")), REQUEST)

    assert (None, None) == (raised.value.__context__, raised.value.__cause__)


def test_other_errors_pass():
    """A bug in a source isn't dressed up as a failure to get a token."""
    with pytest.raises(ZeroDivisionError):
        first_token(failing(ZeroDivisionError()), REQUEST)
