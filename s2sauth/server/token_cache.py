"""Verified tokens that come back: bounded, keyed by a digest, read without a lock.

Admission is S3-FIFO's (Yang et al., SOSP 2023): a newcomer waits in a small queue,
and only what is asked for again moves to the main one; what was thrown out a short
while ago and returns goes there at once. So a flood of tokens that come once, however
valid, passes through the small queue and leaves the working set alone. Garbage never
gets here at all. A read sets one flag and moves nothing, hence needs no lock.
"""

import hashlib
import secrets
from collections import deque
from typing import Generic, TypeVar

from s2sauth._base.bearer import MAX_TOKEN_LENGTH
from s2sauth._base.concurrency import Lock, renew_after_fork

__all__ = ["CacheEntry", "TokenCache", "token_digest"]

_BYTES_PER_TOKEN = 4096  # so that `size` giant tokens can't fill the memory
_SECOND_CHANCES = 64  # so that one insertion never walks through the whole queue

# One block of key before every token: digests mean nothing outside this process,
# and nobody can aim for one slot of the dictionary.
_KEYED = hashlib.sha256(secrets.token_bytes(64))


def token_digest(token: object) -> bytes:
    """Return what stands for a token, a keyed SHA-256; b"" for what can be none."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_LENGTH:
        return b""
    if not token.isascii():
        return b""
    hasher = _KEYED.copy()
    hasher.update(token.encode("ascii"))
    return hasher.digest()


class CacheEntry:
    """What a cache keeps; subclasses add what they remember.

    Attributes:
        used: Whether it was read since the cache last looked; set by readers.
        weight: How many bytes it counts as.
    """

    __slots__ = ("used", "weight")

    def __init__(self, weight: int) -> None:
        self.used = False
        self.weight = weight


EntryT = TypeVar("EntryT", bound=CacheEntry)


class TokenCache(Generic[EntryT]):
    """At most `size` entries. Safe to share between threads, and after a fork.

    Readers take `entries.get(digest)` and set `used` on what they find.

    Args:
        size: How many entries there are at most; 0: none.

    Attributes:
        entries: By digest; for readers.
    """

    def __init__(self, size: int) -> None:
        self.entries: dict[bytes, EntryT] = {}
        self._size = size
        self._small_share = max(size // 10, 1)
        self._lock = Lock()  # guards all below, and writes to `entries`
        self._small: deque[bytes] = deque()
        self._main: deque[bytes] = deque()
        self._ghosts: dict[bytes, None] = {}  # an ordered set of who was thrown out
        self._weight = 0
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Start afresh with what's there: a thread may have been at work on it."""
        self._lock = Lock()
        self._small = deque(self.entries)
        self._main = deque()
        self._weight = sum(entry.weight for entry in self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def put(self, digest: bytes, entry: EntryT) -> None:
        """Keep an entry, in place of one with the same digest."""
        if self._size == 0:
            return
        with self._lock:
            previous = self.entries.get(digest)
            if previous is not None:
                self._weight -= previous.weight
            elif digest in self._ghosts:
                del self._ghosts[digest]
                self._main.append(digest)
            else:
                self._small.append(digest)
            self.entries[digest] = entry
            self._weight += entry.weight
            while self._is_over():
                self._throw_one_out()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.entries.clear()
            self._small.clear()
            self._main.clear()
            self._ghosts.clear()
            self._weight = 0

    def _is_over(self) -> bool:
        return len(self.entries) > self._size or (
            self._weight > self._size * _BYTES_PER_TOKEN and len(self.entries) > 1
        )

    def _throw_one_out(self) -> None:
        for _ in range(_SECOND_CHANCES):
            from_small = len(self._small) > self._small_share or not self._main
            digest = (self._small if from_small else self._main).popleft()
            if not self._spared(digest):
                self._drop(digest, returns=from_small)
                return
        # All of them are in use: then the latest comer isn't, as far as we know.
        self._drop((self._small or self._main).pop(), returns=True)

    def _spared(self, digest: bytes) -> bool:
        """Give an entry that was read since the last look its second chance."""
        entry = self.entries[digest]
        spared, entry.used = entry.used, False
        if spared:
            self._main.append(digest)
        return spared

    def _drop(self, digest: bytes, *, returns: bool) -> None:
        """Forget an entry; where it may return, remember that it was here."""
        self._weight -= self.entries.pop(digest).weight
        if not returns:
            return
        self._ghosts[digest] = None
        if len(self._ghosts) > self._size:
            del self._ghosts[next(iter(self._ghosts))]
