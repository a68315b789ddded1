"""What travels (AccessToken, Identity) and the ports that everything else meets at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NoReturn, Protocol, Self, runtime_checkable

__all__ = [
    "AccessToken",
    "Identity",
    "MethodTokenSources",
    "Presentation",
    "TokenSource",
    "Verifier",
    "freeze",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AccessToken:
    """One bearer token, immutable, with its header value ready made.

    Compared by identity: two fetches are two tokens. Its repr shows no token,
    `copy` gives itself, and pickling it is an error, since a pickled token
    outlives every care taken here. Safe to share between threads.

    Args:
        value: The token itself (RFC 6750 §2.1), visible ASCII.
        scopes: The scopes granted.
        expires_at: When it ends, in POSIX seconds.
    """

    value: str
    scopes: frozenset[str] = frozenset()
    expires_at: float
    authorization: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "authorization", f"Bearer {self.value}")

    def __repr__(self) -> str:
        scopes = " ".join(sorted(self.scopes))
        return f"<AccessToken scopes={scopes!r} expires_at={self.expires_at:.0f}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "an AccessToken can't be pickled: hand the other process a "
            "TokenManager's configuration, and let it get a token of its own"
        )
        raise TypeError(message)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """Who presented a verified token, and what it lets them do. Deeply read-only.

    Looks the same whoever issued the token. Safe to share between threads.

    Attributes:
        client_id: The calling service, or None where the token names none;
            never taken from `sub` (RFC 9700 §4.15).
        subject: The `sub` claim, or None.
        issuer: The `iss` claim, or the provider's where introspection gave none.
        scopes: What was granted.
        audience: The `aud` claim, always a tuple.
        expires_at: When the token ends, in POSIX seconds.
        is_service: True for a service's token, False for a user's, None where
            the issuer gives no sign.
        claims: Every claim, as mappings and tuples that can't be changed.
        token_id: The `jti` claim, or None.
    """

    client_id: str | None
    subject: str | None
    issuer: str
    scopes: frozenset[str]
    audience: tuple[str, ...]
    expires_at: float
    is_service: bool | None
    claims: Mapping[str, Any] = field(compare=False)
    token_id: str | None

    def __repr__(self) -> str:
        scopes = " ".join(sorted(self.scopes))
        return (
            f"<Identity client_id={self.client_id!r} issuer={self.issuer!r} "
            f"scopes={scopes!r}>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How a token was presented; reserved for sender-constrained tokens.

    Args:
        scheme: The authentication scheme, `Bearer` or `DPoP`.
        method: The HTTP method.
        url: The URL that was called.
        proof: The DPoP proof, if one came.
        certificate: The client's certificate (DER), if one came.
    """

    scheme: str = "Bearer"
    method: str | None = None
    url: str | None = None
    proof: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)


@runtime_checkable
class TokenSource(Protocol):
    """Where a token comes from. Caching is a TokenSource around a TokenSource."""

    def get(
        self, timeout: float | None = None, min_validity: float = 0.0
    ) -> AccessToken:
        """Return a token that is valid now.

        Args:
            timeout: How long the caller would wait, in seconds; None: until the
                fetch ends; 0: a cached token or an immediate error.
            min_validity: Seconds that the token should live on, at the least.

        Raises:
            TokenError: None could be had; the subclass says why.
        """
        ...

    def invalidate(self, token: AccessToken) -> bool:
        """Drop `token` if it is still the current one, and say whether it was."""
        ...


@runtime_checkable
class MethodTokenSources(Protocol):
    """A TokenSource for each gRPC method."""

    def source_for(self, method: str) -> TokenSource | None:
        """Return the source for `/pkg.Service/Method`; None: it needs no token.

        Raises:
            ConfigurationError: Nothing is declared for the method
                (METHOD_NOT_DECLARED).
        """
        ...


@runtime_checkable
class Verifier(Protocol):
    """What tells a good token from a bad one."""

    def verify(
        self, token: str, *, presentation: Presentation | None = None
    ) -> Identity:
        """Return who the token speaks for.

        Raises:
            Unauthenticated: The token doesn't hold.
            VerifierUnavailable: It can't be told for now.
        """
        ...


def freeze(value: Any) -> Any:
    """Return parsed JSON as mappings and tuples that nobody can change."""
    if isinstance(value, dict):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    return value
