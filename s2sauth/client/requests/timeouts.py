"""Waiting for a token counts as connecting."""

from typing import Any

import urllib3

from s2sauth._base.clock import Clock

__all__ = ["ConnectBudget"]

_UNNOTICED = 0.001  # seconds; a cached token takes less than a thousandth of that
_LEAST = 0.001
_SECONDS = (int, float)


class ConnectBudget:
    """A call's connect timeout, of which the wait for a token takes its part.

    Called, it tells how long the wait may be; `rest()` then gives the timeout to send
    with. A `urllib3.Timeout` bounds the wait too, and is sent with as it is.

    Args:
        timeout: As requests takes it: seconds, (connect, read), None, or a
            `urllib3.Timeout`.
        clock: What the wait is measured by.
    """

    __slots__ = ("_asked_at", "_clock", "_limit", "_timeout")

    def __init__(self, timeout: Any, clock: Clock) -> None:
        self._timeout = timeout
        self._limit = (
            timeout if isinstance(timeout, _SECONDS) else _connect_limit(timeout)
        )
        self._clock = clock
        self._asked_at = 0.0

    def __call__(self) -> float | None:
        """Return the seconds there are for getting a token."""
        if self._limit is not None:
            self._asked_at = self._clock.elapsed()
        return self._limit

    def rest(self) -> Any:
        """Return what the wait has left of the timeout."""
        if self._limit is None:
            return self._timeout
        waited = self._clock.elapsed() - self._asked_at
        if waited < _UNNOTICED or isinstance(self._timeout, urllib3.Timeout):
            return self._timeout
        read = self._timeout[1:] if _is_pair(self._timeout) else (self._timeout,)
        return (max(self._limit - waited, _LEAST), *read)


def _connect_limit(timeout: Any) -> float | None:
    """Return the connect timeout; None also for what requests itself will refuse."""
    if isinstance(timeout, urllib3.Timeout):
        timeout = timeout.connect_timeout
    elif _is_pair(timeout):
        timeout = timeout[0]
    return timeout if isinstance(timeout, _SECONDS) else None


def _is_pair(timeout: Any) -> bool:
    return isinstance(timeout, tuple) and len(timeout) == 2  # noqa: PLR2004 - a pair
