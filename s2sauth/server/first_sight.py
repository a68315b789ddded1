"""A signed token seen for the first time: every rule, in one order.

    structure → algorithm → issuer → key → signature → claims

Nothing goes to the network before the issuer is known to be ours, and no claim but
the issuer counts before the signature holds.
"""

from typing import TypeAlias

from s2sauth._base.clock import Clock
from s2sauth.errors import Reason, Unauthenticated
from s2sauth.server.claims import ClaimRules
from s2sauth.server.compact import (
    Expected,
    Header,
    decode_segment,
    read_header,
    read_segment,
    split,
)
from s2sauth.server.jwks import JwkSet
from s2sauth.server.key_ring import KeyRing
from s2sauth.server.keys import BoundKey
from s2sauth.values import Identity

__all__ = ["FirstSight", "Verified"]


# Whom a token speaks for and until when, the key that signed it, and the keys that
# were trusted then. A plain tuple: it's made for every token.
Verified: TypeAlias = tuple[Identity, float, BoundKey, KeyRing]


class FirstSight:
    """Verifies tokens without remembering any. Safe to share between threads.

    Args:
        expected: What headers must say.
        rules: What claims must say.
        keys: The issuer's keys.
        clock: Where the present comes from.
    """

    __slots__ = ("_expected", "_keys", "_now", "_rules")

    def __init__(
        self, expected: Expected, rules: ClaimRules, keys: JwkSet, clock: Clock
    ) -> None:
        self._expected = expected
        self._rules = rules
        self._keys = keys
        self._now = clock.wall

    def verify(self, token: object) -> Verified:
        """Verify a token.

        Args:
            token: Whatever the caller passed.

        Raises:
            Unauthenticated: It doesn't hold; the reason says which rule it breaks.
            VerifierUnavailable: The keys can't be had for now.
        """
        signing_input, header_segment, payload_segment, signature_segment = split(token)
        # A header that proved good with these keys need not be read again.
        proven = self._keys.snapshot.ring.proven(header_segment)
        header = proven or read_header(header_segment, self._expected)
        claims = read_segment(payload_segment, "payload")
        signature = decode_segment(signature_segment, "signature")
        self._rules.check_issuer(claims)
        key, ring = self._signer(header, signing_input, signature)
        if proven is None:
            ring.remember_header(header_segment, header)
        return *self._rules.judge(claims, self._now()), key, ring

    def _signer(
        self, header: Header, signing_input: bytes, signature: bytes
    ) -> tuple[BoundKey, KeyRing]:
        ring = self._keys.trusted()
        candidates = ring.candidates(header)
        if not candidates:
            ring = self._keys.search(header.key_id)
            candidates = ring.candidates(header)
            if not candidates:
                message = "the token's key isn't among those of the issuer"
                raise Unauthenticated(message, reason=Reason.KEY_UNKNOWN)
        for key in candidates:
            if key.verifies(header.algorithm, signing_input, signature):
                return key, ring
        message = "the token's signature doesn't hold"
        raise Unauthenticated(message, reason=Reason.TOKEN_SIGNATURE)
