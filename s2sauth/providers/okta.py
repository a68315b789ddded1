"""Okta."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from s2sauth.providers.addresses import base_url, url_part
from s2sauth.providers.asking import Asking, without_audience
from s2sauth.providers.dialect import Dialect
from s2sauth.providers.provider import Provider

__all__ = ["OKTA", "OKTA_ASKING", "okta"]


def okta(
    domain: str,
    server: str | None = "default",
    *,
    assertion_audience: str | None = None,
) -> Provider:
    """Return the provider of one Okta authorization server; nothing is looked up.

    A custom authorization server has one audience, set there: `audience=` and
    `resource=` are refused. Scopes are sent as they stand; Okta wants at least one,
    unless the server has default scopes.

    Args:
        domain: The org's domain, such as `acme.okta.com`.
        server: The custom authorization server's id; None: the org server, whose
            tokens are for Okta's own APIs, and which no verifier takes.
        assertion_audience: The `aud` of client assertions; None: the very endpoint
            that's invoked.

    Raises:
        ConfigurationError: `domain` is no domain, or `server` no id.

    Source: Okta's documentation: "Authorization servers"
    (developer.okta.com/docs/concepts/auth-servers), "Implement authorization by
    grant type: Client Credentials", "OpenID Connect & OAuth 2.0 API" (access token
    payload; client authentication).
    """
    org = base_url(domain, "domain")
    issuer = org if server is None else f"{org}/oauth2/{url_part(server, 'server')}"
    endpoints = f"{org}/oauth2/v1" if server is None else f"{issuer}/v1"
    return Provider(
        issuer=issuer,
        token_url=f"{endpoints}/token",
        jwks_url=f"{endpoints}/keys",
        introspection_url=f"{endpoints}/introspect",
        revocation_url=f"{endpoints}/revoke",
        assertion_audience=assertion_audience,
        dialect=_OKTA_ORG if server is None else OKTA,
        asking=OKTA_ASKING,
    )


def _service_sign(claims: Mapping[str, Any]) -> bool | None:
    return "uid" not in claims  # "isn't included if there is no user bound to it"


def _objection(claims: Mapping[str, Any]) -> str | None:
    # ID tokens are signed with the same keys, and name their client in `aud` alone.
    if "cid" in claims or "client_id" in claims:
        return None
    return "the token names no client (cid): it's no access token"


def _org_server(_audience: frozenset[str] | None) -> str | None:
    return (
        "the provider is Okta's org authorization server, whose tokens only Okta "
        'itself may verify: use a custom one, as in okta(domain, server="default")'
    )


# Introspection answers say `client_id` and `scope` where tokens say `cid` and `scp`.
OKTA = Dialect(
    name="okta",
    client_claims=("cid", "client_id"),
    scope_claims=("scp", "scope"),
    service_sign=_service_sign,
    objection=_objection,
)
_OKTA_ORG = replace(OKTA, name="okta-org", audience_objection=_org_server)
OKTA_ASKING = Asking(
    no_audience=(
        "an Okta authorization server has one audience, set there: leave it out, "
        "and choose the server by okta(domain, server=)"
    ),
    no_resource=(
        "Okta takes none for client credentials: leave it out, and choose the "
        "server by okta(domain, server=)"
    ),
    requirement=without_audience,
    endpoint_assertions=True,
)
