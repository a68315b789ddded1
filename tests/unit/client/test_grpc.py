"""A channel whose calls carry a token: what is sent, and what isn't."""

import gc
import traceback
from typing import Any, cast

import grpc
import pytest

from s2sauth.client.grpc import CallNotSent, intercept, secure_channel
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    Reason,
    TokenRequestRefused,
)
from s2sauth.testing import FakeClock, StaticTokenSource
from support.bearer_channel import (
    DENIED,
    KINDS,
    Methods,
    SlowSource,
    method,
    over,
    run,
)
from support.fake_calls import OK, UNAUTHENTICATED, FakeCall, FakeChannel

pytestmark = pytest.mark.grpc


@pytest.mark.parametrize("kind", KINDS)
def test_each_arity_carries_the_token(kind):
    """The token is added to the caller's own metadata; all else stays."""
    below = FakeChannel(FakeCall("a", code=OK))
    run(
        over(below),
        kind,
        metadata=[("x-request-id", "7")],
        wait_for_ready=True,
        compression=grpc.Compression.Gzip,
    )
    (sent,) = below.sent
    assert (("x-request-id", "7"), ("authorization", "Bearer t1")) == sent.metadata
    assert ("request", None, None, True, grpc.Compression.Gzip) == (
        sent.request,
        sent.timeout,
        sent.credentials,
        sent.wait_for_ready,
        sent.compression,
    )


def test_arguments_may_be_given_by_position():
    """As with gRPC's own methods."""
    below = FakeChannel(FakeCall("a", code=OK))
    method(over(below), "unary_unary")("request", 5.0, (("x-request-id", "7"),))
    (sent,) = below.sent
    assert (5.0, ("x-request-id", "7")) == (sent.timeout, sent.metadata[0])


@pytest.mark.parametrize("kind", KINDS)
def test_time_spent_on_the_token_comes_off_the_calls(kind):
    """Of a second, the call gets what getting the token left of it."""
    clock = FakeClock()
    source = SlowSource(clock, 0.25)
    below = FakeChannel(FakeCall("a", code=OK))
    run(over(below, source, clock), kind, timeout=1.0)
    assert [1.0] == source.timeouts
    assert 0.75 == below.sent[0].timeout


@pytest.mark.parametrize("kind", KINDS)
def test_over_budget_is_deadline_exceeded(kind):
    """A call whose time ran out meanwhile isn't sent."""
    clock = FakeClock()
    below = FakeChannel()
    call = run(over(below, SlowSource(clock, 1.5), clock), kind, timeout=1.0)
    assert grpc.StatusCode.DEADLINE_EXCEEDED is call.code()
    assert Reason.TOKEN_TIMEOUT is call.token_error.reason
    assert [] == below.sent


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_token_nothing_is_sent(kind):
    """A failure to get one is the call's outcome, and is never retried."""
    source = StaticTokenSource(error=TokenRequestRefused("no such scope"))
    below = FakeChannel()
    call = run(over(below, source), kind)
    assert isinstance(call, CallNotSent)
    assert UNAUTHENTICATED is call.code()
    assert (1, []) == (source.gets, below.sent)


def test_a_future_without_a_token_is_returned_and_not_raised():
    """Whoever asks for a future gets one."""
    source = StaticTokenSource(error=TokenRequestRefused("no such scope"))
    future = method(over(FakeChannel(), source), "unary_unary").future("request")
    assert future is future.exception()
    assert isinstance(future, CallNotSent)


@pytest.mark.parametrize("key", ["authorization", "Authorization"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_second_authorization_is_refused(kind, key):
    """Of two of them a server could pick either, so the call isn't sent."""
    below = FakeChannel()
    call = run(over(below), kind, metadata=((key, "Bearer mine"),))
    assert grpc.StatusCode.FAILED_PRECONDITION is call.code()
    assert "authorization" in call.details()
    assert "mine" not in call.details()
    assert [] == below.sent


def test_each_method_has_its_own_token():
    """The source is the one that the method's requirement leads to."""
    below = FakeChannel(FakeCall("a", code=OK))
    run(over(below, Methods(Charge=StaticTokenSource("for-charge"))))
    assert ["Bearer for-charge"] == below.tokens


def test_a_method_may_change_its_source():
    """Nobody said that a method's source stays the same."""
    methods = Methods(Charge=StaticTokenSource("t1"))
    below = FakeChannel(*[FakeCall("a", code=OK) for _ in range(3)])
    channel = over(below, methods)
    run(channel)
    run(channel)
    methods.sources["Charge"] = StaticTokenSource("t2")
    run(channel)
    assert ["Bearer t1", "Bearer t1", "Bearer t2"] == below.tokens


@pytest.mark.parametrize("kind", KINDS)
def test_a_public_method_goes_out_untouched(kind):
    """It needs no token, and keeps what its caller sends, an authorization too."""
    below = FakeChannel(FakeCall("a", code=OK))
    metadata = (("authorization", "Bearer mine"),)
    channel = over(below, Methods(Charge=None), allow_insecure=False)
    run(channel, kind, timeout=5.0, metadata=metadata)
    (sent,) = below.sent
    assert metadata is sent.metadata
    assert (5.0, None) == (sent.timeout, sent.credentials)


@pytest.mark.parametrize("kind", KINDS)
def test_an_undeclared_method_is_an_error_not_a_guess(kind):
    """It's told apart from a server's answer, and nothing is sent."""
    below = FakeChannel()
    call = run(over(below, Methods()), kind)
    assert grpc.StatusCode.FAILED_PRECONDITION is call.code()
    assert Reason.METHOD_NOT_DECLARED is call.token_error.reason
    assert [] == below.sent


class Misconfigured(StaticTokenSource):
    """A source that finds out only when asked that it can't work."""

    def get(self, timeout=None, min_validity=0.0):
        """Say what's missing."""
        message = "the provider has no token endpoint"
        raise ConfigurationError(message)


def test_a_source_that_is_set_up_wrongly_is_told_as_such():
    """It's the call's outcome, too."""
    call = run(over(FakeChannel(), Misconfigured()))
    assert grpc.StatusCode.FAILED_PRECONDITION is call.code()


class LocalsChannel(FakeChannel):
    """Fails in a frame that has the metadata as a local, as grpc/_channel.py does."""

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a method that fails."""

        def fail(request, metadata, **said):
            raise self.calls.pop(0)

        return fail


@pytest.mark.parametrize("codes", [[DENIED], [UNAUTHENTICATED, UNAUTHENTICATED]])
def test_a_failed_call_keeps_no_frame_that_holds_the_token(codes):
    """Error reporters print the locals of every frame."""
    below = LocalsChannel(*(FakeCall(code=code) for code in codes))
    source = StaticTokenSource(tokens=["canary1", "canary2"])
    with pytest.raises(grpc.RpcError) as caught:
        method(over(below, source), "unary_unary")("request")
    told = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    assert "canary" not in "".join(told.format())


@pytest.mark.parametrize("error", [TokenRequestRefused("no"), None])
def test_a_failed_call_leaves_no_cycle_behind(error):
    """Errors and frames that hold each other would wait for the collector."""
    source = StaticTokenSource(error=error)
    channel = over(FakeChannel(FakeCall(code=DENIED)), source)
    gc.collect()
    gc.disable()
    try:
        run(channel).code()
        assert 0 == gc.collect()
    finally:
        gc.enable()


def test_a_failure_to_get_a_token_has_no_context():
    """The cause is told once."""
    source = StaticTokenSource(error=AuthorizationServerUnavailable("down"))
    failure = run(over(FakeChannel(), source))
    assert isinstance(failure.__cause__, AuthorizationServerUnavailable)
    assert failure.__context__ is None


@pytest.mark.parametrize("tokens", [object(), "token", None])
def test_what_gives_no_tokens_is_a_configuration_error(tokens):
    """A manager handed over in place of a source is found at once."""
    with pytest.raises(ConfigurationError, match="tokens is a"):
        intercept(FakeChannel(), tokens)
    with pytest.raises(ConfigurationError, match="tokens is a"):
        secure_channel("localhost:1", tokens)


def test_what_is_no_synchronous_channel_is_refused():
    """The error says what it got, and what it needs."""
    with pytest.raises(ConfigurationError, match=r"must be a grpc\.Channel: grpc\.aio"):
        intercept(cast("grpc.Channel", object()), StaticTokenSource())


@pytest.mark.parametrize("kind", KINDS)
def test_what_grpc_says_beside_the_name_goes_on(kind):
    """Serializers, and private arguments that differ by version."""
    below = FakeChannel()
    getattr(over(below), kind)("/a.B/C", str, bytes, _registered_method=True)
    assert [(kind, ("/a.B/C", str, bytes), {"_registered_method": True})] == below.told


def test_it_is_a_channel_over_the_one_below():
    """Connectivity and closing are those of the channel below."""
    below = FakeChannel()
    with intercept(below, StaticTokenSource()) as channel:
        channel.subscribe(print, try_to_connect=True)
        channel.unsubscribe(print)
    assert [
        ("subscribe", (print, True), {}),
        ("unsubscribe", (print,), {}),
        ("close", (), {}),
    ] == below.told
