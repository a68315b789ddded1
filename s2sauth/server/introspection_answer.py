"""What an introspection answer means, and for how long (RFC 7662 §2.2)."""

from dataclasses import dataclass
from typing import Any

from s2sauth._base.clock import Clock
from s2sauth.errors import Reason, Unauthenticated
from s2sauth.server.claims import ClaimRules
from s2sauth.server.token_cache import CacheEntry
from s2sauth.values import Identity

__all__ = ["AnswerReader", "Known"]

_NEVER = float("-inf")


class Known(CacheEntry):
    """What is known of a token: an identity, or why it's refused. Never both.

    Args:
        identity: Whom it speaks for, or None.
        refusal: The reason and the words, or None.
        until: Until when it's remembered, on the elapsed clock.
        ends: When the token ends, in POSIX seconds.
        weight: How many bytes it counts as.
    """

    __slots__ = ("_identity", "_refusal", "ends", "until")

    def __init__(
        self,
        identity: Identity | None,
        refusal: tuple[Reason, str] | None,
        *,
        until: float,
        ends: float = float("inf"),
        weight: int,
    ) -> None:
        super().__init__(weight)
        self._identity = identity
        self._refusal = refusal
        self.until = until
        self.ends = ends

    def identity(self) -> Identity:
        """Return whom the token speaks for.

        Raises:
            Unauthenticated: It's refused; an object of the caller's own.
        """
        if self._identity is not None:
            return self._identity
        assert self._refusal is not None  # noqa: S101 - one of the two is always there
        reason, message = self._refusal
        raise Unauthenticated(message, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReader:
    """Judges answers. Safe to share between threads.

    Args:
        rules: What claims must say.
        active_ttl: Seconds for which a good answer is remembered, never past `exp`.
        inactive_ttl: Seconds for which a refusal is.
        clock: Where time comes from.
    """

    rules: ClaimRules
    active_ttl: float
    inactive_ttl: float
    clock: Clock

    def read(self, claims: dict[str, Any], asked_at: float, weight: int) -> Known:
        """Judge an answer.

        Args:
            claims: Parsed JSON; it's taken over, and frozen.
            asked_at: When it was asked for, on the elapsed clock.
            weight: How many bytes it counts as.
        """
        try:
            identity = self._judge(claims)
        except Unauthenticated as error:
            reason, message = error.reason, str(error)
        else:
            return self._remembered(identity, asked_at, weight)
        # What isn't valid yet may be in a moment: that's not remembered.
        ttl = _NEVER if reason is Reason.TOKEN_NOT_YET_VALID else self.inactive_ttl
        return Known(None, (reason, message), until=asked_at + ttl, weight=weight)

    def _judge(self, claims: dict[str, Any]) -> Identity:
        if claims.get("active") is not True:
            message = "the authorization server says that the token isn't active"
            raise Unauthenticated(message, reason=Reason.TOKEN_INACTIVE)
        if "iss" in claims:
            self.rules.check_issuer(claims)
        self._check_token_type(claims)
        identity, _ = self.rules.judge(claims, self.clock.wall())
        return identity

    def _check_token_type(self, claims: dict[str, Any]) -> None:
        kind = claims.get("token_type", "Bearer")
        if type(kind) is not str:
            message = "the answer's token_type is no string"
            raise Unauthenticated(message, reason=Reason.TOKEN_CLAIMS)
        if kind.lower() == "dpop":
            message = (
                "the token is bound to a key (DPoP): a bearer of it proves nothing"
            )
            raise Unauthenticated(message, reason=Reason.TOKEN_BOUND)
        if kind.lower() not in ("bearer", "access_token"):
            message = "the answer's token_type isn't Bearer"
            raise Unauthenticated(message, reason=Reason.TOKEN_TYPE)

    def _remembered(self, identity: Identity, asked_at: float, weight: int) -> Known:
        # A fresh answer is judged with leeway; a remembered one ends without it.
        left = identity.expires_at - self.clock.wall()
        until = min(asked_at + self.active_ttl, self.clock.elapsed() + left)
        return Known(
            identity, None, until=until, ends=identity.expires_at, weight=weight
        )
