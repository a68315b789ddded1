"""One question at a time about the same thing, and not too many at once."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import Flight, SingleFlight, WorkerPool

__all__ = ["KeyedFlights", "TooManyFlights"]

ResultT = TypeVar("ResultT")


class TooManyFlights(Exception):
    """So much is under way that one more would only make it worse."""


class KeyedFlights(Generic[ResultT]):
    """A flight for each key; who asks meanwhile joins it. Safe between threads.

    Args:
        clock: What deadlines are judged by.
        limit: Seconds for one flight.
        most: How many there are at once at most.
        recall: Returns what an earlier flight brought and is still good, or None.
        keep: Called with a key and its result before anyone who waits is told.
        threads: How many threads work on them.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limit: float,
        most: int,
        recall: Callable[[bytes], ResultT | None],
        keep: Callable[[bytes, ResultT], None],
        threads: int = 32,
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._most = most
        self._recall = recall
        self._keep = keep
        self._pool = WorkerPool(size=threads)
        # Only single operations on it, each atomic: no lock of its own, so that
        # none is ever held together with a flight's.
        self._open: dict[bytes, SingleFlight[ResultT]] = {}

    def after_fork(self) -> None:
        """Forget the parent's flights: their threads don't exist in the child."""
        self._open = {}
        self._pool.after_fork()

    def close(self) -> None:
        """Start no more."""
        self._pool.close()

    def result(self, key: bytes, call: Callable[[float], ResultT]) -> ResultT:
        """Return the result for `key`, of a flight under way or a new one.

        Args:
            key: What it's about.
            call: Called on a thread of ours, with its deadline (elapsed clock).

        Raises:
            TooManyFlights: There are as many as there may be, or no thread is left.
            FlightOverrun: It took longer than it may.
            Exception: What `call` raised, each caller a copy of its own.
        """
        flights = self._flights_of(key)
        started = None
        with flights.lock:
            flight = flights.current
            if flight is None:
                # One may have landed between the caller's look and this lock.
                known = self._recall(key)
                if known is not None:
                    self._open.pop(key, None)
                    return known
                flight = started = flights.prepare(self._limit)
        if started is not None:
            self._launch(flights, started, call)
        flights.wait(flight, None)
        return flight.outcome()

    def _flights_of(self, key: bytes) -> SingleFlight[ResultT]:
        flights = self._open.get(key)
        if flights is not None:
            return flights
        if len(self._open) >= self._most:
            raise TooManyFlights
        return self._open.setdefault(
            key, SingleFlight(self._clock, partial(self._settle, key))
        )

    def _launch(
        self,
        flights: SingleFlight[ResultT],
        flight: Flight[ResultT],
        call: Callable[[float], ResultT],
    ) -> None:
        deadline = flight.deadline
        if not flights.launch(flight, lambda: call(deadline), self._pool.submit):
            flights.finish(flight, None, TooManyFlights())

    def _settle(
        self,
        key: bytes,
        _flight: Flight[ResultT],
        result: ResultT | None,
        _failure: Exception | None,
    ) -> None:
        self._open.pop(key, None)
        if result is not None:
            self._keep(key, result)
