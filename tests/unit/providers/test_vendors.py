"""The table of providers: addresses, token requests, claims. A new one is a row."""

from dataclasses import dataclass, field

import pytest

from s2sauth import ConfigurationError, auth0, cognito, entra, keycloak, okta
from s2sauth.client.token_request import TokenRequest
from s2sauth.providers import Provider, Target
from s2sauth.server.claims import ClaimRules
from support import vendor_tokens as tokens
from support.vendor_tokens import Claims

PAY = "https://payment-service.internal"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
TENANT_V1 = "fa15d692-e9c7-4460-a743-29f2956fd429"
MICROSOFT = "https://login.microsoftonline.com"
COGNITO = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example"
POOL = {"region": "us-west-2", "user_pool_id": "us-west-2_example"}


@dataclass(frozen=True)
class Read:
    """A documented token, and what it must be read as. None: refused."""

    claims: Claims
    client_id: str
    scopes: str
    is_service: bool | None


@dataclass(frozen=True)
class Row:
    """One provider.

    Args:
        provider: Made as users make it.
        urls: Its issuer, token, keys and introspection addresses.
        sent: What callers name, and what is sent for it.
        refused: What callers name, and what the refusal must say.
        declared: What a .proto declares (scopes, audience), and what is sent for it.
        assertions: The `aud` of client assertions at the token endpoint.
        reads: Documented tokens.
    """

    provider: Provider
    urls: tuple[str, str, str, str | None]
    sent: dict[str, tuple[dict[str, str], Target]]
    refused: dict[str, tuple[dict[str, str], str]]
    declared: tuple[Target, str | None]
    assertions: str
    reads: dict[str, Read] = field(default_factory=dict)


def target(scope: str = "", audience: str | None = None, *resource: str) -> Target:
    return Target(scopes=frozenset(scope.split()), audience=audience, resource=resource)


SCOPE = {"scope": "payments:write"}
BOTH = {**SCOPE, "audience": PAY}

REALM = "https://sso.example.com/realms/mycompany"
OPENID = f"{REALM}/protocol/openid-connect"
ROWS = {
    "keycloak": Row(
        provider=keycloak("https://sso.example.com", realm="mycompany"),
        urls=(
            REALM,
            f"{OPENID}/token",
            f"{OPENID}/certs",
            f"{OPENID}/token/introspect",
        ),
        sent={
            "all": (
                {**BOTH, "resource": "urn:x"},
                target("payments:write", PAY, "urn:x"),
            )
        },
        refused={},
        declared=(target("payments:write", PAY), None),
        assertions=REALM,
        reads={
            "a service's": Read(
                tokens.KEYCLOAK_SERVICE, "order-service", "profile payments:write", True
            )
        },
    ),
    "auth0": Row(
        provider=auth0("my-domain.auth0.com"),
        urls=(
            "https://my-domain.auth0.com/",
            "https://my-domain.auth0.com/oauth/token",
            "https://my-domain.auth0.com/.well-known/jwks.json",
            None,
        ),
        sent={"scope and audience": (BOTH, target("payments:write", PAY))},
        refused={
            "no audience": (SCOPE, "audience: Auth0 needs it"),
            "resource": ({**BOTH, "resource": PAY}, "resource: .* pass audience="),
        },
        declared=(target("payments:write", PAY), None),
        assertions="https://my-domain.auth0.com/",
        reads={
            "a service's": Read(
                tokens.AUTH0_SERVICE, "aOQ3xxvL6m", "read:prices", True
            ),
            "a user's": Read(
                tokens.AUTH0_USER,
                "my_client_id",
                "openid profile read:patients read:admin",
                False,
            ),
            "a user's, RFC 9068": Read(
                tokens.AUTH0_RFC9068_USER,
                "my_client_id",
                "openid profile read:patients read:admin",
                False,
            ),
        },
    ),
    "entra": Row(
        provider=entra(TENANT),
        urls=(
            f"{MICROSOFT}/{TENANT}/v2.0",
            f"{MICROSOFT}/{TENANT}/oauth2/v2.0/token",
            f"{MICROSOFT}/{TENANT}/discovery/v2.0/keys",
            None,
        ),
        sent={
            "audience": ({"audience": PAY}, target(f"{PAY}/.default")),
            "resource": ({"resource": PAY}, target(f"{PAY}/.default")),
            "scope": ({"scope": "api://pay/.default"}, target("api://pay/.default")),
            "all alike": (
                {"scope": f"{PAY}/.default", "audience": PAY, "resource": PAY},
                target(f"{PAY}/.default"),
            ),
        },
        refused={
            "a plain scope": (SCOPE, "scope: .*payments:write.*AADSTS70011.*audience="),
            "a scope beside an audience": (BOTH, "granted, not asked for"),
            "nothing": ({}, "exactly one resource"),
            "two": ({"scope": "a/.default b/.default"}, "exactly one resource"),
        },
        declared=(target(f"{PAY}/.default"), "name no audience"),
        assertions=f"{MICROSOFT}/{TENANT}/oauth2/v2.0/token",
        reads={
            "a service's": Read(
                tokens.ENTRA_SERVICE,
                "6e74172b-be56-4843-9ff4-e66a39bb12e3",
                "payments:write payments:read",
                True,
            ),
            "a service's without idtyp": Read(
                {k: v for k, v in tokens.ENTRA_SERVICE.items() if k != "idtyp"},
                "6e74172b-be56-4843-9ff4-e66a39bb12e3",
                "payments:write payments:read",
                None,
            ),
            "a user's": Read(
                tokens.ENTRA_USER_V2,
                "6e74172b-be56-4843-9ff4-e66a39bb12e3",
                "access_as_user",
                False,
            ),
        },
    ),
    "entra, v1.0 tokens of a US Government tenant": Row(
        provider=entra(
            TENANT_V1.upper(), authority="https://login.microsoftonline.us/"
        ),
        urls=(
            f"https://login.microsoftonline.us/{TENANT_V1}/v2.0",
            f"https://login.microsoftonline.us/{TENANT_V1}/oauth2/v2.0/token",
            f"https://login.microsoftonline.us/{TENANT_V1}/discovery/v2.0/keys",
            None,
        ),
        sent={"audience": ({"audience": PAY}, target(f"{PAY}/.default"))},
        refused={},
        declared=(target(f"{PAY}/.default"), "name no audience"),
        assertions=f"https://login.microsoftonline.us/{TENANT_V1}/oauth2/v2.0/token",
        reads={
            "a user's": Read(
                tokens.ENTRA_USER_V1,
                "75dbe77f-10a3-4e59-85fd-8c127544f17c",
                "user_impersonation",
                False,
            )
        },
    ),
    "cognito": Row(
        provider=cognito(domain="acme", **POOL),
        urls=(
            COGNITO,
            "https://acme.auth.us-west-2.amazoncognito.com/oauth2/token",
            f"{COGNITO}/.well-known/jwks.json",
            None,
        ),
        sent={
            "scope": (
                {"scope": f"{PAY}/payments:write"},
                target(f"{PAY}/payments:write"),
            ),
            "nothing": ({}, target()),
        },
        refused={
            "audience": (BOTH, "audience: Cognito takes none.*scope="),
            "resource": ({"resource": PAY}, "resource: Cognito takes none.*scope="),
        },
        declared=(target(f"{PAY}/payments:write"), None),
        assertions=COGNITO,
        reads={
            "a service's": Read(
                tokens.COGNITO_SERVICE,
                "57cbishk4j24pabc1234567890",
                "sample/read",
                True,
            ),
            "a user's": Read(
                tokens.COGNITO_USER,
                "57cbishk4j24pabc1234567890",
                "aws.cognito.signin.user.admin",
                False,
            ),
        },
    ),
    "okta": Row(
        provider=okta("dev-819633.oktapreview.com"),
        urls=(
            "https://dev-819633.oktapreview.com/oauth2/default",
            "https://dev-819633.oktapreview.com/oauth2/default/v1/token",
            "https://dev-819633.oktapreview.com/oauth2/default/v1/keys",
            "https://dev-819633.oktapreview.com/oauth2/default/v1/introspect",
        ),
        sent={"scope": (SCOPE, target("payments:write"))},
        refused={
            "audience": (BOTH, r"audience: .*okta\(domain, server=\)"),
            "resource": ({**SCOPE, "resource": PAY}, r"resource: .*okta\(domain"),
        },
        declared=(target("payments:write"), None),
        assertions="https://dev-819633.oktapreview.com/oauth2/default/v1/token",
        reads={
            "a service's": Read(
                tokens.OKTA_SERVICE, "0oaiox8bmsBKVXku30h7", "customScope", True
            ),
            "a user's": Read(
                tokens.OKTA_USER,
                "nmdP1fcyvdVO11AL7ECm",
                "openid email flights custom",
                False,
            ),
        },
    ),
}


def _each(column):
    return [
        pytest.param(row, case, id=f"{name}: {case}")
        for name, row in ROWS.items()
        for case in getattr(row, column)
    ]


def _rules(provider: Provider, claims: Claims) -> ClaimRules:
    named = claims.get("aud")
    audiences = [named] if isinstance(named, str) else named
    return ClaimRules(
        issuer=provider.issuer,
        other_issuers=provider.other_issuers,
        audience=None if audiences is None else frozenset(audiences),
        dialect=provider.dialect,
        leeway=0.0,
        users=True,
    )


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_endpoints_stand_where_the_vendor_says(row):
    """Issuer, token, keys and introspection are at the documented addresses."""
    provider = row.provider
    assert row.urls == (
        provider.issuer,
        provider.token_url,
        provider.jwks_url,
        provider.introspection_url,
    )


@pytest.mark.parametrize(("row", "case"), _each("sent"))
def test_what_is_named_is_sent_as_the_vendor_wants_it(row, case):
    """Scope, audience and resource are sent, or mapped into the scope."""
    named, expected = row.sent[case]
    request = TokenRequest.of(**named).to(row.provider.asking)
    assert expected == Target(
        scopes=request.scopes, audience=request.audience, resource=request.resource
    )


@pytest.mark.parametrize(("row", "case"), _each("refused"))
def test_what_the_vendor_takes_not_is_refused_with_the_way(row, case):
    """The refusal names the argument, and what to do in its place."""
    named, words = row.refused[case]
    with pytest.raises(ConfigurationError, match=words):
        TokenRequest.of(**named).to(row.provider.asking)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_a_proto_declares_becomes_a_request(row):
    """A declared scope and audience end in a request that the provider takes."""
    expected, _ = row.declared
    asking = row.provider.asking
    assert expected == asking.request(
        asking.required(frozenset({"payments:write"}), PAY)
    )


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_declaration_without_an_audience(row):
    """It's enough where the provider needs none; else the error says what lacks."""
    asking = row.provider.asking
    words = row.declared[1]
    if words is None:
        required = asking.required(frozenset({"payments:write"}), None)
        assert target("payments:write") == required
    else:
        with pytest.raises(ConfigurationError, match=words):
            asking.required(frozenset({"payments:write"}), None)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_assertions_are_addressed_as_the_vendor_wants(row):
    """The issuer in general, the endpoint itself for some; `assertion_audience` wins."""
    provider = row.provider
    assert row.assertions == provider.assertion_audience_at(provider.token_url)


@pytest.mark.parametrize(("row", "case"), _each("reads"))
def test_documented_tokens_are_read(row, case):
    """A verifier's rules make of the vendor's own example what it says there."""
    read = row.reads[case]
    claims = dict(read.claims)
    rules = _rules(row.provider, claims)
    rules.check_issuer(claims)
    identity, _ = rules.judge(claims, now=float(claims["iat"]))

    assert (read.client_id, frozenset(read.scopes.split()), read.is_service) == (
        identity.client_id,
        identity.scopes,
        identity.is_service,
    )
    assert (read.claims["iss"], read.claims["sub"]) == (
        identity.issuer,
        identity.subject,
    )
    assert read.claims.get("jti", read.claims.get("uti")) == identity.token_id
