"""What a source remembers of failed fetches: why, and until when none is started."""

from s2sauth.client.lifetime import Uniform, refresh_retry_delay, retry_delay
from s2sauth.errors import TokenError

__all__ = ["Backoff"]

_NEVER = float("-inf")


class Backoff:
    """The memory of failures in a row; whoever owns it guards it by a lock.

    Attributes:
        failure: The last failure, or None since a fetch has worked.
    """

    __slots__ = ("_failures", "_fetch_after", "_refresh_after", "_uniform", "failure")

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self.clear()

    def clear(self) -> None:
        """Forget it all: a fetch has worked."""
        self.failure: TokenError | None = None
        self._failures = 0
        self._fetch_after = self._refresh_after = _NEVER

    def fetch_due(self, now: float) -> bool:
        """Tell whether a caller without a token may start a flight."""
        return now >= self._fetch_after

    def refresh_due(self, now: float) -> bool:
        """Tell whether a background flight may start."""
        return now >= self._refresh_after

    def mend(self) -> None:
        """Let the next caller try: what failed has been changed."""
        self._fetch_after = _NEVER

    def put_off_refresh(self, until: float) -> None:
        """Start no background flight before `until`, though nothing failed."""
        self._refresh_after = until

    def failed(
        self, error: TokenError, now: float, *, live_lifetime: float | None
    ) -> float:
        """Remember a failure, and return for how many seconds no other flight starts.

        Args:
            error: Why the fetch failed.
            now: When (elapsed clock).
            live_lifetime: The lifetime of the token that goes on serving, or None
                without one. With one only refreshes are put off: at its expiry
                one flight starts at once.
        """
        self.failure = error
        self._failures += 1
        if live_lifetime is None:
            delay = retry_delay(error, self._failures, self._uniform)
            self._fetch_after = now + delay
        else:
            delay = refresh_retry_delay(
                error, self._failures, live_lifetime, self._uniform
            )
            self._refresh_after = now + delay
        return delay
