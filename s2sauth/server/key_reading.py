"""One fetch of an issuer's key set, from asking to usable keys, told to the observers."""

from collections.abc import Callable
from dataclasses import dataclass

from s2sauth._base.clock import Clock
from s2sauth._base.notify import Notifier
from s2sauth.errors import VerifierUnavailable, fresh_copy
from s2sauth.events import KeySkipped, KeysRefreshed, KeysRefreshFailed
from s2sauth.server.jwks_endpoint import FetchedKeys, KeyFetch
from s2sauth.server.key_ring import KeyRing, read_key_set
from s2sauth.server.key_snapshot import KeyPolicy, KeySnapshot
from s2sauth.server.keys import KeyUnusable

__all__ = ["FreshKeys", "KeyReader"]


@dataclass(frozen=True, slots=True)
class FreshKeys:
    """Keys just fetched, and the seconds for which they are fresh."""

    ring: KeyRing
    ttl: float


class KeyReader:
    """Fetches and reads key sets. Safe to share between threads.

    Args:
        issuer: Whose, for events and messages.
        fetch: Gets the set.
        policy: What keys are taken, and for how long.
        notify: Tells the observers.
        clock: What durations are counted by.
    """

    def __init__(
        self,
        issuer: str,
        fetch: KeyFetch,
        policy: KeyPolicy,
        *,
        notify: Notifier,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._policy = policy
        self._notify = notify
        self._clock = clock

    def read(
        self,
        previous: KeySnapshot,
        deadline: float,
        *,
        patient: bool,
        given_up: Callable[[], bool],
    ) -> FreshKeys:
        """Fetch the set.

        Args:
            previous: What is known so far.
            deadline: The moment (elapsed clock) by which it must be there.
            patient: Whether to retry.
            given_up: Whether the answer would come too late now.

        Raises:
            VerifierUnavailable: It can't be had, or holds no usable key.
        """
        began = self._clock.elapsed()
        try:
            fetched = self._fetch(deadline, patient=patient)
            ring = self._usable_ring(fetched, previous.ring)
            if given_up():
                message = f"the key set of {self._issuer} came too late"
                raise VerifierUnavailable(message)  # noqa: TRY301 - one way out
        except VerifierUnavailable as error:
            failure = fresh_copy(error)
        except Exception as error:  # noqa: BLE001 - a `fetch` of a user's own may raise anything
            problem = f"fetching the key set failed ({type(error).__name__})"
            failure = VerifierUnavailable(problem)
        else:
            self._tell_refreshed(ring, previous.ring, began)
            return FreshKeys(ring, self._ttl_of(fetched))
        self._tell_failed(failure, previous)
        raise failure

    def _usable_ring(self, fetched: FetchedKeys, previous: KeyRing) -> KeyRing:
        try:
            ring = read_key_set(fetched.document, self._policy.algorithms, previous)
        except KeyUnusable as problem:
            message = f"the key set of {self._issuer} can't be used: {problem}"
            raise VerifierUnavailable(message) from None
        self._tell_skipped(ring, previous)
        if not ring.usable:
            message = f"the key set of {self._issuer} holds no usable key"
            raise VerifierUnavailable(message)
        return ring

    def _ttl_of(self, fetched: FetchedKeys) -> float:
        """Let the server shorten or stretch the TTL, inside bounds."""
        ttl = self._policy.ttl
        if fetched.max_age is None:
            return ttl
        return min(max(fetched.max_age, min(ttl, self._policy.cooldown)), 2 * ttl)

    def _tell_skipped(self, ring: KeyRing, previous: KeyRing) -> None:
        """Tell of what is newly skipped: not of the same key at every refresh."""
        if not self._notify:
            return
        news = ring.skipped - previous.skipped
        for key_id, why in sorted(news, key=lambda one: (one[0] or "", one[1])):
            at = self._clock.wall()
            event = KeySkipped(at=at, issuer=self._issuer, key_id=key_id, why=why)
            self._notify(event)

    def _tell_refreshed(self, ring: KeyRing, previous: KeyRing, began: float) -> None:
        if not self._notify:
            return
        self._notify(
            KeysRefreshed(
                at=self._clock.wall(),
                issuer=self._issuer,
                key_ids=ring.key_ids,
                removed=tuple(sorted(set(previous.key_ids) - set(ring.key_ids))),
                duration=self._clock.elapsed() - began,
            )
        )

    def _tell_failed(self, failure: VerifierUnavailable, previous: KeySnapshot) -> None:
        if not self._notify:
            return
        self._notify(
            KeysRefreshFailed(
                at=self._clock.wall(),
                issuer=self._issuer,
                message=str(failure),
                serving_stale=self._clock.elapsed() < previous.ends,
            )
        )
