"""Faults on demand: what goes wrong, where, and how often."""

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.testing.dialects import ENDPOINTS
from s2sauth.testing.messages import Answer

__all__ = ["FaultPlan", "RequestCounts", "check_endpoint", "fault_answer"]

_WITHOUT_BODY = (204, 304)  # RFC 9110 §6.4.1


@dataclass(slots=True)
class _Fault:
    """An answer given in place of the real one, `left` times (None: always)."""

    answer: Answer
    left: int | None


class FaultPlan:
    """What is to go wrong at each endpoint. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._faults: dict[str, deque[_Fault]] = {name: deque() for name in ENDPOINTS}
        self._delays: dict[str, float] = {}
        self._ended = threading.Event()

    def add(self, endpoint: str, answer: Answer, times: int | None) -> None:
        """Answer so at an endpoint, after the faults planned before."""
        with self._lock:
            self._faults[endpoint].append(_Fault(answer, times))

    def delay(self, endpoint: str, seconds: float) -> None:
        """Put off every answer of an endpoint."""
        with self._lock:
            self._delays[endpoint] = seconds

    def clear(self) -> None:
        """Plan nothing more, and end the delays under way."""
        with self._lock:
            for faults in self._faults.values():
                faults.clear()
            self._delays.clear()
            ended, self._ended = self._ended, threading.Event()
        ended.set()

    def end_delays(self) -> None:
        """End the delays under way; those to come stay planned."""
        with self._lock:
            ended, self._ended = self._ended, threading.Event()
        ended.set()

    def wait(self, endpoint: str) -> None:
        """Wait as long as planned."""
        with self._lock:
            seconds, ended = self._delays.get(endpoint, 0.0), self._ended
        if seconds:
            ended.wait(seconds)

    def take(self, endpoint: str) -> Answer | None:
        """Return what to answer in place of the real answer, or None."""
        with self._lock:
            faults = self._faults[endpoint]
            if not faults:
                return None
            first = faults[0]
            if first.left is not None:
                first.left -= 1
                if first.left == 0:
                    faults.popleft()
            return first.answer


class RequestCounts:
    """How many requests came to each endpoint. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards `_counts`
        self._counts: Counter[str] = Counter()

    def add(self, endpoint: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[endpoint] += 1

    def get(self, endpoint: str) -> int:
        """Return how many there were so far."""
        return self._counts[endpoint]


def check_endpoint(endpoint: str) -> str:
    """Return the name of an endpoint.

    Raises:
        ConfigurationError: There's none of that name.
    """
    if endpoint not in ENDPOINTS:
        message = f"endpoint must be one of {', '.join(ENDPOINTS)}"
        raise ConfigurationError(message)
    return endpoint


def fault_answer(
    status: int,
    *,
    error: str | None = None,
    body: str | bytes | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    close: bool = False,
) -> Answer:
    """Return the answer that a fault gives.

    Raises:
        ConfigurationError: `status` is no HTTP status, or both `error` and `body`
            are given.
    """
    if status not in range(200, 600):
        message = "status must be an HTTP status from 200 to 599"
        raise ConfigurationError(message)
    if error is not None and body is not None:
        message = "error and body both say what to answer: give one"
        raise ConfigurationError(message)
    content, kind = _content(status, {"error": error} if error else body)
    return Answer(status, content, {"Content-Type": kind, **(headers or {})}, close)


def _content(
    status: int, body: str | bytes | Mapping[str, Any] | None
) -> tuple[bytes, str]:
    if status in _WITHOUT_BODY:
        return b"", "text/plain"
    if body is None:  # as the proxies do that stand before real servers
        phrase = responses.get(status, "Error")
        return f"<html><h1>{status} {phrase}</h1></html>".encode(), "text/html"
    if isinstance(body, (str, bytes)):
        data = body.encode("utf-8") if isinstance(body, str) else body
        return data, "application/json"
    return json.dumps(body).encode("ascii"), "application/json"
