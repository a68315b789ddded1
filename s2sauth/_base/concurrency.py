"""The only importer of threading: locks, threads of ours, and one flight for many.

Locks guard state, never I/O. Threads are daemons, so that a refresh under way
keeps no interpreter from ending. After a fork every part starts afresh.
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from s2sauth._base.clock import Clock
from s2sauth.errors import fresh_copy

__all__ = [
    "Flight",
    "FlightOverrun",
    "Lock",
    "Pause",
    "SingleFlight",
    "WorkerPool",
    "renew_after_fork",
    "start_thread",
]

Lock = threading.Lock
ResultT = TypeVar("ResultT")


class ForkAware(Protocol):
    """Something that starts afresh in a forked child."""

    def after_fork(self) -> None:
        """Replace locks, threads and connections; keep what is still true."""
        ...


_fork_aware: "weakref.WeakSet[ForkAware]" = weakref.WeakSet()


def renew_after_fork(thing: ForkAware) -> None:
    """Have `thing.after_fork()` called in every forked child, while it lives."""
    _fork_aware.add(thing)


def _after_fork_in_child() -> None:
    for thing in list(_fork_aware):
        thing.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def start_thread(
    run: Callable[[], None], make: Callable[..., threading.Thread] = threading.Thread
) -> bool:
    """Run on a daemon thread; False where none can be started any more."""
    try:
        make(target=run, name="s2sauth", daemon=True).start()
    except RuntimeError:  # the interpreter is ending, or the machine is full
        return False
    return True


class Pause:
    """A wait that can be cut short."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Wait `seconds`, or until `end()`."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """End every wait, those to come too."""
        self._ended.set()

    def after_fork(self) -> None:
        """Start afresh: a thread of the parent may have held the event's lock."""
        ended, self._ended = self._ended.is_set(), threading.Event()
        if ended:
            self._ended.set()


class WorkerPool:
    """A few daemon threads, started on first need and gone when idle.

    Nothing refers back to the owner, so a dropped owner is collected. Safe to
    share between threads; after a fork the child starts with no thread.

    Args:
        size: How many threads there are at most.
        idle: Seconds after which a thread without work ends.
        start: Starts a thread, or says that none can be.
    """

    def __init__(
        self,
        size: int = 4,
        idle: float = 10.0,
        start: Callable[[Callable[[], None]], bool] = start_thread,
    ) -> None:
        self._start = start
        self._size = size
        self._idle_limit = idle
        self._closed = False
        self.after_fork()

    def after_fork(self) -> None:
        """Start afresh: the parent's threads don't exist in the child."""
        self._changed = threading.Condition()  # guards the three below and _closed
        self._jobs: deque[Callable[[], None]] = deque()
        self._threads = 0
        self._idle = 0

    def submit(self, job: Callable[[], None]) -> bool:
        """Queue `job`; False where nothing can run it any more."""
        with self._changed:
            if self._closed:
                return False
            self._jobs.append(job)
            if self._idle >= len(self._jobs) or self._threads >= self._size:
                self._changed.notify()
                return True
            if self._start(self._work):
                self._threads += 1
                return True
            if self._threads == 0:
                self._jobs.remove(job)
            return self._threads > 0

    def close(self) -> None:
        """Drop what waits; what runs is left to end by itself."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        changed = self._changed
        try:
            while (job := self._next_job(changed)) is not None:
                job()
                del job
        except BaseException:  # it ends this thread, but the pool must know
            with changed:
                self._threads -= 1
            raise

    def _next_job(self, changed: threading.Condition) -> Callable[[], None] | None:
        with changed:
            self._idle += 1
            woken = changed.wait_for(self._has_news, self._idle_limit)
            self._idle -= 1
            if woken and self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None

    def _has_news(self) -> bool:
        return bool(self._jobs) or self._closed


class FlightOverrun(Exception):
    """A flight took longer than it may; whoever calls next starts another."""


class Flight(Generic[ResultT]):
    """One running call that any number of threads wait for.

    Args:
        deadline: The moment (elapsed clock) at which it's given up.
    """

    __slots__ = ("_error", "_landed", "_result", "deadline", "started_at")

    def __init__(self, started_at: float, deadline: float) -> None:
        self.started_at = started_at
        self.deadline = deadline
        self._landed = threading.Event()
        self._result: ResultT | None = None
        self._error: Exception | None = None

    @property
    def landed(self) -> bool:
        """Whether it has an outcome."""
        return self._landed.is_set()

    def wait(self, timeout: float) -> bool:
        """Wait for the outcome, `timeout` seconds at most; say whether it's there."""
        return self._landed.wait(max(timeout, 0.0))

    def land(self, result: ResultT | None, error: Exception | None) -> None:
        """Give all who wait their outcome."""
        self._result, self._error = result, error
        self._landed.set()

    def outcome(self) -> ResultT:
        """Return the result, or raise the failure as an object of the caller's own."""
        if self._error is not None:
            raise fresh_copy(self._error)
        return self._result  # type: ignore[return-value]  # set together with `_error`


class SingleFlight(Generic[ResultT]):
    """At most one flight at a time; who comes meanwhile joins it.

    The flight runs on a thread of ours and goes on when its callers give up.
    One that overruns its deadline is abandoned: its late outcome is dropped,
    and the next caller starts another. Safe to share between threads.

    Args:
        clock: What deadlines are judged by.
        settle: Called with the flight and its result or failure, under `lock`,
            before anyone who waits is told; the place to publish it.
        lock: The owner's lock, which guards what `settle` writes.
    """

    __slots__ = ("_clock", "_flight", "_settle", "lock")

    def __init__(
        self,
        clock: Clock,
        settle: Callable[
            [Flight[ResultT], ResultT | None, Exception | None], None
        ] = lambda *_: None,
    ) -> None:
        self._clock = clock
        self._settle = settle
        self.after_fork()

    def after_fork(self) -> None:
        """Forget the parent's flight: its thread doesn't exist in the child."""
        self.lock = threading.Lock()  # guards `_flight`, and what `settle` writes
        self._flight: Flight[ResultT] | None = None

    @property
    def current(self) -> Flight[ResultT] | None:
        """The flight under way; read it under `lock`."""
        flight = self._flight
        if flight is not None and self._clock.elapsed() >= flight.deadline:
            self._abandon(flight)
            return None
        return flight

    def share(self, call: Callable[[], ResultT], limit: float) -> ResultT:
        """Return what the flight under way brings, or one that starts now.

        Args:
            call: What a flight does.
            limit: Seconds after which it's given up.

        Raises:
            FlightOverrun: It took longer, or no thread could be started for it.
            Exception: What `call` raised, each caller a copy of its own.
        """
        with self.lock:
            flight = self.current
            mine = flight is None
            if flight is None:
                flight = self.prepare(limit)
        if mine and not self.launch(flight, call):
            self.finish(flight, None, FlightOverrun())
        self.wait(flight, None)
        return flight.outcome()

    def prepare(self, limit: float) -> Flight[ResultT]:
        """Make a flight the current one, under `lock`; then `run` or `launch` it."""
        now = self._clock.elapsed()
        flight: Flight[ResultT] = Flight(now, now + limit)
        self._flight = flight
        return flight

    def launch(
        self,
        flight: Flight[ResultT],
        call: Callable[[], ResultT],
        start: Callable[[Callable[[], None]], bool] = start_thread,
    ) -> bool:
        """Run a prepared flight on a thread; False where none can be started."""
        return start(lambda: self.run(flight, call))

    def run(self, flight: Flight[ResultT], call: Callable[[], ResultT]) -> None:
        """Run a prepared flight here and now, if it's still the current one."""
        if self._flight is not flight:
            return
        result: ResultT | None = None
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            failure = error.with_traceback(None)
        self.finish(flight, result, failure)

    def finish(
        self,
        flight: Flight[ResultT],
        result: ResultT | None,
        failure: Exception | None,
    ) -> None:
        """Settle and land a flight, unless it was abandoned meanwhile."""
        with self.lock:
            self._land(flight, result, failure)

    def wait(self, flight: Flight[ResultT], timeout: float | None) -> bool:
        """Wait for a flight; False when `timeout` seconds (None: no limit) ran out.

        A flight that overruns its own deadline lands with `FlightOverrun`.
        """
        if flight.landed:
            return True
        left = flight.deadline - self._clock.elapsed()
        if timeout is not None and timeout < left:
            return flight.wait(timeout)
        if not flight.wait(left):
            with self.lock:
                self._abandon(flight)
        return True

    def _abandon(self, flight: Flight[ResultT]) -> None:
        overrun = FlightOverrun("the fetch took longer than it may")
        self._land(flight, None, overrun)

    def _land(
        self,
        flight: Flight[ResultT],
        result: ResultT | None,
        failure: Exception | None,
    ) -> None:
        if self._flight is not flight:
            return
        self._flight = None
        try:
            self._settle(flight, result, failure)
        finally:
            flight.land(result, failure)
