"""A call in whose place another may come."""

import gc
import weakref

import grpc
import pytest

from s2sauth.client.grpc_calls import PendingCall, on_end, was_refused
from s2sauth.client.grpc_errors import CallNotSent
from s2sauth.errors import TokenRequestRefused
from support.fake_calls import OK, UNAUTHENTICATED, FakeCall

pytestmark = pytest.mark.grpc

DENIED = grpc.StatusCode.PERMISSION_DENIED


class Answers:
    """Gives the calls of a script in place of refused ones."""

    def __init__(self, *calls):
        self.calls = list(calls)
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self.calls.pop(0) if self.calls else None


def test_a_refusal_before_the_first_message_is_answered():
    """The reader gets the messages of the call in its place, and sees no refusal."""
    call = PendingCall(FakeCall(), Answers(FakeCall("a", "b", code=OK)))
    assert ["a", "b"] == list(call)
    assert OK is call.code()


def test_a_refusal_after_the_first_message_stands():
    """Once a message came nothing is sent again."""
    answers = Answers(FakeCall("x", code=OK))
    call = PendingCall(FakeCall("a"), answers)
    assert "a" == next(call)
    with pytest.raises(grpc.RpcError) as caught:
        next(call)
    assert UNAUTHENTICATED is caught.value.code()
    assert 0 == answers.asked


@pytest.mark.parametrize("code", [DENIED, grpc.StatusCode.UNAVAILABLE])
def test_another_failure_stands(code):
    """Nothing but UNAUTHENTICATED is answered."""
    answers = Answers(FakeCall("x", code=OK))
    call = PendingCall(FakeCall(code=code), answers)
    with pytest.raises(grpc.RpcError):
        next(call)
    assert code is call.code()
    assert 0 == answers.asked


def test_a_refusal_without_an_answer_goes_back_as_it_is():
    """Where there's no other call, the reader gets the very refusal."""
    refusal = FakeCall()
    answers = Answers()
    call = PendingCall(refusal, answers)
    with pytest.raises(grpc.RpcError) as caught:
        next(call)
    assert refusal is caught.value
    assert UNAUTHENTICATED is call.code()
    assert 1 == answers.asked


def test_a_second_refusal_is_put_to_the_rule_again():
    """It's the rule, not this class, that says how often is enough."""
    answers = Answers(FakeCall(), FakeCall("a", code=OK))
    assert ["a"] == list(PendingCall(FakeCall(), answers))
    assert 2 == answers.asked


def test_our_own_failure_is_no_refusal():
    """A call that wasn't sent for want of a token isn't sent again."""
    failure = CallNotSent(TokenRequestRefused("no"))
    answers = Answers(FakeCall("x", code=OK))
    with pytest.raises(CallNotSent):
        next(PendingCall(failure, answers))
    assert 0 == answers.asked
    assert not was_refused(failure)


READERS = {
    "result": (lambda call: call.result(), "a"),
    "exception": (lambda call: call.exception(), None),
    "traceback": (lambda call: call.traceback(), None),
    "code": (lambda call: call.code(), OK),
    "details": (lambda call: call.details(), "details of StatusCode.OK"),
    "trailing": (
        lambda call: call.trailing_metadata(),
        (("trailing", "StatusCode.OK"),),
    ),
    "initial": (lambda call: call.initial_metadata(), (("initial", "StatusCode.OK"),)),
}


@pytest.mark.parametrize("name", READERS)
def test_whoever_asks_for_the_outcome_gets_the_one_that_stands(name):
    """No reader is told of a refusal that's answered behind it."""
    read, expected = READERS[name]
    call = PendingCall(FakeCall(), Answers(FakeCall("a", code=OK)))
    assert expected == read(call)


def test_a_running_call_is_told_as_it_is():
    """What doesn't wait for the end passes through, unknown attributes too."""
    running = FakeCall(code=None)
    call = PendingCall(running, Answers())
    assert (True, True, False, False, 7.0) == (
        call.is_active(),
        call.running(),
        call.done(),
        call.cancelled(),
        call.time_remaining(),
    )
    assert "told by the wire" == call.debug_error_string()
    assert iter(call) is call


def test_cancelling_it_cancels_the_call():
    """A cancelled call is over: nothing comes in its place."""
    answers = Answers(FakeCall("x", code=OK))
    running = FakeCall(code=None)
    call = PendingCall(running, answers)
    assert call.cancel()
    assert call.cancelled()
    assert not call.cancel()
    with pytest.raises(grpc.RpcError):
        next(call)
    assert 0 == answers.asked


def test_cancelling_it_while_a_refusal_is_answered_cancels_the_other_call():
    """The call that comes too late is cancelled, and no more is asked for."""
    other = FakeCall(code=None)

    def answer():
        call.cancel()
        return other

    call = PendingCall(FakeCall(), answer)
    with pytest.raises(grpc.RpcError):
        next(call)
    assert other.cancelled()
    assert call.cancelled()


def test_a_done_callback_is_told_once_of_the_outcome_that_stands():
    """A callback never sees the refusal that is answered."""
    first, other = FakeCall(code=None), FakeCall("a", code=None)
    call = PendingCall(first, Answers(other))
    told = []
    call.add_done_callback(lambda done: told.append(done.code()))
    assert call.add_callback(lambda: told.append("ended"))
    first.end(UNAUTHENTICATED)
    assert [] == told
    assert "a" == next(call)
    other.end(OK)
    assert [OK, "ended"] == told


def test_a_done_callback_is_told_of_a_refusal_that_stands():
    """Where nothing came in its place the callback is called with the refusal."""
    first = FakeCall(code=None)
    call = PendingCall(first, Answers())
    told = []
    call.add_done_callback(told.append)
    first.end(UNAUTHENTICATED)
    assert UNAUTHENTICATED is call.code()
    assert [call] == told


def test_a_done_callback_is_told_when_a_refused_call_is_cancelled():
    """Nobody will read it, so nobody will answer the refusal: it stands."""
    first = FakeCall(code=None)
    call = PendingCall(first, Answers(FakeCall("x", code=OK)))
    told = []
    call.add_done_callback(told.append)
    first.end(UNAUTHENTICATED)
    call.cancel()
    assert [call] == told


def test_a_done_callback_that_comes_late_is_called_at_once():
    """An ended call calls back now, and takes no termination callback."""
    call = PendingCall(FakeCall("a", code=OK), Answers())
    told: list[object] = []
    call.add_done_callback(told.append)
    assert [call] == told
    assert not call.add_callback(lambda: told.append("again"))
    assert [call] == told


def test_a_callback_for_a_call_that_was_replaced_goes_to_the_other():
    """A late notice of the refused call's end isn't taken for the outcome."""
    first, other = FakeCall(code=None), FakeCall(code=None)
    call = PendingCall(first, Answers(other))
    told = []
    call.add_done_callback(told.append)
    (late,), first._callbacks = first._callbacks, []
    first.end(UNAUTHENTICATED)
    call.answer_refusal()
    late()
    assert [] == told
    other.end(OK)
    assert [call] == told


def test_on_end_tells_of_the_end():
    """The action gets the call, when it ends, or at once."""
    told = []
    running = FakeCall(code=None)
    on_end(running, told.append)
    assert [] == told
    running.end(OK)
    ended = FakeCall()
    on_end(ended, told.append)
    assert [running, ended] == told


def test_on_end_doesnt_keep_a_call_alive():
    """A call that nobody holds is collected at once, so gRPC cancels it."""
    gc.disable()
    try:
        running = FakeCall(code=None)
        reference = weakref.ref(running)
        on_end(running, lambda call: None)
        del running
        assert reference() is None
    finally:
        gc.enable()


def test_on_end_leaves_a_bare_iterator_alone():
    """An interceptor behind ours may have made a generator of the call."""
    on_end(iter(()), lambda call: pytest.fail("a bare iterator has no end to tell"))
