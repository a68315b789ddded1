"""All the usable keys of one issuer at one time, as one immutable value."""

from collections.abc import Collection, Mapping
from typing import Any

from s2sauth.errors import Reason, Unauthenticated
from s2sauth.server.compact import Header
from s2sauth.server.keys import BoundKey, KeyUnusable, PublicKey, read_jwk

__all__ = ["EMPTY_RING", "KeyRing", "SkippedKey", "read_key_set"]

_MAX_PROVEN_HEADERS = 64

SkippedKey = tuple[str | None, str]  # its kid, and why


class KeyRing:
    """Keys by their ids. Immutable, but for a memory of headers that proved good.

    Compared by identity: a set that came again unchanged is the same ring, so that
    what was verified with it needs no second look.

    Args:
        keys: In the set's order.
        skipped: What the set held beside them.

    Attributes:
        keys: All of them, the ones included that no allowed algorithm fits.
        skipped: The others.
    """

    __slots__ = ("_fitting", "_ids", "_proven", "keys", "skipped")

    def __init__(
        self, keys: tuple[BoundKey, ...], skipped: frozenset[SkippedKey]
    ) -> None:
        self.keys = keys
        self.skipped = skipped
        self._ids = frozenset(key.key_id for key in keys)
        self._fitting: dict[tuple[str | None, str], tuple[BoundKey, ...]] = {}
        for key in keys:
            for name in key.algorithms:
                others = self._fitting.get((key.key_id, name), ())
                self._fitting[key.key_id, name] = (*others, key)
        self._proven: dict[bytes, Header] = {}

    @property
    def usable(self) -> bool:
        """Whether anything can be verified with it."""
        return any(key.usable for key in self.keys)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the usable keys, sorted; "" for a key without one."""
        return tuple(sorted({key.key_id or "" for key in self.keys if key.usable}))

    def __contains__(self, key: object) -> bool:
        return key in self.keys

    def is_settled(self, key_id: str | None) -> bool:
        """Tell whether asking for the set again can't bring a key of this id."""
        # It may be there already: a fetch landed since the caller looked.
        there = key_id is not None and key_id in self._ids
        return there or any(key_id == skipped_id for skipped_id, _ in self.skipped)

    def candidates(self, header: Header) -> tuple[BoundKey, ...]:
        """Return the keys to try: several only where the set repeats an id.

        A token without a `kid` is tried when exactly one key fits it.

        Raises:
            Unauthenticated: TOKEN_ALGORITHM where the key isn't bound to the
                token's algorithm; KEY_UNKNOWN without a `kid` where several fit.
        """
        if header.key_id is None:
            return self._only_one_for(header.algorithm)
        fitting = self._fitting.get((header.key_id, header.algorithm), ())
        if not fitting and header.key_id in self._ids:
            message = "the token's alg isn't one that its key is bound to"
            raise Unauthenticated(message, reason=Reason.TOKEN_ALGORITHM)
        return fitting

    def _only_one_for(self, algorithm: str) -> tuple[BoundKey, ...]:
        fitting = tuple(key for key in self.keys if key.fits(algorithm))
        if len(fitting) > 1:
            message = "the token names no key (kid), and several would fit"
            raise Unauthenticated(message, reason=Reason.KEY_UNKNOWN)
        return fitting

    def proven(self, segment: bytes) -> Header | None:
        """Return the header that `remember_header` was told of a segment."""
        return self._proven.get(segment)

    def remember_header(self, segment: bytes, header: Header) -> None:
        """Spare the next token with the same header its reading.

        To be called after a signature held, so that only the issuer can fill this
        memory. It ends with the ring. Races lose nothing but a repetition.
        """
        if len(self._proven) >= _MAX_PROVEN_HEADERS:
            self._proven.clear()
        self._proven[segment] = header


EMPTY_RING = KeyRing((), frozenset())


def read_key_set(
    document: Mapping[str, Any], allowed: Collection[str], previous: KeyRing
) -> KeyRing:
    """Make a ring of a JWK Set (RFC 7517 §5); unusable keys are skipped one by one.

    Args:
        document: Parsed JSON.
        allowed: The algorithms that the verifier allows.
        previous: The ring so far: its keys are taken over where nothing changed,
            and itself where nothing at all did.

    Raises:
        KeyUnusable: There's no list of keys at all.
    """
    listed = document.get("keys")
    if type(listed) is not list:
        message = "the document has no list of keys"
        raise KeyUnusable(message)
    keys: list[BoundKey] = []
    skipped: set[SkippedKey] = set()
    for jwk in listed:
        try:
            key = _bound(read_jwk(jwk), allowed, previous)
        except KeyUnusable as problem:
            skipped.add((_shown_id(jwk), str(problem)))
        else:
            keys.append(key)
            if not key.usable:
                skipped.add((key.key_id, "its algorithm isn't among those allowed"))
    if tuple(keys) == previous.keys and skipped == previous.skipped:
        return previous
    return KeyRing(tuple(keys), frozenset(skipped))


def _bound(public: PublicKey, allowed: Collection[str], previous: KeyRing) -> BoundKey:
    for known in previous.keys:
        if known.public.is_same(public):
            return known
    return BoundKey(public, allowed)


def _shown_id(jwk: object) -> str | None:
    key_id = jwk.get("kid") if isinstance(jwk, dict) else None
    return key_id[:256] if isinstance(key_id, str) else None
