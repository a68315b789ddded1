"""An observer that remembers: the demo's log, metrics and audit trail in one."""

import threading
from typing import TypeVar

from s2sauth.events import Event

__all__ = ["Witness"]

EventT = TypeVar("EventT", bound=Event)


class Witness:
    """Remembers events in order. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards `_events`
        self._events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Remember one."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def all(self, kind: type[EventT]) -> list[EventT]:
        """Return those of one kind."""
        with self._changed:
            return [event for event in self._events if isinstance(event, kind)]

    def wait_for(self, kind: type[EventT], count: int, timeout: float) -> bool:
        """Wait until there are `count` of one kind; False: `timeout` seconds went by."""

        def enough() -> bool:
            return sum(isinstance(event, kind) for event in self._events) >= count

        with self._changed:
            return self._changed.wait_for(enough, timeout)
