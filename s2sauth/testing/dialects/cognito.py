"""Amazon Cognito user pools, after their developer guide.

docs.aws.amazon.com/cognito/latest/developerguide: "Understanding the access token"
for the claims, "The token issuer endpoint" for requests and refusals.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from s2sauth.providers import Provider, cognito
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects.dialect import Dialect, Grant, Refusals, Site
from s2sauth.testing.dialects.granting import Granted, asked_scopes
from s2sauth.testing.forms import Form
from s2sauth.testing.messages import OAuthRefused, Refusal

__all__ = ["COGNITO"]

_REGION = "us-east-1"
_POOL = re.compile(r"[a-z]+(-[a-z]+)+-\d_\w+")


def _claims(grant: Grant) -> dict[str, Any]:
    """Word a grant as for a machine identity: no `aud`, no `username`."""
    return {
        "sub": grant.client_id,
        "token_use": "access",
        "scope": " ".join(grant.scopes),
        "auth_time": grant.issued_at,
        "iss": grant.issuer,
        "exp": grant.expires_at,
        "iat": grant.issued_at,
        "version": 2,
        "jti": str(uuid4()),
        "client_id": grant.client_id,
    }


def _grant(form: Form, client: Client) -> Granted:
    """Grant custom scopes; `audience` and `resource` are ignored for this grant."""
    wanted = asked_scopes(form)
    if not set(wanted) <= set(client.scopes):
        raise OAuthRefused(Refusal(400, "invalid_scope", ""))
    return Granted(wanted or client.scopes, ())


def _introspection(_claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": False}  # never asked: there's no such endpoint


def _pool(realm: str) -> str:
    return realm if _POOL.fullmatch(realm) else f"{_REGION}_{realm}"


def _provider(site: Site) -> Provider:
    pool = site.realm_name
    region = pool.partition("_")[0]
    real = cognito(domain=site.base_url, region=region, user_pool_id=pool)
    # All of it is as at AWS, but for the host of the issuer and its keys.
    return replace(real, issuer=site.issuer, jwks_url=site.url("jwks"))


_INVALID = Refusal(400, "invalid_client", "")

COGNITO = Dialect(
    name="cognito",
    issuer_path="/{realm}",
    realm_name=_pool,
    token_format="jwt",
    paths={"token": "/oauth2/token", "jwks": "{issuer}/.well-known/jwks.json"},
    header_type=None,
    claims=_claims,
    grant=_grant,
    names_scope=False,
    introspection=_introspection,
    challenges=False,
    refusals=Refusals(
        no_credential=_INVALID, unknown_client=_INVALID, wrong_secret=_INVALID
    ),
    provider=_provider,
)
