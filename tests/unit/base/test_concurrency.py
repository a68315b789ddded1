"""One flight for many, threads of ours, and what a forked child keeps."""

import gc
import threading
import weakref

import pytest

from s2sauth._base import concurrency
from s2sauth._base.concurrency import (
    FlightOverrun,
    Pause,
    SingleFlight,
    WorkerPool,
    renew_after_fork,
    start_thread,
)
from s2sauth.errors import AuthorizationServerUnavailable
from s2sauth.testing import FakeClock

SOON = 10.0  # seconds that a thread of ours may take; never waited out


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def settled():
    return []


@pytest.fixture
def single(clock, settled):
    return SingleFlight(clock, lambda *outcome: settled.append(outcome))


def _prepared(single, limit=20.0):
    with single.lock:
        return single.prepare(limit)


def _current(single):
    with single.lock:
        return single.current


def _fails():
    raise AuthorizationServerUnavailable("no answer", retry_after=3.0)


class TestSingleFlight:
    """At most one flight, and one outcome for all."""

    def test_joins_the_flight_under_way(self, single):
        """Until it lands, the flight prepared is the current one."""
        flight = _prepared(single)

        assert flight is _current(single)
        assert not flight.landed

    def test_lands_with_the_result(self, single, settled):
        """A result is settled, given to all, and then there's no flight."""
        flight = _prepared(single)

        single.run(flight, lambda: "token")

        assert flight.landed
        assert "token" == flight.outcome() == flight.outcome()
        assert [(flight, "token", None)] == settled
        assert _current(single) is None

    def test_gives_everyone_an_error_of_their_own(self, single):
        """A failure is raised as a new object each time, with all its facts."""
        flight = _prepared(single)

        single.run(flight, _fails)

        errors = []
        for _ in range(2):
            with pytest.raises(AuthorizationServerUnavailable, match="no answer") as e:
                flight.outcome()
            errors.append(e.value)
        assert errors[0] is not errors[1]
        assert [3.0, 3.0] == [error.retry_after for error in errors]

    def test_settles_before_it_lands(self, clock):
        """Who waits is told only after the outcome was published."""
        landed = []
        single = SingleFlight(clock, lambda flight, *_: landed.append(flight.landed))
        flight = _prepared(single)

        single.run(flight, lambda: "token")

        assert [False] == landed

    def test_settles_under_the_lock(self, clock):
        """What `settle` writes is guarded by the flight's own lock."""
        locked = []
        flights = SingleFlight(clock, lambda *_: locked.append(flights.lock.locked()))

        flights.run(_prepared(flights), lambda: "token")

        assert [True] == locked

    def test_lands_even_if_settling_breaks(self, clock):
        """Nobody waits for ever because publishing the outcome failed."""
        single = SingleFlight(clock, lambda *_: _fails())
        flight = _prepared(single)

        with pytest.raises(AuthorizationServerUnavailable):
            single.run(flight, lambda: "token")

        assert flight.landed
        assert _current(single) is None

    def test_an_overrun_is_abandoned(self, clock, single, settled):
        """At its deadline a flight fails for all, and another may start."""
        flight = _prepared(single, limit=20.0)

        clock.advance(20.0)

        assert _current(single) is None
        assert flight.landed
        with pytest.raises(FlightOverrun):
            flight.outcome()
        assert [flight] == [outcome[0] for outcome in settled]

    def test_a_late_outcome_is_dropped(self, clock, single, settled):
        """What an abandoned flight brings later changes nothing."""
        late = _prepared(single, limit=20.0)
        clock.advance(20.0)
        assert _current(single) is None
        flight = _prepared(single, limit=20.0)

        single.finish(late, "late", None)
        single.run(flight, lambda: "token")

        assert [None, "token"] == [result for _, result, _ in settled]

    def test_a_late_start_calls_nothing(self, clock, single):
        """A flight abandoned before its thread came to run makes no request."""
        late = _prepared(single, limit=20.0)
        clock.advance(20.0)
        assert _current(single) is None

        single.run(late, lambda: pytest.fail("it was called"))

    def test_nobody_waits_past_the_deadline(self, clock, single):
        """Waiting without a limit ends when the flight's own time is over."""
        flight = _prepared(single, limit=20.0)
        clock.advance(20.0)

        assert single.wait(flight, None)
        with pytest.raises(FlightOverrun):
            flight.outcome()

    def test_a_caller_out_of_time_leaves_the_flight(self, single):
        """A caller whose own time is over doesn't end the flight."""
        flight = _prepared(single)

        assert not single.wait(flight, 0.0)
        assert flight is _current(single)

    def test_a_negative_wait_is_none(self, single):
        """Time already overdrawn is no reason to break."""
        assert not single.wait(_prepared(single), -1.0)

    def test_a_landed_flight_needs_no_wait(self, single):
        """An outcome that's there is there for a caller without time too."""
        flight = _prepared(single)
        single.run(flight, lambda: "token")

        assert single.wait(flight, 0.0)

    def test_runs_on_a_thread_of_ours(self, single):
        """`launch` runs the call on another thread; its outcome comes back."""
        flight = _prepared(single)

        assert single.launch(flight, threading.current_thread)

        assert single.wait(flight, SOON)
        assert flight.outcome() is not threading.current_thread()
        assert flight.outcome().daemon

    def test_says_when_no_thread_can_start(self, single):
        """Where no thread can start, the owner is told and can run it here."""
        flight = _prepared(single)

        assert not single.launch(flight, lambda: "token", lambda _run: False)
        assert not flight.landed

    def test_a_forked_child_starts_afresh(self, single):
        """The parent's flight, whose thread the child hasn't, is forgotten."""
        _prepared(single)
        single.lock.acquire()  # as another thread of the parent may hold it

        single.after_fork()

        assert _current(single) is None


def test_a_thread_that_cannot_start_is_no_error():
    """Where the system gives no thread, `start_thread` says so."""

    class _NoThread(threading.Thread):
        def __init__(self, **_options):
            pass

        def start(self):
            raise RuntimeError("can't start new thread")

    assert not start_thread(lambda: None, _NoThread)


def test_a_pool_without_any_thread_refuses_the_job():
    """A job that no thread will ever run isn't taken."""
    pool = WorkerPool(size=1, start=lambda _run: False)

    assert not pool.submit(lambda: None)
    assert not pool._jobs


def test_a_pause_can_be_cut_short():
    """A long wait returns at once when it was ended."""
    pause = Pause()
    pause.end()

    pause(3600.0)


def test_a_forked_child_renews_what_lives():
    """Everything registered that still lives is told of a fork; nothing is kept."""
    told = []

    class _Thing:
        def after_fork(self):
            told.append(self)

    kept, dropped = _Thing(), _Thing()
    renew_after_fork(kept)
    renew_after_fork(dropped)
    gone = weakref.ref(dropped)
    del dropped
    gc.collect()

    concurrency._after_fork_in_child()

    assert gone() is None
    assert kept in told
