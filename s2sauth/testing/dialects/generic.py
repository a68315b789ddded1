"""A server that does what the RFCs say."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from s2sauth.providers import Provider
from s2sauth.testing.dialects.dialect import Dialect, Grant, Site, audience_claim

__all__ = ["GENERIC"]


def _claims(grant: Grant) -> dict[str, Any]:
    """Word a grant as RFC 9068 §2.2 does."""
    return {
        "iss": grant.issuer,
        "sub": grant.client_id,
        **audience_claim(grant.audiences),
        "client_id": grant.client_id,
        "iat": grant.issued_at,
        "exp": grant.expires_at,
        "jti": str(uuid4()),
        **({"scope": " ".join(grant.scopes)} if grant.scopes else {}),
    }


def _introspection(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": True, "token_type": "Bearer", **claims}


def _provider(site: Site) -> Provider:
    return Provider(
        issuer=site.issuer,
        token_url=site.url("token"),
        jwks_url=site.url("jwks"),
        introspection_url=site.url("introspection"),
        revocation_url=site.url("revocation"),
    )


GENERIC = Dialect(
    name="generic",
    token_format="opaque",
    paths={
        "token": "{issuer}/token",
        "jwks": "{issuer}/jwks",
        "introspection": "{issuer}/introspect",
        "revocation": "{issuer}/revoke",
    },
    header_type="at+jwt",
    claims=_claims,
    introspection=_introspection,
    provider=_provider,
)
