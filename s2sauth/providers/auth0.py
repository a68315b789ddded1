"""Auth0."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.providers.addresses import base_url
from s2sauth.providers.asking import Asking, Target
from s2sauth.providers.dialect import Dialect
from s2sauth.providers.provider import Provider

__all__ = ["AUTH0", "AUTH0_ASKING", "auth0"]


def auth0(
    domain: str,
    *,
    assertion_audience: str | None = None,
    permissions: bool = False,
) -> Provider:
    """Return the provider of one Auth0 tenant; nothing is looked up.

    Every token request names its API: `audience=` is required, and sent;
    `resource=` is refused. Scopes are sent as they stand. There's no introspection.

    Args:
        domain: The tenant's domain, such as `acme.eu.auth0.com`, or its custom one:
            tokens say in `iss` by which they were asked for.
        assertion_audience: The `aud` of client assertions; None: the issuer, with
            its slash at the end.
        permissions: Whether verifiers read the claim `permissions` in place of
            `scope`: for APIs with RBAC and "Add Permissions in the Access Token".

    Raises:
        ConfigurationError: `domain` is no domain.

    Source: Auth0's documentation: "Call Your API Using the Client Credentials
    Flow" (auth0.com/docs/get-started/authentication-and-authorization-flow/
    client-credentials-flow), "Access Token Profiles" (auth0.com/docs/secure/tokens/
    access-tokens/access-token-profiles), "Enable Role-Based Access Control for
    APIs".
    """
    url = base_url(domain, "domain")
    dialect = replace(AUTH0, scope_claims=("permissions",)) if permissions else AUTH0
    return Provider(
        issuer=f"{url}/",
        token_url=f"{url}/oauth/token",
        jwks_url=f"{url}/.well-known/jwks.json",
        assertion_audience=assertion_audience,
        dialect=dialect,
        asking=AUTH0_ASKING,
    )


def _service_sign(claims: Mapping[str, Any]) -> bool | None:
    # Users' tokens of the code flow bear no `gty` at all, so its absence is no sign
    # of a service; "<client>@clients" is: users are called "<connection>|<id>".
    if "gty" in claims:
        return bool(claims["gty"] == "client-credentials")
    client_id = claims.get("azp", claims.get("client_id"))
    return bool(claims.get("sub") == f"{client_id}@clients")


def _objection(claims: Mapping[str, Any]) -> str | None:
    # ID tokens are signed with the same keys, and name their client in `aud` alone.
    if "azp" in claims or "client_id" in claims:
        return None
    return "the token names no client (azp): it's no access token"


def _needs_audience(target: Target) -> Target:
    if target.audience is None:
        message = (
            "audience: Auth0 needs it for client credentials: pass the API's "
            "identifier, as in audience='https://payment-service.internal'"
        )
        raise ConfigurationError(message)
    return target


AUTH0 = Dialect(
    name="auth0",
    client_claims=("azp", "client_id"),  # the Auth0 profile's, RFC 9068's
    service_sign=_service_sign,
    objection=_objection,
)
AUTH0_ASKING = Asking(
    no_resource="Auth0 chooses the API by audience: pass audience= in its place",
    mapping=_needs_audience,
)
