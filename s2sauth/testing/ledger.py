"""What the embedded server remembers of the tokens that it gave out."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Entry", "TokenLedger"]

_PRUNE_AT = 10_000  # entries; a server for development may run for weeks


@dataclass(frozen=True, slots=True)
class Entry:
    """One token given out.

    Args:
        owner: The client it was given to.
        claims: What it says, or what introspection says of it.
        kid: The key that signed it; None for an opaque one.
    """

    owner: str
    claims: Mapping[str, Any] = field(repr=False)
    kid: str | None


class TokenLedger:
    """Tokens given out, and those of them revoked. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._entries: dict[str, Entry] = {}
        self._revoked: set[str] = set()
        self._prune_at = _PRUNE_AT

    def record(self, token: str, entry: Entry, now: float) -> None:
        """Remember a token, and forget the ended ones where there are many."""
        with self._lock:
            self._entries[token] = entry
            if len(self._entries) > self._prune_at:
                self._prune(now)

    def find(self, token: str) -> Entry | None:
        """Return what's known of a token, revoked or not."""
        return self._entries.get(token)

    def revoke(self, token: str) -> None:
        """Revoke a token, known or not."""
        with self._lock:
            self._revoked.add(token)

    def live(self, token: str, now: float) -> Entry | None:
        """Return a token's entry while it's neither ended nor revoked."""
        entry = self.find(token)
        if entry is None or token in self._revoked or _outside(entry, now):
            return None
        return entry

    def _prune(self, now: float) -> None:
        self._entries = {
            token: entry
            for token, entry in self._entries.items()
            if not _outside(entry, now)
        }
        self._revoked &= self._entries.keys()
        self._prune_at = max(_PRUNE_AT, 2 * len(self._entries))


def _outside(entry: Entry, now: float) -> bool:
    """Tell whether `now` is outside a token's time; spoilt claims set no limit."""
    end, start = entry.claims.get("exp"), entry.claims.get("nbf")
    ended = isinstance(end, (int, float)) and now >= end
    return ended or (isinstance(start, (int, float)) and now < start)
