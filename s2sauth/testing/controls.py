"""What a test does to the embedded server while it runs, and what it reads off."""

from collections.abc import Mapping
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.testing.faults import (
    FaultPlan,
    RequestCounts,
    check_endpoint,
    fault_answer,
)

__all__ = ["Controls"]


class Controls:
    """Faults on demand, and counts. Thread-safe."""

    def __init__(self, faults: FaultPlan, counts: RequestCounts) -> None:
        self._faults = faults
        self._counts = counts

    def fail(
        self,
        status: int = 503,
        *,
        times: int | None = 1,
        endpoint: str = "token",
        error: str | None = None,
        body: str | bytes | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        """Answer the next requests so, whatever they ask.

        Faults of one endpoint queue up; each request that meets one is counted.
        `stop()` is the fault that refuses connections, `delay()` the one that
        hangs.

        Args:
            status: The HTTP status.
            times: How often; None: until `clear_faults()`.
            endpoint: `token`, `jwks`, `introspection`, `revocation`, `discovery`.
            error: The `error` of a JSON body (RFC 6749 §5.2).
            body: The body, in place of `error`; a mapping goes as JSON. Neither:
                HTML, as a proxy answers.
            headers: Such as `Retry-After`.
            close: Whether the connection breaks in the middle of the body.

        Raises:
            ConfigurationError: An argument can't be; the message names it.
        """
        if times is not None and times < 1:
            message = "times must be 1 or more, or None for ever"
            raise ConfigurationError(message)
        answer = fault_answer(
            status, error=error, body=body, headers=headers, close=close
        )
        self._faults.add(check_endpoint(endpoint), answer, times)

    def delay(self, seconds: float, *, endpoint: str = "token") -> None:
        """Put off every answer of an endpoint, until `clear_faults()`.

        Args:
            seconds: How long; 0: no longer.
            endpoint: As for `fail`.

        Raises:
            ConfigurationError: `endpoint` isn't one.
        """
        self._faults.delay(check_endpoint(endpoint), seconds)

    def clear_faults(self) -> None:
        """End all faults and delays, those under way too."""
        self._faults.clear()

    def requests_to(self, endpoint: str) -> int:
        """Return how many requests came to an endpoint so far, refused ones too.

        Raises:
            ConfigurationError: `endpoint` isn't one.
        """
        return self._counts.get(check_endpoint(endpoint))

    @property
    def token_requests(self) -> int:
        """How many token requests came so far, refused ones too."""
        return self.requests_to("token")

    @property
    def jwks_requests(self) -> int:
        """How many times the key set was asked for so far."""
        return self.requests_to("jwks")

    @property
    def introspection_requests(self) -> int:
        """How many introspection requests came so far, refused ones too."""
        return self.requests_to("introspection")
