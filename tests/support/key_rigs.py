"""A JwkSet whose fetches, threads, jitter and time a test decides."""

from collections.abc import Callable
from typing import Any, TypeVar

from s2sauth._base.notify import Notifier
from s2sauth.errors import AccessError
from s2sauth.events import Event
from s2sauth.server.jwks import JwkSet
from s2sauth.server.key_snapshot import KeyPolicy
from s2sauth.testing import FakeClock
from support.lifecycles import ManualPool, at_once
from support.tokens import PROVIDER, FakeKeys, jwk_of, key_set, rsa_key

EventT = TypeVar("EventT", bound=Event)
START = Callable[[Callable[[], None]], bool]


class KeyRig:
    """One key set, and everything around it.

    Fetches run at once in the caller's thread, until `by_hand()`. `draw` is where in
    each interval the jitter falls: 0.0 low, 1.0 high.
    """

    def __init__(
        self,
        document: Any = None,
        *,
        ttl: float = 300.0,
        max_stale: float = 3600.0,
        cooldown: float = 30.0,
        draw: float = 0.5,
        start: START = at_once,
    ) -> None:
        self.clock = FakeClock()
        self.fetch = FakeKeys(document)
        self.pool = ManualPool()
        self.events: list[Event] = []
        self.start = start
        self.draw = draw
        self.keys = JwkSet(
            PROVIDER.issuer,
            self.fetch,
            KeyPolicy(
                algorithms=frozenset({"RS256", "ES256"}),
                ttl=ttl,
                max_stale=max_stale,
                cooldown=cooldown,
            ),
            notify=Notifier([self.events.append]),
            clock=self.clock,
            uniform=lambda low, high: low + (high - low) * self.draw,
            start=self._start,
        )

    def _start(self, job: Callable[[], None]) -> bool:
        return self.start(job)

    @property
    def fetches(self) -> int:
        """How many fetches there were."""
        return len(self.fetch.calls)

    def by_hand(self) -> None:
        """Have fetches wait in `pool` from now on."""
        self.start = self.pool.submit

    def rotate(self, key_id: str, *, keep_old: bool = True) -> None:
        """Publish a new key."""
        new = jwk_of(rsa_key("new"), kid=key_id, alg="RS256")
        self.fetch.document = key_set(new) if keep_old else {"keys": [new]}

    def told(self, kind: type[EventT]) -> list[EventT]:
        """List the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def error_of(call: Callable[[], object]) -> AccessError:
    """Return the error that a call must end with."""
    try:
        call()
    except AccessError as error:
        return error
    message = "no AccessError was raised"
    raise AssertionError(message)
