"""A clock that stands still until a test moves it."""

import threading

__all__ = ["FakeClock"]


class FakeClock:
    """A `Clock` for tests: both readings move only when told to.

    Safe to share between threads.

    Args:
        wall: Where the wall clock starts, in POSIX seconds.
        elapsed: Where the elapsed clock starts, in seconds.
    """

    def __init__(
        self, *, wall: float = 1_700_000_000.0, elapsed: float = 1_000.0
    ) -> None:
        self._lock = threading.Lock()  # guards the two readings
        self._wall = wall
        self._elapsed = elapsed

    def elapsed(self) -> float:
        """Return seconds since some moment."""
        return self._elapsed

    def wall(self) -> float:
        """Return POSIX seconds."""
        return self._wall

    def advance(self, seconds: float) -> None:
        """Let time go by: both clocks move.

        Raises:
            ValueError: `seconds` is negative; only `step_wall` goes back.
        """
        if seconds < 0:
            message = f"time can't go by backwards ({seconds} s): use step_wall"
            raise ValueError(message)
        with self._lock:
            self._elapsed += seconds
            self._wall += seconds

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forth or back, as NTP or an operator does."""
        with self._lock:
            self._wall += seconds
