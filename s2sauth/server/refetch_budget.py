"""How often an unknown key id may cause a fetch: what keeps a flood from costing.

Not thread-safe: its owner's lock guards it.
"""

from s2sauth._base.clock import Clock

__all__ = ["RefetchBudget"]

_CAPACITY = 2  # one for a bogus id, and one left for a real rotation
_MAX_REMEMBERED = 100


class RefetchBudget:
    """A bucket of fetches, and a memory of the ids that were fetched for in vain.

    The memory lapses after one cooldown, since a token can reach us before its
    key is published; it's then paid for from the bucket again.

    Args:
        cooldown: Seconds after which a spent fetch returns.
        clock: What they are counted by.
    """

    def __init__(self, cooldown: float, clock: Clock) -> None:
        self._cooldown = cooldown
        self._elapsed = clock.elapsed
        self._left = float(_CAPACITY)
        self._counted_at = clock.elapsed()
        self._remembered: dict[str | None, float] = {}

    def spend_on(self, key_id: str | None) -> bool:
        """Take one fetch for an id; False where there's none, or it had one."""
        now = self._elapsed()
        sought_at = self._remembered.get(key_id)
        if sought_at is not None and now - sought_at < self._cooldown:
            return False
        gained = (now - self._counted_at) / self._cooldown
        self._left = min(self._left + gained, _CAPACITY)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        self._remember(key_id, now)
        return True

    def forget(self) -> None:
        """Forget whom was fetched for: the fetch failed, and said nothing."""
        self._remembered.clear()

    def _remember(self, key_id: str | None, now: float) -> None:
        self._remembered.pop(key_id, None)
        self._remembered[key_id] = now
        if len(self._remembered) > _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
