"""Microsoft Entra ID's v2.0 endpoints, after their documentation.

learn.microsoft.com/entra/identity-platform: v2-oauth2-client-creds-grant-flow for
requests and answers, access-token-claims-reference and optional-claims-reference
(`idtyp`) for the claims, reference-error-codes for the refusals.
"""

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid4, uuid5

from s2sauth._base.strict import encode_base64url
from s2sauth.providers import Provider, entra
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects.dialect import Dialect, Grant, Refusals, Site
from s2sauth.testing.dialects.granting import Granted, asked_scopes
from s2sauth.testing.forms import Form
from s2sauth.testing.messages import OAuthRefused, Refusal

__all__ = ["ENTRA"]

_SUFFIX = "/.default"
_TRACE = "255d1aef-8c98-452f-ac51-23d051240864"
_CORRELATION = "fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7"


def _claims(grant: Grant) -> dict[str, Any]:
    """Word a grant as in a v2.0 app-only token, `idtyp` included.

    One thing can't be as it is there: the `aud` of a v2.0 token is the API's client
    id, and here it's what the API was registered as.
    """
    principal = str(uuid5(NAMESPACE_URL, f"{grant.issuer}#{grant.client_id}"))
    audience = {"aud": grant.audiences[0]} if grant.audiences else {}
    return {
        **audience,
        "iss": grant.issuer,
        "iat": grant.issued_at,
        "nbf": grant.issued_at,
        "exp": grant.expires_at,
        "aio": "E2ZgYDhQAAAA",
        "azp": grant.client_id,
        "azpacr": "1",
        "idtyp": "app",
        "oid": principal,
        "rh": "0.AAAA.",
        **({"roles": list(grant.scopes)} if grant.scopes else {}),
        "sub": principal,
        "tid": grant.issuer.split("/")[-2],
        "uti": encode_base64url(uuid4().bytes),
        "ver": "2.0",
    }


def _grant(form: Form, client: Client) -> Granted:
    """Grant every role that the client has, for the one resource in the scope."""
    wanted = asked_scopes(form)
    if form.get("resource") is not None:
        _deny(
            901002,
            "invalid_request",
            "The 'resource' request parameter is not supported.",
        )
    if not wanted:
        _deny(
            900144,
            "invalid_request",
            "The request body must contain the following parameter: 'scope'.",
        )
    if len(wanted) > 1 or not wanted[0].endswith(_SUFFIX):
        _deny(
            70011,
            "invalid_scope",
            "The provided value for the input parameter 'scope' is not valid. The "
            f"scope {' '.join(wanted)} is not valid.",
        )
    resource = wanted[0].removesuffix(_SUFFIX)
    if resource not in client.audiences:
        _deny(
            500011,
            "invalid_resource",
            f"The resource principal named {resource} was not found in the tenant.",
        )
    return Granted(client.scopes, (resource,))


def _refusal(status: int, code: int, error: str, text: str) -> Refusal:
    description = (
        f"AADSTS{code}: {text}\r\nTrace ID: {_TRACE}\r\nCorrelation ID: {_CORRELATION}"
    )
    more = {
        "error_codes": [code],
        "trace_id": _TRACE,
        "correlation_id": _CORRELATION,
    }
    return Refusal(status, error, description, more)


def _deny(code: int, error: str, text: str) -> NoReturn:
    raise OAuthRefused(_refusal(400, code, error, text))


def _introspection(_claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": False}  # never asked: there's no such endpoint


def _tenant(realm: str) -> str:
    """Return a realm's GUID: itself, or always the same one for a name."""
    try:
        return str(UUID(realm))
    except ValueError:
        return str(uuid5(NAMESPACE_DNS, realm))


def _provider(site: Site) -> Provider:
    return entra(site.realm_name, authority=site.base_url)


ENTRA = Dialect(
    name="entra",
    issuer_path="/{realm}/v2.0",
    realm_name=_tenant,
    token_format="jwt",
    paths={
        "token": "/{realm}/oauth2/v2.0/token",
        "jwks": "/{realm}/discovery/v2.0/keys",
    },
    header_type="JWT",
    claims=_claims,
    answer_extras={"ext_expires_in": 3599},
    grant=_grant,
    names_scope=False,
    introspection=_introspection,
    challenges=False,
    refusals=Refusals(
        no_credential=_refusal(
            401,
            7000218,
            "invalid_client",
            "The request body must contain the following parameter: "
            "'client_assertion' or 'client_secret'.",
        ),
        unknown_client=_refusal(
            400,
            700016,
            "unauthorized_client",
            "Application with this identifier was not found in the directory.",
        ),
        wrong_secret=_refusal(
            401,
            7000215,
            "invalid_client",
            "Invalid client secret provided. Ensure the secret being sent in the "
            "request is the client secret value, not the client secret ID.",
        ),
    ),
    provider=_provider,
)
