"""What is known of an issuer's keys at one time, as immutable values."""

from dataclasses import dataclass

from s2sauth.errors import VerifierUnavailable
from s2sauth.server.key_ring import EMPTY_RING, KeyRing

__all__ = ["NEVER", "KeyPolicy", "KeySnapshot", "KeysStatus"]

NEVER = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy:
    """What keys are taken, and for how long.

    Args:
        algorithms: The allow-list.
        ttl: Seconds after which a set is no longer fresh.
        max_stale: Seconds past its TTL for which it serves on during an outage.
        cooldown: Seconds after which a fetch for an unknown key may be spent again.
    """

    algorithms: frozenset[str]
    ttl: float
    max_stale: float
    cooldown: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySnapshot:
    """Keys with their times, on the elapsed clock.

    Args:
        ring: The keys.
        fetched_at: When they were asked for.
        refresh_at: When they are due to be fetched again, in the background.
        stale_at: When they are no longer fresh.
        ends: When they no longer serve.
        look_at: Until then nothing need be decided about them.
    """

    ring: KeyRing = EMPTY_RING
    fetched_at: float = NEVER
    refresh_at: float = NEVER
    stale_at: float = NEVER
    ends: float = NEVER
    look_at: float = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysStatus:
    """How an issuer's keys stand.

    Args:
        key_ids: The ids of the usable keys, sorted; "" for a key without one.
        ready: Whether tokens can be verified now.
        age: Seconds since the set was asked for, or None without one.
        stale: Whether it's past its TTL.
        last_error: The last fetch's failure, or None where it worked.
        refreshing: Whether a fetch is under way.
    """

    key_ids: tuple[str, ...]
    ready: bool
    age: float | None
    stale: bool
    last_error: VerifierUnavailable | None
    refreshing: bool
