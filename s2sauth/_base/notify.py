"""Hands events to observers; with none of them it costs nothing."""

import logging
from collections.abc import Iterable

from s2sauth.events import Event, Observer

__all__ = ["Notifier"]

_log = logging.getLogger("s2sauth")


class Notifier:
    """Calls every observer; one that raises is counted and harms no call.

    False when there is no observer, so that no event need be built::

        if notify:
            notify(TokenFetched(...))

    Attributes:
        failures: How many calls of an observer raised.
    """

    __slots__ = ("_observers", "failures")

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)
        self.failures = 0

    def __bool__(self) -> bool:
        return bool(self._observers)

    def __call__(self, event: Event) -> None:
        """Tell every observer."""
        for observer in self._observers:
            try:
                observer(event)
            except Exception:  # noqa: BLE001 - counted and logged; calls go on
                # Counting may lose one under threads; the log line says what broke.
                self.failures += 1
                _log.exception("an observer raised on %s", type(event).__name__)
