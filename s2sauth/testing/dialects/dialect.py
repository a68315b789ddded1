"""What differs between servers, as fields of one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from s2sauth.providers import Provider
from s2sauth.testing.messages import Refusal

__all__ = ["ENDPOINTS", "Dialect", "Grant", "Refusals", "Site", "audience_claim"]

ENDPOINTS = ("token", "jwks", "introspection", "revocation", "discovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one token says, before a dialect words it. Times in POSIX seconds."""

    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    issued_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a server stands.

    Args:
        base_url: Scheme, host and port.
        realm: The realm's name, for dialects that have realms.
        dialect: What is spoken there.
    """

    base_url: str
    realm: str
    dialect: "Dialect"

    @property
    def issuer(self) -> str:
        """The issuer's identifier."""
        return self.base_url + self.issuer_path

    @property
    def issuer_path(self) -> str:
        """What follows the port in the issuer's identifier."""
        return self.dialect.issuer_path.format(realm=quote(self.realm, safe=""))

    def url(self, endpoint: str) -> str:
        """Return the address of an endpoint."""
        return self.issuer + self.dialect.paths[endpoint]


_WRONG_TYPE = Refusal(
    400, "invalid_request", "the body must be application/x-www-form-urlencoded"
)
_NO_CREDENTIAL = Refusal(401, "invalid_client", "client authentication is required")
_FAILED = Refusal(401, "invalid_client", "client authentication failed")
_FOREIGN_TOKEN = Refusal(
    400, "invalid_request", "the token was not issued to this client"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How refusals are worded where servers differ; else as RFC 6749 §5.2."""

    wrong_type: Refusal = _WRONG_TYPE
    no_credential: Refusal = _NO_CREDENTIAL
    unknown_client: Refusal = _FAILED
    wrong_secret: Refusal = _FAILED
    foreign_token: Refusal = _FOREIGN_TOKEN


def audience_claim(audiences: tuple[str, ...]) -> dict[str, Any]:
    """Word the audience: nothing, a string, or a list (RFC 7519 §4.1.3)."""
    if not audiences:
        return {}
    return {"aud": audiences[0] if len(audiences) == 1 else list(audiences)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one kind of server speaks.

    Args:
        name: What it's called.
        issuer_path: What follows the port in the issuer; `{realm}` is filled in.
        paths: Where the endpoints are, below the issuer.
        token_format: `jwt` or `opaque`, unless the user says otherwise.
        header_type: The `typ` of a token's header.
        claims: How a grant is worded.
        answer_extras: What a token answer holds beside RFC 6749 §5.1.
        names_empty_scope: Whether a grant of nothing is answered `"scope": ""`.
        introspection: How a live token's claims are answered.
        takes_target: Whether `resource` (RFC 8707) and `audience` are honoured,
            or ignored.
        drops_scopes: Whether a scope that may not be had is left out in silence,
            or refused (`invalid_scope`).
        encryption_key: Whether the key set holds a key that's not for signing.
        decodes_basic: Whether Basic credentials are form-decoded.
        challenges: Whether a 401 bears `WWW-Authenticate`.
        refusals: How it says no.
        metadata: What its documents hold beside the usual.
        provider: How the SDK's `Provider` for it is made.
    """

    name: str
    issuer_path: str = ""
    paths: Mapping[str, str]
    token_format: str
    header_type: str
    claims: Callable[[Grant], dict[str, Any]]
    introspection: Callable[[Mapping[str, Any]], dict[str, Any]]
    provider: Callable[[Site], Provider]
    answer_extras: Mapping[str, Any] = field(default_factory=dict)
    names_empty_scope: bool = False
    takes_target: bool = True
    drops_scopes: bool = False
    encryption_key: bool = False
    decodes_basic: bool = True
    challenges: bool = True
    refusals: Refusals = Refusals()
    metadata: Callable[[Site], Mapping[str, Any]] = lambda _site: {}
