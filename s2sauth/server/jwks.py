"""The life of an issuer's key set: fetched once for all, kept fresh, outliving outages.

    fresh      the keys; no lock
    ageing     the keys at once; one background fetch
    stale      the same, while failed fetches back off: up to the hard limit
    idle       twice its TTL old, because nobody asked: a short wait for a fetch first
    none       one fetch, everybody waits for it; after a failure, fails fast for a while

What readers read is one immutable snapshot, published by one assignment.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import (
    Flight,
    FlightOverrun,
    SingleFlight,
    WorkerPool,
    renew_after_fork,
)
from s2sauth._base.notify import Notifier
from s2sauth.errors import VerifierUnavailable, fresh_copy
from s2sauth.server.jwks_endpoint import KeyFetch
from s2sauth.server.key_reading import FreshKeys, KeyReader
from s2sauth.server.key_ring import EMPTY_RING, KeyRing
from s2sauth.server.key_snapshot import NEVER, KeyPolicy, KeySnapshot, KeysStatus
from s2sauth.server.refetch_budget import RefetchBudget

__all__ = ["JwkSet"]

_FLIGHT_LIMIT = 10.0  # seconds for one fetch, retries and all
_SEARCH_LIMIT = 5.0  # seconds for one that's made for an unknown key
_COLD_WAIT = 5.0  # seconds that a call waits where there are no keys at all
_SHORT_WAIT = 2.0  # seconds that a call waits where there are, but not the right one
_REFRESH_AHEAD = (0.75, 0.95)  # of the TTL, so that a fleet spreads out
_FIRST_BACKOFF = 0.5
_COLD_BACKOFF = 10.0
_MAX_BACKOFF = 60.0


class JwkSet:
    """The keys of one issuer. Safe to share between threads, and after a fork.

    Args:
        issuer: Whose, for events and messages.
        fetch: Gets the set; runs on a thread of ours.
        policy: What keys are taken, and for how long.
        notify: Tells the observers.
        clock: What times are judged by.
        uniform: Draws the jitter.
        start: Starts a fetch on a thread; None: on one of ours.

    Attributes:
        snapshot: What readers read.
    """

    def __init__(
        self,
        issuer: str,
        fetch: KeyFetch,
        policy: KeyPolicy,
        *,
        notify: Notifier,
        clock: Clock,
        uniform: Callable[[float, float], float] = random.uniform,
        start: Callable[[Callable[[], None]], bool] | None = None,
    ) -> None:
        self._issuer = issuer
        self._policy = policy
        self._reader = KeyReader(issuer, fetch, policy, notify=notify, clock=clock)
        self._now = clock.elapsed
        self._uniform = uniform
        self._pool = WorkerPool(size=2)  # two: one may hang in an abandoned flight
        self._start = self._pool.submit if start is None else start
        self._flights: SingleFlight[FreshKeys] = SingleFlight(clock, self._settle)
        # The lock of `_flights` guards everything below; readers of `snapshot` need
        # none, since it's published by one assignment.
        self.snapshot = KeySnapshot()
        self._budget = RefetchBudget(policy.cooldown, clock)
        self._failures = 0
        self._last_error: VerifierUnavailable | None = None
        self._retry_at = NEVER  # no fetch before, unless one is demanded
        self._landed_at = NEVER  # when the last fetch ended, well or not
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Keep the keys; forget the parent's threads."""
        self._flights.after_fork()
        self._pool.after_fork()

    def close(self) -> None:
        """Start no more fetches; the keys that are there serve on to their end."""
        self._pool.close()

    def trusted(self) -> KeyRing:
        """Return the keys to trust now; while they are known it costs no wait.

        Raises:
            VerifierUnavailable: There are none, or none young enough.
        """
        snapshot = self.snapshot
        if self._now() < snapshot.look_at:
            return snapshot.ring
        return self._look()

    def search(self, key_id: str | None) -> KeyRing:
        """Return the keys after looking for one that wasn't among them.

        Joins the fetch under way, or spends one of the budget; where there's none
        left, nothing is asked. A short wait at the most.

        Args:
            key_id: The id that's sought; None: any key that fits.

        Raises:
            VerifierUnavailable: It can't be told: the fetch fails, or takes long.
        """
        with self._flights.lock:
            flight = self._flights.current
            started = None
            if flight is None:
                if not self._may_search(key_id):
                    return self.snapshot.ring
                flight = started = self._flights.prepare(_SEARCH_LIMIT)
        if started is not None:
            self._launch(started, patient=False)
        self._await(flight, _SHORT_WAIT)
        return self.snapshot.ring

    def refresh(self, timeout: float) -> None:
        """Fetch the set anew, and wait for it: what it no longer holds is out.

        A fetch that began before this call doesn't count.

        Args:
            timeout: Seconds to wait.

        Raises:
            VerifierUnavailable: It failed, or took longer; the old set serves on.
        """
        asked_at = self._now()
        while True:
            with self._flights.lock:
                started = None
                flight = self._flights.current
                if flight is None:
                    flight = started = self._flights.prepare(_FLIGHT_LIMIT)
            if started is not None:
                self._launch(started, patient=True)
            left = asked_at + timeout - self._now()
            if started is not None or flight.started_at > asked_at:
                self._await(flight, left)
                return
            if not self._flights.wait(flight, left):
                raise self._too_slow(timeout)

    def warm_up(self, timeout: float) -> None:
        """Fetch the set unless a fresh one is there.

        Args:
            timeout: Seconds to wait.

        Raises:
            VerifierUnavailable: It failed, or took longer.
        """
        if self._now() >= self.snapshot.stale_at:
            self.refresh(timeout)

    def status(self) -> KeysStatus:
        """Say how the keys stand, without any I/O."""
        with self._flights.lock:
            now, snapshot, error = self._now(), self.snapshot, self._last_error
            known = snapshot.ring is not EMPTY_RING
            return KeysStatus(
                key_ids=snapshot.ring.key_ids,
                ready=now < snapshot.ends,
                age=now - snapshot.fetched_at if known else None,
                stale=known and now >= snapshot.stale_at,
                last_error=None if error is None else fresh_copy(error),
                refreshing=self._flights.current is not None,
            )

    # -- deciding ----------------------------------------------------------------

    def _look(self) -> KeyRing:
        """Decide what to do about keys that aren't plainly fresh."""
        with self._flights.lock:
            now, snapshot = self._now(), self.snapshot
            if now < snapshot.look_at:  # a fetch landed since the caller looked
                return snapshot.ring
            serving = now < snapshot.ends
            flight = self._flights.current
            started = None
            if flight is None and now >= self._retry_at:
                flight = started = self._flights.prepare(_FLIGHT_LIMIT)
            at_once = serving and (flight is None or not self._is_idle(now))
            if at_once:
                later = self._retry_at if flight is None else flight.deadline
                self._look_again_at(later)
            elif flight is None:
                raise self._failing()
        if started is not None:
            self._launch(started, patient=True)
        if at_once or flight is None:
            return snapshot.ring
        return self._wait_for_keys(flight, serving=serving)

    def _is_idle(self, now: float) -> bool:
        """Tell whether the keys are this old because nobody asked."""
        # A fetch that failed counts as asked: then it's an outage, not idleness.
        return now - self._landed_at > 2 * self._policy.ttl

    def _look_again_at(self, moment: float) -> None:
        snapshot = self.snapshot
        self.snapshot = replace(snapshot, look_at=min(moment, snapshot.ends))

    def _wait_for_keys(self, flight: Flight[FreshKeys], *, serving: bool) -> KeyRing:
        try:
            self._await(flight, _SHORT_WAIT if serving else _COLD_WAIT)
        except VerifierUnavailable:
            if not serving:
                raise
        return self.snapshot.ring

    def _may_search(self, key_id: str | None) -> bool:
        """Tell whether a fetch may be made for an unknown key; pay for it."""
        if self._now() < self._retry_at:
            raise self._failing()
        if self.snapshot.ring.is_settled(key_id):
            return False
        paid = self._budget.spend_on(key_id)
        if not paid and self._failures:
            raise self._failing()
        return paid

    # -- fetching ----------------------------------------------------------------

    def _launch(self, flight: Flight[FreshKeys], *, patient: bool) -> None:
        def call() -> FreshKeys:
            return self._reader.read(
                self.snapshot,
                flight.deadline,
                patient=patient,
                given_up=lambda: flight.landed,
            )

        if not self._flights.launch(flight, call, self._start):
            message = "no thread can fetch keys: the verifier was closed"
            self._flights.finish(flight, None, VerifierUnavailable(message))

    def _await(self, flight: Flight[FreshKeys], timeout: float) -> None:
        if not self._flights.wait(flight, timeout):
            raise self._too_slow(timeout)
        try:
            flight.outcome()
        except FlightOverrun:
            limit = flight.deadline - flight.started_at
        else:
            return
        raise self._too_slow(limit)

    def _settle(
        self,
        flight: Flight[FreshKeys],
        fresh: FreshKeys | None,
        failure: Exception | None,
    ) -> None:
        """Publish the outcome; runs under the lock."""
        self._landed_at = self._now()
        if fresh is None:
            self._settle_failure(flight, failure)
            return
        self._failures = 0
        self._last_error = None
        self._retry_at = NEVER
        began, ttl = flight.started_at, fresh.ttl
        refresh_at = began + ttl * self._uniform(*_REFRESH_AHEAD)
        self.snapshot = KeySnapshot(
            ring=fresh.ring,
            fetched_at=began,
            refresh_at=refresh_at,
            stale_at=began + ttl,
            ends=began + ttl + self._policy.max_stale,
            look_at=refresh_at,
        )

    def _settle_failure(
        self, flight: Flight[FreshKeys], failure: Exception | None
    ) -> None:
        error = (
            failure
            if isinstance(failure, VerifierUnavailable)
            else self._too_slow(flight.deadline - flight.started_at)
        )
        self._last_error = error
        self._failures += 1
        self._budget.forget()
        # Who waited for this fetch is told, too, when another makes sense.
        error.retry_after = self._backoff(error)
        self._retry_at = self._landed_at + error.retry_after
        # A fetch made for an unknown key, and failed, doesn't hurry the next one.
        self._look_again_at(max(self._retry_at, self.snapshot.refresh_at))

    def _backoff(self, error: VerifierUnavailable) -> float:
        serving = self._landed_at < self.snapshot.ends
        ceiling = (
            max(self._policy.cooldown, _COLD_BACKOFF) if serving else _COLD_BACKOFF
        )
        ceiling = min(ceiling, _MAX_BACKOFF)
        growing = min(_FIRST_BACKOFF * 2.0 ** min(self._failures - 1, 10), ceiling)
        asked = min(error.retry_after or 0.0, ceiling)
        return max(growing * self._uniform(0.5, 1.0), asked)

    def _too_slow(self, seconds: float) -> VerifierUnavailable:
        message = f"the key set of {self._issuer} did not come within {seconds:.3g} s"
        return VerifierUnavailable(message, retry_after=1.0)

    def _failing(self) -> VerifierUnavailable:
        """Return the last failure again, with the time that's left to wait."""
        wait = max(self._retry_at - self._now(), _FIRST_BACKOFF)
        return VerifierUnavailable(str(self._last_error), retry_after=wait)
