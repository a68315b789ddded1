"""The only reader of time.

Lifetimes are judged by `elapsed`: a clock that no one sets and that counts the
time a machine was suspended. `wall` is for what crosses the wire: `exp`, events.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

__all__ = ["SYSTEM_CLOCK", "Clock", "SystemClock"]

_JITTER = 0.5  # seconds that two clocks may drift apart before it's called a step


class Clock(Protocol):
    """Where time comes from; both are plain callables, so that a read is one call."""

    @property
    def elapsed(self) -> Callable[[], float]:
        """Seconds since some moment; never set, suspended time included."""
        ...

    @property
    def wall(self) -> Callable[[], float]:
        """POSIX seconds."""
        ...


class _Readings(Protocol):
    """What is read of the module `time`."""

    def time(self) -> float:
        """POSIX seconds; operators and NTP set them."""
        ...

    def monotonic(self) -> float:
        """Seconds that may stand still while the machine is suspended."""
        ...


class _CarefulElapsed:
    """Monotonic and wall time together, where no clock counts suspended time.

    Whichever says that more time went by wins, so that nothing outlives its end:
    a wall clock stepped forward may end a token early, never late.

    Args:
        machine: Where both clocks are read.
    """

    def __init__(self, machine: _Readings = time) -> None:
        self._machine = machine
        # How far wall is from monotonic, and what that has added so far: one
        # tuple, so that threads which race only do the same thing twice.
        self._seen = (machine.time() - machine.monotonic(), 0.0)

    def __call__(self) -> float:
        monotonic = self._machine.monotonic()
        offset, added = self._seen
        step = self._machine.time() - monotonic - offset
        if abs(step) > _JITTER:
            added += max(step, 0.0)
            self._seen = (offset + step, added)
        return monotonic + added


def _elapsed_reader() -> Callable[[], float]:
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:
        return _CarefulElapsed()
    return partial(time.clock_gettime, boottime)


class SystemClock:
    """The machine's own clocks. Safe to share between threads."""

    __slots__ = ("elapsed", "wall")

    def __init__(self) -> None:
        self.elapsed: Callable[[], float] = _elapsed_reader()
        self.wall: Callable[[], float] = time.time


SYSTEM_CLOCK: Clock = SystemClock()
