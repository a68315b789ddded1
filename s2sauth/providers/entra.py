"""Microsoft Entra ID (Azure Active Directory)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from s2sauth.errors import ConfigurationError
from s2sauth.providers.addresses import base_url
from s2sauth.providers.asking import Asking, Target
from s2sauth.providers.dialect import Dialect
from s2sauth.providers.provider import Provider

__all__ = ["ENTRA_ASKING", "entra", "entra_dialect"]

GLOBAL = "https://login.microsoftonline.com"
_CHINA = "https://login.partner.microsoftonline.cn"
_DEFAULT = "/.default"


def entra(
    tenant_id: str,
    *,
    authority: str = GLOBAL,
    assertion_audience: str | None = None,
) -> Provider:
    """Return the provider of one Entra tenant, by its v2.0 endpoints.

    Nothing is looked up. Client credentials have one scope,
    `{resource}/.default`; `audience=` and `resource=` are mapped into it, and the
    app roles that an administrator granted come along: they aren't asked for. A
    verifier takes v1.0 and v2.0 tokens of this tenant (an API's manifest says which
    it gets), reads `roles` as scopes (`scp` in a user's token), and checks `tid` and
    `ver`. The `aud` of a v2.0 token is the API's client id; of a v1.0 token, also
    its URI.

    Args:
        tenant_id: The tenant's GUID.
        authority: Of a national cloud: `https://login.microsoftonline.us`,
            `https://login.partner.microsoftonline.cn`.
        assertion_audience: The `aud` of client assertions; None: the token URL.

    Raises:
        ConfigurationError: `tenant_id` is no GUID, or `authority` no URL.

    Source: Microsoft identity platform documentation: "OAuth 2.0 client credentials
    flow" (learn.microsoft.com/entra/identity-platform/
    v2-oauth2-client-creds-grant-flow), "Access tokens", "Access token claims
    reference", "Optional claims reference" (`idtyp`), "National clouds"; the v1.0
    issuers: learn.microsoft.com/answers/questions/1190472.
    """
    tenant = _tenant(tenant_id)
    base = base_url(authority, "authority")
    v2 = f"{base}/{tenant}/v2.0"
    v1_host = "sts.chinacloudapi.cn" if base == _CHINA else "sts.windows.net"
    v1 = f"https://{v1_host}/{tenant}/"
    return Provider(
        issuer=v2,
        token_url=f"{base}/{tenant}/oauth2/v2.0/token",
        jwks_url=f"{base}/{tenant}/discovery/v2.0/keys",
        assertion_audience=assertion_audience,
        dialect=entra_dialect(tenant, v1, v2),
        asking=ENTRA_ASKING,
        other_issuers=(v1,),
    )


def entra_dialect(tenant: str, v1: str, v2: str) -> Dialect:
    """Return how a tenant words its tokens.

    Args:
        tenant: Its GUID.
        v1: The `iss` of its v1.0 tokens.
        v2: The `iss` of its v2.0 tokens.
    """
    return Dialect(
        name="entra",
        client_claims=("azp", "appid"),  # of v2.0, of v1.0
        scope_claims=("scp", "roles"),
        token_id_claim="uti",
        service_sign=_service_sign,
        objection=_Objection(tenant, v1, v2),
    )


@dataclass(frozen=True, slots=True)
class _Objection:
    """Checks that version, issuer, tenant and client of a token fit together."""

    tenant: str
    v1: str
    v2: str

    def __call__(self, claims: Mapping[str, Any]) -> str | None:
        version = claims.get("ver")
        if version == "2.0":
            issuer, client = self.v2, "azp"
        elif version == "1.0":
            issuer, client = self.v1, "appid"
        else:
            return "the claim ver is neither 1.0 nor 2.0"
        if claims.get("iss", issuer) != issuer:
            return "the claim ver doesn't fit the token's iss"
        if claims.get("tid") != self.tenant:
            return "the claim tid doesn't name the tenant that's trusted here"
        if client in claims:
            return None
        return f"the token names no client ({client}): it's no access token"


def _service_sign(claims: Mapping[str, Any]) -> bool | None:
    # `scp` is "only included for user tokens"; `idtyp` is there if the API asks.
    if "scp" in claims:
        return False
    return claims["idtyp"] == "app" if "idtyp" in claims else None


def _default_scope(target: Target) -> Target:
    named = {*target.resource, *(() if target.audience is None else (target.audience,))}
    for scope in target.scopes:
        if not scope.endswith(_DEFAULT):
            message = (
                f"scope: Entra refuses {scope!r} for client credentials (AADSTS70011); "
                "app roles are granted, not asked for: leave scope out, and pass "
                "audience= (the API's URI), or scope='{resource}/.default'"
            )
            raise ConfigurationError(message)
        named.add(scope.removesuffix(_DEFAULT))
    if len(named) != 1:
        message = (
            "audience: Entra gives a token for exactly one resource: pass audience= "
            "(the API's URI), or scope='{resource}/.default'"
        )
        raise ConfigurationError(message)
    return Target(scopes=frozenset({named.pop() + _DEFAULT}))


def _audience_alone(target: Target) -> Target:
    if target.audience is None:
        message = (
            "a method's options name no audience, which Entra needs: add audiences "
            "to its service's option (s2sauth.v1.service_auth)"
        )
        raise ConfigurationError(message)
    return Target(audience=target.audience)


def _tenant(tenant_id: object) -> str:
    try:
        return str(UUID(str(tenant_id)))
    except ValueError:
        message = (
            "tenant_id must be the tenant's GUID: tokens name their tenant by it, so "
            "neither a domain name nor 'common' can be checked"
        )
    raise ConfigurationError(message)


ENTRA_ASKING = Asking(
    mapping=_default_scope, requirement=_audience_alone, endpoint_assertions=True
)
