"""Keycloak."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError
from s2sauth.providers.dialect import ClaimProblem, Dialect, scope_set
from s2sauth.providers.provider import Provider

__all__ = ["KEYCLOAK", "keycloak"]


def keycloak(
    url: str,
    *,
    realm: str,
    assertion_audience: str | None = None,
    roles: Literal["realm", "client"] | None = None,
    client: str | None = None,
) -> Provider:
    """Return the provider of one Keycloak realm; nothing is looked up.

    Audiences come from the realm's mappers there: the `audience` parameter of a
    token request is sent, and ignored by Keycloak. A wrong secret is answered
    `unauthorized_client` with 401; with 400 that says that the client has no
    service account.

    Args:
        url: Where Keycloak is, such as `https://sso.example.com`; with its path
            prefix (`/auth`) where it has one.
        realm: The realm's name.
        assertion_audience: The `aud` of client assertions; None: the issuer.
        roles: Which roles verifiers read as scopes, beside the scopes: `realm`
            (`realm_access`), `client` (`resource_access`), or None: none. Roles
            and scopes then share their names: give no two things one name.
        client: Whose client roles; None: those of the client that's named like the
            verifier's audience. Never those of another service.

    Raises:
        ConfigurationError: `url` is no absolute http(s) URL, `realm` is empty, or
            `roles` isn't one of these.

    Source: Keycloak's documentation, "Securing applications", OIDC endpoints;
    "Server administration", roles; Keycloak 26.4 as it was seen to answer.
    """
    check_url(url, "url", allow_insecure=True)
    if not realm or "/" in realm:
        message = "realm must be the name of a realm, without slashes"
        raise ConfigurationError(message)
    issuer = f"{url.rstrip('/')}/realms/{quote(realm, safe='')}"
    endpoints = f"{issuer}/protocol/openid-connect"
    return Provider(
        issuer=issuer,
        token_url=f"{endpoints}/token",
        jwks_url=f"{endpoints}/certs",
        introspection_url=f"{endpoints}/token/introspect",
        revocation_url=f"{endpoints}/revoke",
        assertion_audience=assertion_audience,
        dialect=_with_roles(roles, client),
    )


def _with_roles(roles: str | None, client: str | None) -> Dialect:
    if client is not None and roles != "client":
        message = 'client is for roles="client" only: it says whose roles'
        raise ConfigurationError(message)
    if roles is None:
        return KEYCLOAK
    if roles == "realm":
        return replace(KEYCLOAK, scope_reader=_RealmRoles())
    if roles == "client":
        return replace(KEYCLOAK, scope_reader=_ClientRoles(client))
    message = 'roles must be "realm", "client" or None'
    raise ConfigurationError(message)


@dataclass(frozen=True, slots=True)
class _RealmRoles:
    """Adds the realm's roles: `realm_access.roles`."""

    def __call__(
        self,
        claims: Mapping[str, Any],
        scopes: frozenset[str],
        _audience: AbstractSet[str],
    ) -> frozenset[str]:
        return scopes | _roles(_table(claims, "realm_access"), "realm_access")


@dataclass(frozen=True, slots=True)
class _ClientRoles:
    """Adds one client's roles: `resource_access.<client>.roles`.

    Args:
        client: Whose; None: those of whoever is the verifier's audience.
    """

    client: str | None

    def __call__(
        self,
        claims: Mapping[str, Any],
        scopes: frozenset[str],
        audience: AbstractSet[str],
    ) -> frozenset[str]:
        by_client = _table(claims, "resource_access")
        for name in audience if self.client is None else (self.client,):
            scopes |= _roles(_table(by_client, name), "resource_access")
        return scopes


def _table(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    if isinstance(value, Mapping):
        return value
    if name not in claims:
        return {}
    message = "the claims realm_access and resource_access must be objects of objects"
    raise ClaimProblem(message)


def _roles(table: Mapping[str, Any], claim: str) -> frozenset[str]:
    value = table.get("roles", [])
    if type(value) is str:  # a list, says Keycloak; a string would be a guess
        message = f"the roles in {claim} must be a list of strings"
        raise ClaimProblem(message)
    return scope_set(value, claim)


def _service_sign(claims: Mapping[str, Any]) -> bool | None:
    # Seen on 26.4: a user's token has a session (`sid`); a service account's has
    # none, and a `client_id`. A user may be *named* like a service account.
    if "sid" in claims:
        return False
    return True if "client_id" in claims else None


def _objection(claims: Mapping[str, Any]) -> str | None:
    # ID and refresh tokens are signed with the same keys; `typ` tells them apart.
    if claims.get("typ", "Bearer") in ("Bearer", "DPoP"):
        return None
    return "the claim typ says that it's no access token"


KEYCLOAK = Dialect(
    name="keycloak",
    client_claims=("azp",),
    service_sign=_service_sign,
    objection=_objection,
)
