"""What a slow source gave: remembered, asked anew when it's old or was refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import (
    Flight,
    FlightOverrun,
    SingleFlight,
    renew_after_fork,
)
from s2sauth.errors import CredentialUnavailable

__all__ = ["Ask", "SecretMemory"]

Ask: TypeAlias = Callable[[bool], tuple[str, ...]]  # the current, maybe the previous


@dataclass(frozen=True, slots=True)
class _Known:
    """What was given, and until when it's remembered; its repr shows nothing."""

    secrets: tuple[str, ...] = field(repr=False)
    until: float

    def best(self, refused: dict[str, int]) -> str:
        """Return the current secret, or the one whose refusal is longest ago."""
        return min(self.secrets, key=lambda secret: refused.get(secret, -1))


class SecretMemory:
    """Remembers the secrets of one source. Safe between threads, and after a fork.

    However many ask, the source is asked once at a time. After a refusal it's asked
    anew, for the previous secret too: during an overlap the server may know that
    one only.

    Args:
        ask: Asks the source, for the current secret and, if told so, the previous.
        name: How messages call the source.
        max_age: Seconds for which an answer is remembered.
        limit: Seconds that the source may take to answer.
        clock: What both are counted by.
    """

    def __init__(
        self, ask: Ask, *, name: str, max_age: float, limit: float, clock: Clock
    ) -> None:
        self._ask = ask
        self._name = name
        self._max_age = max_age
        self._limit = limit
        self._clock = clock
        self._flights: SingleFlight[_Known] = SingleFlight(clock, self._keep)
        # The lock of `_flights` guards what follows; readers see one whole value.
        self._known: _Known | None = None
        self._refused: dict[str, int] = {}
        self._refusals = 0
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Forget the parent's flight; what's known stays."""
        self._flights.after_fork()

    def secret(self) -> str:
        """Return the secret to prove with now.

        Raises:
            CredentialUnavailable: The source can't give it.
        """
        known = self._known
        if known is None or self._clock.elapsed() >= known.until:
            known = self._asked()
        return known.best(self._refused)

    def refused(self, secret: str) -> None:
        """Take note that the server refused a secret: ask anew before the next use."""
        with self._flights.lock:
            known = self._known
            mine = known is not None and known.best(self._refused) == secret
            keep = () if known is None else known.secrets
            self._refusals += 1
            self._refused = {
                one: at for one, at in self._refused.items() if one in keep
            } | {secret: self._refusals}
            if mine:
                self._known = None

    def _asked(self) -> _Known:
        try:
            return self._flights.share(self._look, self._limit)
        except FlightOverrun:
            message = f"{self._name} did not answer within {self._limit:.3g} s"
        raise CredentialUnavailable(message)

    def _look(self) -> _Known:
        secrets = self._ask(bool(self._refused))
        return _Known(secrets, self._clock.elapsed() + self._max_age)

    def _keep(
        self, _flight: Flight[_Known], known: _Known | None, _failure: Exception | None
    ) -> None:
        self._known = known
