"""Okta's custom authorization servers, after their documentation.

developer.okta.com/docs/api/openapi/okta-oauth/guides/overview for the claims and the
introspection answer; "Implement authorization by grant type" for requests.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from s2sauth.providers import Provider, okta
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects.dialect import (
    Dialect,
    Grant,
    Refusals,
    Site,
    audience_claim,
)
from s2sauth.testing.dialects.granting import Granted, asked_scopes
from s2sauth.testing.forms import Form
from s2sauth.testing.messages import Refusal, refuse

__all__ = ["OKTA"]

_DEFAULT_AUDIENCE = "api://default"


def _claims(grant: Grant) -> dict[str, Any]:
    """Word a grant as for a service app: no `uid`."""
    return {
        "ver": 1,
        "jti": f"AT.{uuid4().hex}",
        "iss": grant.issuer,
        **audience_claim(grant.audiences or (_DEFAULT_AUDIENCE,)),
        "iat": grant.issued_at,
        "exp": grant.expires_at,
        "cid": grant.client_id,
        "scp": list(grant.scopes),
        "sub": grant.client_id,
    }


def _grant(form: Form, client: Client) -> Granted:
    """Grant scopes, which must be named; the audience is the server's own."""
    wanted = asked_scopes(form)
    if not wanted:
        refuse(
            "invalid_scope",
            "The authorization server resource does not have any configured default "
            "scopes, 'scope' must be provided.",
        )
    if not set(wanted) <= set(client.scopes):
        refuse(
            "invalid_scope",
            "One or more scopes are not configured for the authorization server "
            "resource.",
        )
    return Granted(wanted, client.audiences)


def _introspection(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Say `client_id` and `scope` where the token says `cid` and `scp`."""
    renamed = {"ver", "cid", "scp"}
    answer = {name: one for name, one in claims.items() if name not in renamed}
    answer["client_id"] = claims.get("cid")
    answer["scope"] = " ".join(claims.get("scp", ()))
    return {"active": True, "token_type": "Bearer", **answer}


def _provider(site: Site) -> Provider:
    return okta(site.base_url, site.realm)


OKTA = Dialect(
    name="okta",
    issuer_path="/oauth2/{realm}",
    token_format="jwt",
    paths={
        "token": "{issuer}/v1/token",
        "jwks": "{issuer}/v1/keys",
        "introspection": "{issuer}/v1/introspect",
        "revocation": "{issuer}/v1/revoke",
    },
    header_type=None,
    claims=_claims,
    grant=_grant,
    introspection=_introspection,
    challenges=False,
    refusals=Refusals(
        unknown_client=Refusal(
            401, "invalid_client", "Invalid value for 'client_id' parameter."
        ),
        wrong_secret=Refusal(
            401,
            "invalid_client",
            "The client secret supplied for a confidential client is invalid.",
        ),
    ),
    provider=_provider,
)
