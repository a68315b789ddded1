"""What differs between servers, as fields of one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from s2sauth.errors import ConfigurationError
from s2sauth.providers import Provider
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects.granting import Granted, RfcGrant
from s2sauth.testing.forms import Form
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
        return self.dialect.issuer_path.format(realm=self.realm_name)

    @property
    def realm_name(self) -> str:
        """The realm, as it stands in addresses."""
        return quote(self.dialect.realm_name(self.realm), safe="")

    def path(self, endpoint: str) -> str:
        """Return what follows the port in an endpoint's address.

        Raises:
            ConfigurationError: Such servers have no such endpoint.
        """
        template = self.dialect.paths.get(endpoint)
        if template is None:
            known = ", ".join(self.dialect.paths)
            message = f"endpoint: {self.dialect.name} servers have {known} only"
            raise ConfigurationError(message)
        below = self.issuer_path.rstrip("/")
        return template.format(issuer=below, realm=self.realm_name)

    def url(self, endpoint: str) -> str:
        """Return the address of an endpoint.

        Raises:
            ConfigurationError: Such servers have no such endpoint.
        """
        return self.base_url + self.path(endpoint)


_BY_RFC = RfcGrant()
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
    """How refusals are worded where servers differ; else as RFC 6749 §5.2.

    An assertion that doesn't hold is refused as an unknown client is, where its own
    words are None: by a key (`wrong_assertion`), or by a secret (`wrong_mac`).
    """

    wrong_type: Refusal = _WRONG_TYPE
    no_credential: Refusal = _NO_CREDENTIAL
    unknown_client: Refusal = _FAILED
    wrong_secret: Refusal = _FAILED
    foreign_token: Refusal = _FOREIGN_TOKEN
    wrong_assertion: Refusal | None = None
    wrong_mac: Refusal | None = None


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
        realm_name: Makes of the realm what stands in addresses; vendors want GUIDs
            and the like.
        paths: Where the endpoints are; `{issuer}` (its path) and `{realm}` are
            filled in. One that's missing is one that such servers haven't.
        token_format: `jwt` or `opaque`, unless the user says otherwise.
        header_type: The `typ` of a token's header; None: it has none.
        claims: How a grant is worded.
        answer_extras: What a token answer holds beside RFC 6749 §5.1.
        grant: What a client gets of what it asks for; refuses as the vendor does.
        names_scope: Whether a token answer says what scope was granted.
        names_empty_scope: Whether a grant of nothing is answered `"scope": ""`.
        introspection: How a live token's claims are answered.
        encryption_key: Whether the key set holds a key that's not for signing.
        decodes_basic: Whether Basic credentials are form-decoded.
        challenges: Whether a 401 bears `WWW-Authenticate`.
        refusals: How it says no.
        metadata: What its documents hold beside the usual.
        provider: How the SDK's `Provider` for it is made.
    """

    name: str
    issuer_path: str = ""
    realm_name: Callable[[str], str] = str
    paths: Mapping[str, str]
    token_format: str
    header_type: str | None
    claims: Callable[[Grant], dict[str, Any]]
    introspection: Callable[[Mapping[str, Any]], dict[str, Any]]
    provider: Callable[[Site], Provider]
    answer_extras: Mapping[str, Any] = field(default_factory=dict)
    grant: Callable[[Form, Client], Granted] = _BY_RFC
    names_scope: bool = True
    names_empty_scope: bool = False
    encryption_key: bool = False
    decodes_basic: bool = True
    challenges: bool = True
    refusals: Refusals = Refusals()
    metadata: Callable[[Site], Mapping[str, Any]] = lambda _site: {}
