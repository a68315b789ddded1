"""The error that is a call: what a call ends in when it was never sent."""

import grpc
import pytest

from s2sauth.client.grpc import CallNotSent
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    CredentialUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    Reason,
    TokenRequestRefused,
    TokenTimeout,
)

pytestmark = pytest.mark.grpc

CODES = [
    (TokenTimeout("slow"), grpc.StatusCode.DEADLINE_EXCEEDED),
    (TokenRequestRefused("no"), grpc.StatusCode.UNAUTHENTICATED),
    (InvalidClient("no"), grpc.StatusCode.UNAUTHENTICATED),
    (CredentialUnavailable("gone"), grpc.StatusCode.UNAVAILABLE),
    (AuthorizationServerUnavailable("down"), grpc.StatusCode.UNAVAILABLE),
    (InvalidTokenResponse("odd"), grpc.StatusCode.UNAVAILABLE),
    (
        ConfigurationError("undeclared", reason=Reason.METHOD_NOT_DECLARED),
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
]


@pytest.mark.parametrize(("error", "code"), CODES)
def test_each_cause_has_its_status(error, code):
    """A cause is told by the status that a channel's users know for it."""
    assert code is CallNotSent(error).code()


def test_it_says_that_its_local_and_why():
    """The details give the cause, and that no server was asked."""
    failure = CallNotSent(TokenRequestRefused("the scope is unknown"))
    expected = "not sent (decided here, the server wasn't asked): the scope is unknown"
    assert expected == failure.details()
    assert expected == failure.debug_error_string()
    assert f"UNAUTHENTICATED: {expected}" == str(failure)


def test_it_bears_the_token_error():
    """The TokenError itself is there, as an attribute and as the cause."""
    error = TokenTimeout("slow")
    failure = CallNotSent(error)
    assert error is failure.token_error
    assert error is failure.__cause__


@pytest.mark.parametrize(
    "read", [lambda call: call.result(1.0), next, list], ids=["result", "next", "list"]
)
def test_reading_it_raises_it(read):
    """Whoever wants its response or messages gets the error."""
    failure = CallNotSent(TokenTimeout("slow"))
    with pytest.raises(grpc.RpcError) as caught:
        read(failure)
    assert failure is caught.value
    assert failure.traceback() is caught.value.__traceback__


def test_it_is_an_ended_call_and_future():
    """It behaves as a call that has failed: no metadata, nothing to cancel."""
    failure = CallNotSent(TokenTimeout("slow"))
    assert isinstance(failure, grpc.Call)
    assert isinstance(failure, grpc.Future)
    assert failure is failure.exception()
    assert (True, False, False, False) == (
        failure.done(),
        failure.running(),
        failure.cancelled(),
        failure.is_active(),
    )
    assert ((), ()) == (failure.initial_metadata(), failure.trailing_metadata())
    assert not failure.cancel()


def test_its_callbacks_know_that_it_has_ended():
    """A done-callback runs at once; a termination callback is not taken."""
    failure = CallNotSent(TokenTimeout("slow"))
    told: list[object] = []
    failure.add_done_callback(told.append)
    assert [failure] == told
    assert not failure.add_callback(lambda: told.append("again"))
    assert [failure] == told
