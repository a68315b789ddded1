"""Auth0, after its documentation.

auth0.com/docs/secure/tokens/access-tokens/access-token-profiles for the claims;
auth0.com/docs/get-started/authentication-and-authorization-flow/
client-credentials-flow for the request.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from s2sauth.providers import Provider, auth0
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects.dialect import Dialect, Grant, Refusals, Site
from s2sauth.testing.dialects.granting import Granted, asked_scopes
from s2sauth.testing.forms import Form
from s2sauth.testing.messages import OAuthRefused, Refusal

__all__ = ["AUTH0"]


def _claims(grant: Grant) -> dict[str, Any]:
    audience = {"aud": grant.audiences[0]} if grant.audiences else {}
    return {
        "iss": grant.issuer,
        "sub": f"{grant.client_id}@clients",
        **audience,
        "iat": grant.issued_at,
        "exp": grant.expires_at,
        **({"scope": " ".join(grant.scopes)} if grant.scopes else {}),
        "gty": "client-credentials",
        "azp": grant.client_id,
    }


def _grant(form: Form, client: Client) -> Granted:
    audiences = form.all("audience")
    if not audiences:
        _deny(
            "No audience parameter was provided, and no default audience has been "
            "configured"
        )
    if len(audiences) > 1 or audiences[0] not in client.audiences:
        _deny(
            f'Client is not authorized to access "{audiences[0]}". You need to create '
            'a "client-grant" associated to this API.'
        )
    wanted = asked_scopes(form)
    missing = [scope for scope in wanted if scope not in client.scopes]
    if missing:
        _deny(f"Client has not been granted scopes: {', '.join(missing)}")
    return Granted(wanted or client.scopes, (audiences[0],))


def _deny(description: str) -> NoReturn:
    raise OAuthRefused(Refusal(403, "access_denied", description))


def _introspection(_claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": False}  # never asked: there's no such endpoint


def _provider(site: Site) -> Provider:
    return auth0(site.base_url)


_UNAUTHORIZED = Refusal(401, "access_denied", "Unauthorized")

AUTH0 = Dialect(
    name="auth0",
    issuer_path="/",
    token_format="jwt",
    paths={"token": "/oauth/token", "jwks": "/.well-known/jwks.json"},
    header_type="JWT",
    claims=_claims,
    grant=_grant,
    introspection=_introspection,
    challenges=False,
    refusals=Refusals(
        no_credential=_UNAUTHORIZED,
        unknown_client=_UNAUTHORIZED,
        wrong_secret=_UNAUTHORIZED,
    ),
    provider=_provider,
)
