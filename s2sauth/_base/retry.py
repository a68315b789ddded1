"""Retries of our own outgoing HTTP, by tenacity: full jitter, Retry-After, a deadline."""

import random
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tenacity import RetryCallState, Retrying, retry_base

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import Pause
from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request

__all__ = ["MAX_RETRY_AFTER", "RetryingClient", "is_passing", "retry_after"]

MAX_RETRY_AFTER = 60.0  # seconds; a server that asks for more is asked again anyway
_TRIES = 4
_FIRST_BACKOFF = 0.25
_MAX_BACKOFF = 4.0


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status says: the same request may work in a moment."""
    return status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    ) or (status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def retry_after(answer: Answer, now: float) -> float | None:
    """Return the seconds of `Retry-After`, 0 to 60; None where it makes no sense.

    Args:
        answer: What the server said.
        now: POSIX seconds, for the form that is a date (RFC 9110 §10.2.3).
    """
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        # A number too long for a float is as absurd as a large one.
        seconds = float(value[:16])
    else:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = aware.timestamp() - now
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


class _Passing(retry_base):
    """Retry what may work in a moment, and nothing else."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        outcome = retry_state.outcome
        if outcome is None:
            return False
        error = outcome.exception()
        if error is not None:
            return isinstance(error, ExchangeFailed) and error.retryable
        return is_passing(outcome.result().status)


class RetryingClient:
    """Sends a request until it's answered for good, or its time is up.

    Safe to share between threads.

    Args:
        http: Sends single tries.
        timeout: Seconds for one try, in total.
        clock: What the deadline is judged by.
        pause: How to wait between tries; cut short when the owner closes.
        uniform: Draws the jitter; `random.uniform` starts afresh after a fork.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        timeout: float = 5.0,
        clock: Clock = SYSTEM_CLOCK,
        pause: Callable[[float], None] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._http = http
        self._timeout = timeout
        self._clock = clock
        self._pause = pause if pause is not None else Pause()
        self._uniform = uniform

    def send(self, make_request: Callable[[], Request], deadline: float) -> Answer:
        """Return the last answer, whatever its status.

        Args:
            make_request: Called for every try: an assertion must not be sent twice.
            deadline: The moment (elapsed clock) by which all tries have ended.

        Raises:
            ExchangeFailed: No try brought a whole answer.
        """
        retrying = Retrying(
            sleep=self._pause,
            stop=lambda state: self._is_over(state, deadline),
            wait=self._backoff,
            retry=_Passing(),
            reraise=True,
            retry_error_callback=_last_outcome,
        )
        return retrying(self._try_once, make_request, deadline)

    def _try_once(self, make_request: Callable[[], Request], deadline: float) -> Answer:
        left = deadline - self._clock.elapsed()
        return self._http.send(make_request(), max(min(self._timeout, left), 0.001))

    def _is_over(self, state: RetryCallState, deadline: float) -> bool:
        # A wait that would end past the deadline ends the whole thing now.
        resumed_at = self._clock.elapsed() + state.upcoming_sleep
        return state.attempt_number >= _TRIES or resumed_at >= deadline

    def _backoff(self, state: RetryCallState) -> float:
        outcome = state.outcome
        if outcome is not None and not outcome.failed:
            asked = retry_after(outcome.result(), self._clock.wall())
            if asked is not None:
                return asked
        ceiling = _FIRST_BACKOFF * 2.0 ** (state.attempt_number - 1)
        return self._uniform(0.0, min(ceiling, _MAX_BACKOFF))


def _last_outcome(state: RetryCallState) -> Answer:
    """Return the last answer, or raise the last failure, as it was."""
    assert state.outcome is not None  # noqa: S101 - tenacity sets it before it stops
    answer: Answer = state.outcome.result()
    return answer
