"""What a refusal leads to: by the server, or by core, since the channel is insecure."""

import gc
import weakref

import grpc
import pytest

from s2sauth.client.grpc import CallNotSent
from s2sauth.testing import FakeClock, StaticTokenSource
from support.bearer_channel import (
    DENIED,
    KINDS,
    RUNNING,
    SlowSource,
    method,
    over,
    run,
)
from support.fake_calls import OK, UNAUTHENTICATED, FakeCall, FakeChannel

pytestmark = pytest.mark.grpc


def test_a_refused_blocking_call_is_sent_once_more():
    """UNAUTHENTICATED drops that token, and another goes out."""
    source = StaticTokenSource(tokens=["t1", "t2", "t3"])
    below = FakeChannel(FakeCall(), FakeCall("a", code=OK))
    assert "a" == run(over(below, source))
    assert ["Bearer t1", "Bearer t2"] == below.tokens
    assert ["t1"] == [token.value for token in source.invalidated]


def test_with_call_is_sent_once_more_too():
    """It gives the second answer, and its call."""
    answer = FakeCall("a", code=OK)
    below = FakeChannel(FakeCall(), answer)
    source = StaticTokenSource(tokens=["t1", "t2"])
    found = method(over(below, source), "unary_unary").with_call("request")
    assert ("a", answer) == found


def test_a_call_refused_twice_goes_back_as_it_is():
    """Never more than one more."""
    source = StaticTokenSource(tokens=["t1", "t2", "t3"])
    second = FakeCall()
    below = FakeChannel(FakeCall(), second)
    assert second is run(over(below, source))
    assert ["Bearer t1", "Bearer t2"] == below.tokens


def test_the_second_try_gets_what_time_is_left():
    """The deadline is one for both tries."""
    clock = FakeClock()
    source = SlowSource(clock, 0.25, tokens=["t1", "t2"])
    below = FakeChannel(FakeCall(), FakeCall("a", code=OK))
    run(over(below, source, clock), timeout=1.0)
    assert [0.75, 0.5] == [sent.timeout for sent in below.sent]


def test_without_time_for_a_second_try_the_refusal_stands():
    """There's an answer already; it's better than a timeout."""
    clock = FakeClock()
    source = SlowSource(clock, 0.6, tokens=["t1", "t2"])
    refusal = FakeCall()
    below = FakeChannel(refusal)
    assert refusal is run(over(below, source, clock), timeout=1.0)
    assert 1 == len(below.sent)


@pytest.mark.parametrize("kind", KINDS)
def test_permission_denied_is_never_retried(kind):
    """Another token of the same scopes would be denied, too."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    below = FakeChannel(FakeCall(code=DENIED))
    call = run(over(below, source), kind)
    assert DENIED is call.code()
    assert (["Bearer t1"], []) == (below.tokens, source.invalidated)


@pytest.mark.parametrize("kind", ["stream_unary", "stream_stream"])
def test_consumed_requests_are_not_replayed(kind):
    """A call with a stream of requests drops its token, for the next one's sake."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    refusal = FakeCall()
    below = FakeChannel(refusal)
    assert refusal is run(over(below, source), kind)
    assert 1 == len(below.sent)
    assert ["t1"] == [token.value for token in source.invalidated]


def test_consumed_requests_with_call_are_not_replayed():
    """The same, for whoever wants the call as well."""
    refusal = FakeCall()
    below = FakeChannel(refusal, FakeCall("a", code=OK))
    source = StaticTokenSource(tokens=["t1", "t2"])
    stub = method(over(below, source), "stream_unary")
    with pytest.raises(grpc.RpcError) as caught:
        stub.with_call(iter(()))
    assert refusal is caught.value
    assert "a" == stub.with_call(iter(()))[0]


@pytest.mark.parametrize("kind", RUNNING)
def test_a_running_call_drops_its_token_when_its_refused(kind):
    """It's gRPC's own object, and isn't replayed."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    running = FakeCall(code=None)
    below = FakeChannel(running)
    assert running is RUNNING[kind](method(over(below, source), kind))
    assert [] == source.invalidated
    running.end(UNAUTHENTICATED)
    assert ["t1"] == [token.value for token in source.invalidated]
    assert 1 == len(below.sent)


def test_a_future_that_ended_at_once_is_not_replayed():
    """It's no matter of luck whether a future is sent again."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    future = FakeCall()
    below = FakeChannel(future)
    assert future is method(over(below, source), "unary_unary").future("request")
    assert (1, 1) == (len(below.sent), len(source.invalidated))


def test_a_response_stream_is_resent_before_its_first_message():
    """Its reader gets the second answer's messages."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    below = FakeChannel(FakeCall(), FakeCall("a", "b", code=OK))
    assert ["a", "b"] == list(run(over(below, source), "unary_stream"))
    assert ["Bearer t1", "Bearer t2"] == below.tokens


def test_an_unproved_channel_sends_the_proof_along():
    """Core looks at the channel before it asks the proof."""
    below = FakeChannel(FakeCall("a", code=OK), FakeCall("a", code=OK))
    channel = over(below, allow_insecure=False)
    run(channel)
    channel._bearer._proof(None, lambda metadata, error: None)  # core asks
    run(channel)
    assert isinstance(below.sent[0].credentials, grpc.CallCredentials)
    assert below.sent[1].credentials is None


def test_the_proof_adds_nothing():
    """It only takes note that it was asked."""
    told = []
    channel = over(FakeChannel(), allow_insecure=False)
    channel._bearer._proof(None, lambda *answer: told.append(answer))
    assert [((), None)] == told


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_by_core_is_told_as_an_insecure_channel(kind):
    """It isn't the token's fault: nothing is dropped, nothing is sent again."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    below = FakeChannel(FakeCall())
    call = run(over(below, source, allow_insecure=False), kind)
    assert grpc.StatusCode.FAILED_PRECONDITION is call.code()
    assert "allow_insecure=True" in call.details()
    assert ([], 1) == (source.invalidated, len(below.sent))


@pytest.mark.parametrize("kind", RUNNING)
def test_a_running_call_over_an_insecure_channel_says_so_too(kind):
    """Its done-callbacks are told of the same error as its reader."""
    running = FakeCall(code=None)
    channel = over(FakeChannel(running), allow_insecure=False)
    call = RUNNING[kind](method(channel, kind))
    told = []
    call.add_done_callback(lambda done: told.append(done.details()))
    running.end(UNAUTHENTICATED)
    (details,) = told
    with pytest.raises(CallNotSent, match="allow_insecure"):
        call.result()
    assert details == call.details()


def test_a_running_call_over_a_channel_just_proved_drops_its_token():
    """The proof came while it ran, so the server itself refused it."""
    source = StaticTokenSource(tokens=["t1", "t2"])
    running = FakeCall(code=None)
    channel = over(FakeChannel(running), source, allow_insecure=False)
    future = method(channel, "unary_unary").future("request")
    channel._bearer._proof(None, lambda metadata, error: None)
    running.end(UNAUTHENTICATED)
    assert UNAUTHENTICATED is future.code()
    assert ["t1"] == [token.value for token in source.invalidated]


def test_a_running_call_that_nobody_waits_for_may_go():
    """It's collected at once, so that gRPC cancels it; its end is told to no one."""
    running = FakeCall(code=None)
    channel = over(FakeChannel(running), allow_insecure=False)
    gc.disable()
    try:
        future = method(channel, "unary_unary").future("request")
        reference = weakref.ref(future)
        del future
        assert reference() is None
    finally:
        gc.enable()
    running.end(UNAUTHENTICATED)
