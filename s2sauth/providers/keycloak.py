"""Keycloak."""

from urllib.parse import quote

from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError
from s2sauth.providers.dialect import KEYCLOAK
from s2sauth.providers.provider import Provider

__all__ = ["keycloak"]


def keycloak(
    url: str, *, realm: str, assertion_audience: str | None = None
) -> Provider:
    """Return the provider of one Keycloak realm; nothing is looked up.

    Audiences come from the realm's mappers there: the `audience` parameter of a
    token request is sent, and ignored by Keycloak.

    Args:
        url: Where Keycloak is, such as `https://sso.example.com`; with its path
            prefix (`/auth`) where it has one.
        realm: The realm's name.
        assertion_audience: The `aud` of client assertions; None: the issuer.

    Raises:
        ConfigurationError: `url` is no absolute http(s) URL, or `realm` is empty.

    Source: Keycloak's documentation, "Securing applications", OIDC endpoints.
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
        dialect=KEYCLOAK,
    )
