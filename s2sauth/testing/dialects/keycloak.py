"""Keycloak 26, as it was seen to answer."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from s2sauth.providers import Provider, keycloak
from s2sauth.testing.dialects.dialect import (
    Dialect,
    Grant,
    Refusals,
    Site,
    audience_claim,
)
from s2sauth.testing.dialects.granting import RfcGrant
from s2sauth.testing.messages import Refusal

__all__ = ["KEYCLOAK"]


def _claims(grant: Grant) -> dict[str, Any]:
    """Word a grant as Keycloak 26 words a service account's."""
    account = uuid5(NAMESPACE_URL, f"{grant.issuer}#{grant.client_id}")
    return {
        "exp": grant.expires_at,
        "iat": grant.issued_at,
        "jti": f"trrtcc:{uuid4()}",
        "iss": grant.issuer,
        **audience_claim(grant.audiences),
        "sub": str(account),
        "typ": "Bearer",
        "azp": grant.client_id,
        "acr": "1",
        "scope": " ".join(grant.scopes),
        "clientHost": "127.0.0.1",
        "preferred_username": f"service-account-{grant.client_id.lower()}",
        "clientAddress": "127.0.0.1",
        "client_id": grant.client_id,
    }


def _introspection(claims: Mapping[str, Any]) -> dict[str, Any]:
    username = claims.get("preferred_username")
    named = {} if username is None else {"username": username}
    return {**claims, **named, "token_type": "Bearer", "active": True}


def _metadata(site: Site) -> dict[str, Any]:
    aliases = ("token", "introspection", "revocation")
    return {
        "mtls_endpoint_aliases": {
            f"{name}_endpoint": site.url(name) for name in aliases
        },
    }


def _provider(site: Site) -> Provider:
    return keycloak(site.base_url, realm=site.realm)


_FAILED = "Invalid client or Invalid client credentials"

KEYCLOAK = Dialect(
    name="keycloak",
    issuer_path="/realms/{realm}",
    token_format="jwt",
    paths={
        "token": "{issuer}/protocol/openid-connect/token",
        "jwks": "{issuer}/protocol/openid-connect/certs",
        "introspection": "{issuer}/protocol/openid-connect/token/introspect",
        "revocation": "{issuer}/protocol/openid-connect/revoke",
    },
    header_type="JWT",
    claims=_claims,
    answer_extras={"refresh_expires_in": 0, "not-before-policy": 0},
    names_empty_scope=True,
    introspection=_introspection,
    grant=RfcGrant(takes_target=False),
    encryption_key=True,
    challenges=False,
    refusals=Refusals(
        wrong_type=Refusal(415, "HTTP 415 Unsupported Media Type", ""),
        no_credential=Refusal(401, "invalid_client", _FAILED),
        unknown_client=Refusal(401, "invalid_client", _FAILED),
        wrong_secret=Refusal(401, "unauthorized_client", _FAILED),
        foreign_token=Refusal(400, "invalid_client", "Unmatching clients"),
        wrong_assertion=Refusal(400, "invalid_client", ""),
        wrong_mac=Refusal(400, "unauthorized_client", ""),
    ),
    metadata=_metadata,
    provider=_provider,
)
