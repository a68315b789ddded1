"""64 threads, 640 000 reads, across expiries, refusals and outages: exact counts."""

import threading
from collections import Counter

from s2sauth._base.concurrency import start_thread
from s2sauth.errors import AuthorizationServerUnavailable
from s2sauth.events import TokenFetchFailed
from support.lifecycles import Rig

THREADS = 64
ROUNDS = 100
READS = 100  # each thread, each round
PATIENCE = 60.0


class Race:
    """Rounds that all threads start together; before each, the world may change.

    By turns: the token expires; nothing happens; every thread invalidates the token
    that it was given; the server goes down for a round.
    """

    def __init__(self) -> None:
        self.rig = Rig(start=start_thread, lifetime=10.0, draw=1.0)
        self.round = -1
        self.expected_fetches = 0
        self.outcomes: Counter[str] = Counter()
        self.stale = 0
        self.barrier = threading.Barrier(THREADS, action=self._next_round)
        self._lock = threading.Lock()

    @property
    def kind(self) -> str:
        """What this round is about."""
        return ("expiry", "calm", "refusal", "outage")[self.round % 4]

    def _next_round(self) -> None:
        self.round += 1
        self.rig.endpoint.down = self.kind == "outage"
        if self.kind in ("expiry", "outage"):
            self.rig.clock.advance(10.0)  # past every backoff, too
        self.expected_fetches += self.kind != "calm"

    def run(self) -> None:
        """Do what one thread does."""
        seen: Counter[str] = Counter()
        for _ in range(ROUNDS):
            self.barrier.wait(PATIENCE)
            if self.kind == "refusal":
                token = self.rig.source.get()
                # All have the same token before anyone drops it.
                self.barrier_of_refusal.wait(PATIENCE)
                self.rig.source.invalidate(token)
            for _ in range(READS):
                try:
                    token = self.rig.source.get()
                except AuthorizationServerUnavailable:
                    seen["failed"] += 1
                    continue
                seen["served"] += 1
                if token.expires_at <= self.rig.clock.wall():
                    seen["stale"] += 1
        with self._lock:
            self.outcomes += seen

    def start(self) -> None:
        """Run all threads to their end."""
        self.barrier_of_refusal = threading.Barrier(THREADS)
        threads = [threading.Thread(target=self.run) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)


def test_every_fetch_is_accounted_for() -> None:
    """One fetch per expiry, refusal and outage; no read fails but in an outage."""
    race = Race()
    race.start()
    reads_in_outages = THREADS * READS * (ROUNDS // 4)
    assert race.outcomes == {
        "served": THREADS * READS * ROUNDS - reads_in_outages,
        "failed": reads_in_outages,
    }
    assert race.rig.endpoint.fetches == race.expected_fetches
    names = Counter(race.rig.event_names())
    assert names == {
        "TokenFetched": ROUNDS // 2,
        "TokenInvalidated": ROUNDS // 4,
        "TokenFetchFailed": ROUNDS // 4,
    }
    failures = [e for e in race.rig.events if isinstance(e, TokenFetchFailed)]
    assert {failure.retry_in for failure in failures} == {0.5}
