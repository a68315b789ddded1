"""Where an issuer's keys come from: its JWKS endpoint, asked over HTTP."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import Pause
from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request
from s2sauth._base.retry import RetryingClient, retry_after
from s2sauth._base.strict import NotStrict, parse_object
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    VerifierUnavailable,
)
from s2sauth.providers import Provider

__all__ = ["FetchedKeys", "JwksEndpoint", "KeyFetch"]

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age="?([0-9]{1,9})"?(?:$|[\s,])', re.IGNORECASE)
_TRY_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class FetchedKeys:
    """A key set as it came.

    Args:
        document: The JWK Set, parsed strictly and not yet judged.
        max_age: Seconds for which the server says it's fresh, or None.
    """

    document: dict[str, Any]
    max_age: float | None = None


class KeyFetch(Protocol):
    """Gets the key set of one issuer."""

    def __call__(self, deadline: float, /, *, patient: bool) -> FetchedKeys:
        """Return the set.

        Args:
            deadline: The moment (elapsed clock) by which it must be there.
            patient: Whether to retry; False: one try and no more.

        Raises:
            VerifierUnavailable: It can't be had; the message says why.
        """
        ...


class JwksEndpoint:
    """The JWKS endpoint of one provider. Safe between threads, and after a fork.

    Its address is fixed by the provider: nothing in a token leads elsewhere.

    Args:
        provider: Whose; its `jwks_url` may be looked up, hence is read only here.
        http: Sends single requests.
        clock: What deadlines are judged by.
    """

    def __init__(self, provider: Provider, http: HttpClient, clock: Clock) -> None:
        self._provider = provider
        self._http = http
        self._clock = clock
        self._pause = Pause()
        self._retrying = RetryingClient(
            http, timeout=_TRY_TIMEOUT, clock=clock, pause=self._pause
        )

    def after_fork(self) -> None:
        """Forget the parent's connections."""
        self._pause.after_fork()
        self._http.after_fork()

    def close(self) -> None:
        """Cut retries short, and close the connections."""
        self._pause.end()
        self._http.close()

    def fetch(self, deadline: float, *, patient: bool) -> FetchedKeys:
        """Fetch the set; see `KeyFetch`."""
        answer = self._ask(deadline, patient=patient)
        if answer.status != HTTPStatus.OK:
            message = f"the key set of {self._provider.issuer}: HTTP {answer.status}"
            wait = retry_after(answer, self._clock.wall())
            raise VerifierUnavailable(message, retry_after=wait)
        try:
            document = parse_object(answer.body)
        except NotStrict as error:
            message = f"the key set of {self._provider.issuer} is {error}"
            raise VerifierUnavailable(message) from None
        return FetchedKeys(document, _max_age(answer))

    def _ask(self, deadline: float, *, patient: bool) -> Answer:
        try:
            request = Request("GET", self._provider.endpoint("jwks_url"))
            if patient:
                return self._retrying.send(lambda: request, deadline)
            left = deadline - self._clock.elapsed()
            return self._http.send(request, max(min(left, _TRY_TIMEOUT), 0.001))
        except (
            ExchangeFailed,
            AuthorizationServerUnavailable,
            ConfigurationError,
        ) as error:
            message = f"the key set of {self._provider.issuer}: {error}"
        raise VerifierUnavailable(message)


def _max_age(answer: Answer) -> float | None:
    """Return `max-age` (RFC 9111 §5.2.2.1), less the time it spent in caches."""
    found = _MAX_AGE.search(answer.headers.get("cache-control", ""))
    if found is None:
        return None
    age = answer.headers.get("age", "")
    spent = float(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0.0  # noqa: PLR2004 - nobody caches for 30 years
    return max(float(found[1]) - spent, 0.0)
