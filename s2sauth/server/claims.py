"""What a token's claims must say, whether it was signed or introspected.

Numbers are numbers, strings are strings; nothing is coerced (RFC 7519 §4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from s2sauth.errors import Reason, Unauthenticated
from s2sauth.providers import ClaimProblem, Dialect
from s2sauth.values import Identity, freeze

__all__ = ["ClaimRules", "Judged"]

_NEVER = float("inf")
_LARGEST_TIME = 2**53  # beyond it floats, and most JSON readers, lose whole seconds


# Whom a token speaks for, and when it stops holding, leeway included, in POSIX
# seconds. A plain tuple: it's made for every token.
Judged: TypeAlias = tuple[Identity, float]


def _wrong(message: str) -> Unauthenticated:
    return Unauthenticated(message, reason=Reason.TOKEN_CLAIMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """Judges claims. Safe to share between threads.

    Args:
        issuer: What `iss` must be.
        audience: One of these must be in `aud`; None: there must be no `aud`.
        dialect: How the issuer words its claims.
        leeway: Seconds that clocks may differ.
        users: Whether users' tokens are let in.
        max_age: Seconds since `iat` that a token may have; None: no limit.
        other_issuers: What else `iss` may be.
        lifetime: None: `exp` is required. Else the seconds that a token without
            one counts as living: introspection may leave it out.
    """

    issuer: str
    audience: frozenset[str] | None
    dialect: Dialect
    leeway: float
    users: bool = False
    max_age: float | None = None
    other_issuers: tuple[str, ...] = ()
    lifetime: float | None = None

    def check_issuer(self, claims: Mapping[str, Any]) -> None:
        """Refuse another issuer's token; before any key is looked for.

        Raises:
            Unauthenticated: ISSUER.
        """
        issuer = claims.get("iss")
        if issuer != self.issuer and issuer not in self.other_issuers:
            message = "the token's iss isn't the issuer that's trusted here"
            raise Unauthenticated(message, reason=Reason.ISSUER)

    def judge(self, claims: dict[str, Any], now: float) -> Judged:
        """Judge everything but `iss`; say whom the token speaks for, and how long.

        Args:
            claims: Parsed JSON; it's taken over, and frozen.
            now: POSIX seconds.

        Raises:
            Unauthenticated: TOKEN_CLAIMS, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID,
                TOKEN_TOO_OLD, TOKEN_TYPE, AUDIENCE, TOKEN_BOUND or USER_TOKEN.
        """
        expires_at, ends = self._check_times(claims, now)
        audience = self._check_audience(claims)
        self._check_kind(claims)
        client_id, scopes = self._read_dialect(claims)
        identity = Identity(
            client_id=client_id,
            subject=_string(claims, "sub"),
            issuer=claims.get("iss", self.issuer),  # one of ours: check_issuer
            scopes=scopes,
            audience=audience,
            expires_at=expires_at,
            is_service=self._check_user(claims),
            claims=_frozen(claims),
            token_id=_string(claims, self.dialect.token_id_claim),
        )
        return identity, ends

    def _check_times(
        self, claims: Mapping[str, Any], now: float
    ) -> tuple[float, float]:
        """Return `exp`, and when the token stops holding."""
        expires_at = _moment(claims, "exp")
        if expires_at is None:
            if self.lifetime is None:
                message = "the token has no exp"
                raise _wrong(message)
            expires_at = now + self.lifetime
        not_before = _moment(claims, "nbf") if "nbf" in claims else None
        issued_at = _moment(claims, "iat") if "iat" in claims else None
        if now >= expires_at + self.leeway:
            message = "the token has expired"
            raise Unauthenticated(message, reason=Reason.TOKEN_EXPIRED)
        soonest = now + self.leeway
        if (not_before or soonest) > soonest or (issued_at or soonest) > soonest:
            message = "the token's nbf or iat lies in the future"
            raise Unauthenticated(message, reason=Reason.TOKEN_NOT_YET_VALID)
        return expires_at, self.leeway + min(expires_at, self._too_old(issued_at, now))

    def _too_old(self, issued_at: float | None, now: float) -> float:
        if self.max_age is None:
            return _NEVER
        if issued_at is None:
            message = "the token has no iat, which max_age needs"
            raise _wrong(message)
        oldest = issued_at + self.max_age
        if now >= oldest + self.leeway:
            message = "the token is older than max_age"
            raise Unauthenticated(message, reason=Reason.TOKEN_TOO_OLD)
        return oldest

    def _check_audience(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        audience = _strings(claims, "aud")
        if audience is None and (said := self.dialect.audience(claims)):
            if self.audience is None:
                return said
            audience = said
        if self.audience is None:
            if audience is None:
                return ()
            message = "the token has an aud, and this service takes none that has"
        elif audience is None:
            message = "the token has no aud"
        elif self.audience.isdisjoint(audience):
            message = "the token's aud doesn't name this service"
        else:
            return audience
        raise Unauthenticated(message, reason=Reason.AUDIENCE)

    def _check_kind(self, claims: Mapping[str, Any]) -> None:
        objection = self.dialect.refusal(claims)
        if objection is not None:
            raise Unauthenticated(objection, reason=Reason.TOKEN_TYPE)
        if "cnf" in claims:
            message = (
                "the token is bound to a key or certificate (cnf), and its binding "
                "can't be checked here: a bearer of it proves nothing"
            )
            raise Unauthenticated(message, reason=Reason.TOKEN_BOUND)

    def _check_user(self, claims: Mapping[str, Any]) -> bool | None:
        is_service = self.dialect.is_service(claims)
        if is_service is False and not self.users:
            message = "the token is a user's (users=True lets users in)"
            raise Unauthenticated(message, reason=Reason.USER_TOKEN)
        return is_service

    def _read_dialect(
        self, claims: Mapping[str, Any]
    ) -> tuple[str | None, frozenset[str]]:
        _string(claims, "client_id")  # of the right type, wherever the dialect looks
        try:
            scopes = self.dialect.scopes(claims, self.audience)
            return self.dialect.client_id(claims), scopes
        except ClaimProblem as problem:
            message = f"the token can't be read: {problem}"
        raise _wrong(message)


def _moment(
    claims: Mapping[str, Any], name: Literal["exp", "nbf", "iat"]
) -> float | None:
    """Return a NumericDate (RFC 7519 §2); None where the claim is missing."""
    value = claims.get(name)
    kind = type(value)
    if (kind is int or kind is float) and -_LARGEST_TIME < value < _LARGEST_TIME:  # type: ignore[operator]  # a number, by the type
        return float(value)  # type: ignore[arg-type]  # a number, by the type
    if name not in claims:
        return None
    message = f"the token's {name} is no number, or out of range"
    raise _wrong(message)


def _string(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if type(value) is str or name not in claims:
        return value
    message = f"the token's {name} is no string"
    raise _wrong(message)


def _strings(claims: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return a string or a list of them as a tuple; None where it's missing."""
    value = claims.get(name)
    if type(value) is str:
        return (value,)
    if type(value) is list and all(type(item) is str for item in value):
        return tuple(value)
    if name not in claims:
        return None
    message = f"the token's {name} is neither a string nor a list of strings"
    raise _wrong(message)


def _frozen(claims: dict[str, Any]) -> Mapping[str, Any]:
    """Freeze claims in place, sparing the flat ones, which nearly all are."""
    for name, value in claims.items():
        kind = type(value)
        if kind is dict or kind is list:
            claims[name] = freeze(value)
    return MappingProxyType(claims)
