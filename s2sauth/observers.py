"""What can be done with events: log them, and keep a slow observer out of the way."""

import json
import logging
import math
from collections import deque
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, overload

from s2sauth._base.concurrency import Flight, Lock, WorkerPool, renew_after_fork
from s2sauth._base.notify import Notifier
from s2sauth.errors import ConfigurationError
from s2sauth.events import (
    AccessDecided,
    Event,
    KeySkipped,
    KeysRefreshFailed,
    Observer,
    ScopesNotGranted,
    TokenFetchFailed,
    TokenRejected,
    TokenServedWhileRefreshFails,
)

__all__ = ["QueuedObserver", "log_observer"]

_log = logging.getLogger("s2sauth.events")

# What someone should look at; a refused request is one too.
_WARNINGS = (
    KeySkipped,
    KeysRefreshFailed,
    ScopesNotGranted,
    TokenFetchFailed,
    TokenRejected,
    TokenServedWhileRefreshFails,
)


@overload
def log_observer(event: Event) -> None: ...


@overload
def log_observer(
    event: None = None, *, logger: logging.Logger | None = None
) -> Observer: ...


def log_observer(
    event: Event | None = None, *, logger: logging.Logger | None = None
) -> Observer | None:
    """Log an event as one line of `key=value`; or make an observer that does.

    It's an observer itself, `observers=[log_observer]`, which logs to
    `s2sauth.events`; `log_observer(logger=mine)` makes one that logs elsewhere. What
    someone should look at is a WARNING, refused requests included, all else INFO. A
    record's `event` (a dict) has the same facts for formatters that write JSON. Values
    that could break a line, such as a path with a line feed, are quoted and escaped.
    Safe to share between threads.

    Args:
        event: What happened; None: make an observer.
        logger: Where the observer shall log.
    """
    if event is None:
        return partial(_write, logger if logger is not None else _log)
    _write(logger if logger is not None else _log, event)
    return None


def _write(logger: logging.Logger, event: Event) -> None:
    level = logging.WARNING if _is_warning(event) else logging.INFO
    if not logger.isEnabledFor(level):
        return
    name = type(event).__name__
    facts = {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
    facts["at"] = datetime.fromtimestamp(event.at, UTC).isoformat(
        timespec="milliseconds"
    )
    shown = [f"{key}={_word(one)}" for key, one in facts.items() if one is not None]
    line = " ".join([name, *shown])
    logger.log(level, "%s", line, extra={"event": {"event": name, **facts}})


def _is_warning(event: Event) -> bool:
    if isinstance(event, AccessDecided):
        return event.reason is not None  # a WouldDeny was allowed, and has one
    return isinstance(event, _WARNINGS)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, frozenset | tuple):
        return sorted(value)
    if isinstance(value, float):
        return round(value, 3)
    return str(value) if isinstance(value, str) else value


def _word(value: Any) -> str:
    """Return a value as one word; quoted where it wouldn't be one."""
    if isinstance(value, list):
        value = " ".join(value)
    text = value if isinstance(value, str) else json.dumps(value)
    # JSON's quotes escape line feeds, quotes, and everything beyond ASCII.
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "=\\')
    return text if plain and text else json.dumps(text)


class QueuedObserver:
    """Hands events to a slow observer on a thread of its own.

    Whoever reports an event never waits: where the queue is full the event is dropped
    and counted. Events arrive in order, one at a time; an observer that raises is
    counted and goes on. The thread starts when there's something to do and ends when
    there's nothing. Call `close()` before the process ends, else what's still queued is
    lost. Safe to share between threads; after a fork the child starts with an empty
    queue, since the parent delivers what it had.

    Args:
        observer: Who gets the events.
        size: How many may wait at most.

    Attributes:
        dropped: How many events were dropped.

    Raises:
        ConfigurationError: `size` is no positive integer.
    """

    def __init__(self, observer: Observer, *, size: int = 10_000) -> None:
        if type(size) is not int or size < 1:
            message = "size must be a positive integer"
            raise ConfigurationError(message)
        self._deliver = Notifier([observer])
        self._size = size
        self._closed = False
        self._pool = WorkerPool(size=1)
        self._start_empty()
        renew_after_fork(self)

    def _start_empty(self) -> None:
        self._lock = Lock()  # guards what follows, and _closed
        self._queue: deque[Event | Flight[None]] = deque()
        self._events = 0  # in the queue; it also holds the marks of flush()
        self._running = False
        self.dropped = 0

    def after_fork(self) -> None:
        """Start afresh in a forked child."""
        self._pool.after_fork()
        self._start_empty()

    @property
    def failures(self) -> int:
        """How often the observer raised."""
        return self._deliver.failures

    def __call__(self, event: Event) -> None:
        """Queue an event, or drop it where the queue is full or closed."""
        with self._lock:
            if self._closed or self._events >= self._size:
                self.dropped += 1
                return
            self._events += 1
            self._queue.append(event)
            self._start()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything queued so far is delivered; say whether it is.

        Args:
            timeout: How long to wait, in seconds.
        """
        mark: Flight[None] = Flight(0.0, math.inf)
        with self._lock:
            if not self._running and not self._queue:
                return True
            self._queue.append(mark)
            self._start()
        return mark.wait(timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Take no more events, and deliver what's queued; say whether all is.

        Args:
            timeout: How long to wait for that, in seconds; what's left is dropped.
        """
        with self._lock:
            self._closed = True
        delivered = self.flush(timeout)
        with self._lock:
            self.dropped += self._events
            self._events = 0
            self._queue.clear()
        self._pool.close()
        return delivered

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        """Have a thread deliver, under the lock; without one the events wait."""
        if not self._running:
            self._running = self._pool.submit(self._run)

    def _run(self) -> None:
        try:
            while (one := self._next()) is not None:
                if isinstance(one, Flight):
                    one.land(None, None)
                else:
                    self._deliver(one)
        except BaseException:  # it ends this thread; the next event starts another
            with self._lock:
                self._running = False
            raise

    def _next(self) -> Event | Flight[None] | None:
        with self._lock:
            if not self._queue:
                self._running = False
                return None
            one = self._queue.popleft()
            self._events -= not isinstance(one, Flight)
            return one
