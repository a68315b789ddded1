"""Amazon Cognito user pools."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.providers.addresses import base_url, url_part
from s2sauth.providers.asking import Asking, Target
from s2sauth.providers.dialect import Dialect
from s2sauth.providers.provider import Provider

__all__ = ["COGNITO", "COGNITO_ASKING", "cognito"]


def cognito(
    *,
    region: str,
    user_pool_id: str,
    domain: str | None = None,
    assertion_audience: str | None = None,
    resource_server: str | None = None,
) -> Provider:
    """Return the provider of one Cognito user pool; nothing is looked up.

    Scopes are `resource-server/scope`. `audience=` and `resource=` are refused: the
    scopes say what a token is for. Access tokens have no `aud`, so a verifier's
    audience is None; `token_use` and `client_id` are checked in its place.

    Args:
        region: The pool's, such as `eu-central-1`.
        user_pool_id: Such as `eu-central-1_a1B2c3D4e`.
        domain: Where tokens are asked for: the pool's domain, the prefix of one at
            `amazoncognito.com`, or None where this service only verifies.
        assertion_audience: The `aud` of client assertions; None: the issuer. Cognito
            takes none at the time of writing.
        resource_server: The identifier of this service's own resource server: a
            verifier then reads its scopes without the prefix, takes it as the token's
            audience, and may be given it as its own, so that rules and .proto options
            are the same as with other providers. None: scopes stay as they stand.

    Raises:
        ConfigurationError: An argument is no such name, or pool and region differ.

    Source: Amazon Cognito developer guide: "Understanding the access token", "The
    token issuer endpoint" (docs.aws.amazon.com/cognito/latest/developerguide/
    token-endpoint.html), "Scopes, M2M, and resource servers", "Verifying JSON web
    tokens".
    """
    url_part(region, "region")
    if not url_part(user_pool_id, "user_pool_id").startswith(f"{region}_"):
        message = f"user_pool_id must begin with its region, as in {region}_a1B2c3D4e"
        raise ConfigurationError(message)
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    issuer = f"https://cognito-idp.{region}.{suffix}/{user_pool_id}"
    return Provider(
        issuer=issuer,
        token_url=None if domain is None else f"{_at(domain, region)}/oauth2/token",
        jwks_url=f"{issuer}/.well-known/jwks.json",
        assertion_audience=assertion_audience,
        dialect=_for(resource_server),
        asking=COGNITO_ASKING,
    )


def _at(domain: str, region: str) -> str:
    prefix = isinstance(domain, str) and domain and not {".", ":"} & set(domain)
    whole = f"{domain}.auth.{region}.amazoncognito.com" if prefix else domain
    return base_url(whole, "domain")


def _for(resource_server: str | None) -> Dialect:
    if resource_server is None:
        return COGNITO
    if not isinstance(resource_server, str) or not resource_server:
        message = "resource_server must be the identifier of a resource server"
        raise ConfigurationError(message)
    own = f"{resource_server}/"
    return replace(
        COGNITO,
        scope_reader=_OwnScopes(own),
        audience_reader=_OwnAudience(own),
        audience_objection=_NoneBut(resource_server),
    )


@dataclass(frozen=True, slots=True)
class _OwnScopes:
    """Takes the prefix off one resource server's scopes; others keep theirs.

    What has no prefix is left out: it would look like one of ours.
    """

    prefix: str

    def __call__(
        self,
        _claims: Mapping[str, Any],
        scopes: frozenset[str],
        _audience: AbstractSet[str],
    ) -> frozenset[str]:
        return frozenset(
            scope.removeprefix(self.prefix) for scope in scopes if "/" in scope
        )


@dataclass(frozen=True, slots=True)
class _OwnAudience:
    """Says that a token is for a resource server, if a scope of it is there."""

    prefix: str

    def __call__(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        scopes = COGNITO.scopes(claims)
        named = any(scope.startswith(self.prefix) for scope in scopes)
        return (self.prefix.removesuffix("/"),) if named else ()


def _service_sign(claims: Mapping[str, Any]) -> bool | None:
    return "username" not in claims


def _objection(claims: Mapping[str, Any]) -> str | None:
    if claims.get("token_use") != "access":
        return "the claim token_use says that it's no access token"
    if "client_id" not in claims:
        return "the token names no client (client_id): it's no access token"
    return None


@dataclass(frozen=True, slots=True)
class _NoneBut:
    """Lets a verifier have no audience, or its own resource server."""

    resource_server: str | None = None

    def __call__(self, audience: frozenset[str] | None) -> str | None:
        if audience is None or audience == {self.resource_server}:
            return None
        return (
            "audience: Cognito puts no aud into access tokens: pass audience=None, and "
            "ask for scopes of this service's own resource server; or name that by "
            "cognito(resource_server=), and pass the same as audience"
        )


def _with_prefix(target: Target) -> Target:
    if target.audience is None:
        return target
    prefixed = frozenset(f"{target.audience}/{scope}" for scope in target.scopes)
    return Target(scopes=prefixed)


COGNITO = Dialect(
    name="cognito",
    client_claims=("client_id",),
    service_sign=_service_sign,
    objection=_objection,
    audience_objection=_NoneBut(),
)
_BY_SCOPE = (
    "Cognito takes none for client credentials: name the resource server in the "
    'scope, as in scope="https://payment-service.internal/payments:write"'
)
COGNITO_ASKING = Asking(
    no_audience=_BY_SCOPE, no_resource=_BY_SCOPE, requirement=_with_prefix
)
