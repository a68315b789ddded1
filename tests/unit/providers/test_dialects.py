"""What each vendor's dialect refuses, and what it reads on request."""

from typing import Any

import pytest

from s2sauth import (
    ClientSecret,
    ConfigurationError,
    auth0,
    cognito,
    discover,
    entra,
    keycloak,
    okta,
)
from s2sauth.providers import (
    AUTH0,
    COGNITO,
    GENERIC,
    KEYCLOAK,
    OKTA,
    ClaimProblem,
    Dialect,
)
from s2sauth.server import IntrospectionVerifier, JwtVerifier
from support import vendor_tokens as tokens

POOL = {"region": "us-west-2", "user_pool_id": "us-west-2_example"}
PAY = "https://payment-service.internal"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OTHER = "fa15d692-e9c7-4460-a743-29f2956fd429"
V1 = f"https://sts.windows.net/{TENANT}/"
ENTRA = entra(TENANT).dialect


def _without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


@pytest.mark.parametrize(
    ("dialect", "claims", "words"),
    [
        (AUTH0, _without(tokens.AUTH0_USER, "azp"), "azp"),
        (COGNITO, {**tokens.COGNITO_SERVICE, "token_use": "id"}, "token_use"),
        (COGNITO, _without(tokens.COGNITO_SERVICE, "token_use"), "token_use"),
        (COGNITO, {**tokens.COGNITO_SERVICE, "token_use": ["access"]}, "token_use"),
        (COGNITO, _without(tokens.COGNITO_SERVICE, "client_id"), "client_id"),
        (OKTA, _without(tokens.OKTA_SERVICE, "cid"), "cid"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "tid": OTHER}, "tid"),
        (ENTRA, _without(tokens.ENTRA_SERVICE, "tid"), "tid"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "tid": [TENANT]}, "tid"),
        (ENTRA, _without(tokens.ENTRA_SERVICE, "ver"), "ver"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "ver": 2.0}, "ver"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "ver": ["2.0"]}, "ver"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "ver": "1.0"}, "iss"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "iss": V1}, "iss"),
        (ENTRA, _without(tokens.ENTRA_SERVICE, "azp"), "azp"),
        (ENTRA, {**tokens.ENTRA_SERVICE, "ver": "1.0", "iss": V1}, "appid"),
    ],
)
def test_what_is_no_access_token_of_the_vendors_is_refused(dialect, claims, words):
    """One claim off, and the objection names it."""
    objection = dialect.refusal(claims)
    assert objection is not None
    assert words in objection


@pytest.mark.parametrize(
    ("dialect", "claims", "expected"),
    [
        (AUTH0, {"azp": "c", "gty": "client-credentials"}, True),
        (AUTH0, {"azp": "c", "gty": "password"}, False),
        (AUTH0, {"azp": "c", "gty": ["client-credentials"]}, False),
        (AUTH0, {"azp": "c", "sub": "auth0|1"}, False),
        (AUTH0, {"client_id": "c", "sub": "c@clients"}, True),
        (AUTH0, {"client_id": "c", "sub": "d@clients"}, False),
        (ENTRA, {"idtyp": "app"}, True),
        (ENTRA, {"idtyp": "user"}, False),
        (ENTRA, {"idtyp": "device"}, False),
        (ENTRA, {"idtyp": "app", "scp": "a"}, False),
        (ENTRA, {"scp": ""}, False),
        (ENTRA, {"roles": ["a"]}, None),
        (COGNITO, {"username": "jane"}, False),
        (COGNITO, {}, True),
        (OKTA, {"uid": "00u"}, False),
        (OKTA, {}, True),
    ],
)
def test_the_sign_of_a_user(dialect, claims, expected):
    """Each vendor's sign tells a user's token from a service's."""
    assert expected is dialect.is_service(claims)


def test_okta_introspection_answers_are_read_too():
    """They say client_id and scope where tokens say cid and scp."""
    answer = {"client_id": "0oa", "scope": "a b"}
    assert ("0oa", frozenset("ab"), None) == (
        OKTA.client_id(answer),
        OKTA.scopes(answer),
        OKTA.refusal(answer),
    )


@pytest.mark.parametrize(
    ("arguments", "audience", "expected"),
    [
        ({}, {"payment-service"}, {"profile", "payments:write"}),
        ({"roles": "realm"}, set(), {"offline_access", "ops"}),
        ({"roles": "client"}, {"payment-service", PAY}, {"payer"}),
        ({"roles": "client"}, {PAY}, set()),
        ({"roles": "client", "client": "payment-service"}, {PAY}, {"payer"}),
        ({"roles": "client", "client": "nobody"}, {"payment-service"}, set()),
    ],
)
def test_keycloak_roles_are_scopes_on_request(arguments, audience, expected):
    """The realm's or one client's roles, beside the scopes; another's never."""
    provider = keycloak("https://sso.example.com", realm="r", **arguments)
    found = provider.dialect.scopes(tokens.KEYCLOAK_SERVICE, frozenset(audience))
    assert expected | {"profile", "payments:write"} == found


@pytest.mark.parametrize(
    ("roles", "claims"),
    [
        ("realm", {"realm_access": []}),
        ("realm", {"realm_access": None}),
        ("realm", {"realm_access": {"roles": "admin"}}),
        ("realm", {"realm_access": {"roles": ["a", 7]}}),
        ("client", {"resource_access": ["a"]}),
        ("client", {"resource_access": {"pay": "a"}}),
        ("client", {"resource_access": {"pay": {"roles": {"a": 1}}}}),
    ],
)
def test_keycloak_roles_of_a_wrong_type_are_a_problem(roles, claims):
    """Roles that are no list of strings aren't guessed at."""
    provider = keycloak("https://sso.example.com", realm="r", roles=roles)
    with pytest.raises(ClaimProblem, match="access"):
        provider.dialect.scopes(claims, frozenset({"pay"}))


def test_auth0_permissions_are_scopes_on_request():
    """`permissions=True` reads the RBAC claim, and it alone."""
    claims = {"azp": "c", "scope": "read", "permissions": ["read", "write"]}
    assert {"read"} == auth0("acme.auth0.com").dialect.scopes(claims)
    reading = auth0("acme.auth0.com", permissions=True).dialect
    assert {"read", "write"} == reading.scopes(claims)


def test_cognito_scopes_of_ones_own_resource_server():
    """Its prefix goes, others' stays, and a bare name can't pass for one of ours."""
    dialect = cognito(resource_server=PAY, **POOL).dialect
    claims = {"scope": f"{PAY}/payments:write other/payments:read payments:admin"}
    assert {"payments:write", "other/payments:read"} == dialect.scopes(claims)
    assert (PAY,) == dialect.audience(claims)
    assert () == dialect.audience({"scope": "other/payments:read"})


def test_a_scope_claim_of_a_wrong_type_is_named():
    """The message names the claim that the dialect looked at."""
    with pytest.raises(ClaimProblem, match="the claim roles must be"):
        ENTRA.scopes({"roles": 7})


NO_AUD = "Cognito puts no aud .*audience=None"


@pytest.mark.parametrize(
    ("provider", "audience", "words"),
    [
        (cognito(**POOL), PAY, NO_AUD),
        (cognito(**POOL), [PAY], NO_AUD),
        (cognito(resource_server="other", **POOL), PAY, NO_AUD),
        (okta("acme.okta.com", None), PAY, r"org .*okta\(domain, server="),
        (okta("acme.okta.com", None), None, r"org .*okta\(domain, server="),
    ],
)
def test_a_verifier_that_could_accept_nothing_is_refused(provider, audience, words):
    """The error says what to pass, whichever verifier it is."""
    with pytest.raises(ConfigurationError, match=words):
        JwtVerifier(provider, audience=audience)
    with pytest.raises(ConfigurationError, match=words):
        IntrospectionVerifier(
            provider, audience=audience, client_id="c", credential=ClientSecret("s")
        )


@pytest.mark.parametrize(
    ("provider", "audience"),
    [
        (cognito(**POOL), None),
        (cognito(resource_server=PAY, **POOL), None),
        (cognito(resource_server=PAY, **POOL), PAY),
        (okta("acme.okta.com"), "api://default"),
        (entra(TENANT), PAY),
        (auth0("acme.auth0.com"), PAY),
    ],
)
def test_a_verifier_that_fits_is_made(provider, audience):
    """What the vendor's tokens can say is taken."""
    assert provider.issuer == JwtVerifier(provider, audience=audience).issuer


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: auth0(""), "domain"),
        (lambda: auth0("acme.auth0.com/x"), "domain"),
        (lambda: auth0("https://u:p@acme.auth0.com"), "domain"),
        (lambda: entra("common"), "GUID"),
        (lambda: entra("contoso.onmicrosoft.com"), "GUID"),
        (lambda: entra(TENANT, authority="https://x/y"), "authority"),
        (lambda: cognito(region="us-west-2", user_pool_id="eu-west-1_x"), "region"),
        (lambda: cognito(region="us west", user_pool_id="us west_x"), "region"),
        (lambda: cognito(domain="a b", **POOL), "domain"),
        (lambda: cognito(resource_server="", **POOL), "resource_server"),
        (lambda: okta("acme.okta.com", "a/b"), "server"),
        (lambda: okta(""), "domain"),
        (lambda: keycloak("https://x", realm="r", roles="all"), "roles"),  # type: ignore[arg-type]  # refused
        (lambda: keycloak("https://x", realm="r", client="c"), "client"),
    ],
)
def test_a_bad_argument_is_named(make, words):
    """What can't be is refused when the provider is made."""
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: entra(TENANT),
        lambda: cognito(resource_server=PAY, **POOL),
        lambda: keycloak("https://x", realm="r", roles="client", client="c"),
        lambda: okta("acme.okta.com", None),
        lambda: auth0("acme.auth0.com", permissions=True),
    ],
)
def test_providers_are_values(make):
    """Two that are made alike are equal, and hash alike."""
    assert (make(), hash(make())) == (make(), hash(make()))


@pytest.mark.parametrize(
    ("authority", "v1"),
    [
        ("https://login.microsoftonline.com", "https://sts.windows.net"),
        ("https://login.microsoftonline.us", "https://sts.windows.net"),
        ("https://login.partner.microsoftonline.cn", "https://sts.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_two_issuers(authority, v1):
    """Those of learn.microsoft.com/answers/questions/1190472, v2.0's first."""
    expected = (f"{authority}/{TENANT}/v2.0", f"{v1}/{TENANT}/")
    assert expected == entra(TENANT, authority=authority).issuers


def test_assertion_audience_can_be_said():
    """What the user says wins over what the vendor wants."""
    for provider in (
        entra(TENANT, assertion_audience="urn:x"),
        auth0("acme.auth0.com", assertion_audience="urn:x"),
        cognito(assertion_audience="urn:x", **POOL),
        okta("acme.okta.com", assertion_audience="urn:x"),
        keycloak("https://x", realm="r", assertion_audience="urn:x"),
    ):
        assert provider.assertion_audience_at("https://x/token") == "urn:x"


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://acme.eu.auth0.com/", AUTH0),
        ("https://acme.eu.auth0.com", GENERIC),
        ("https://auth0.com.evil.example/", GENERIC),
        ("https://evil.example/.auth0.com/", GENERIC),
        ("https://cognito-idp.us-west-2.amazonaws.com/us-west-2_x", COGNITO),
        ("https://acme.okta.com/oauth2/default", OKTA),
        ("https://acme.oktapreview.com/oauth2/aus9o8wzkhckw9TLa0h7z", OKTA),
        ("https://acme.okta.com", okta("acme.okta.com", None).dialect),
        (entra(TENANT).issuer, ENTRA),
        ("https://sso.example.com/realms/r", GENERIC),
        ("https://login.example.com/", GENERIC),
    ],
)
def test_discovery_knows_vendors_by_their_own_domains(issuer, expected):
    """A vendor's domain brings its dialect; nothing else is guessed."""
    assert expected == discover(issuer).dialect


def test_discovery_takes_a_dialect_as_it_is_said():
    """`dialect=` wins; how the vendor wants to be asked stays."""
    found = discover("https://acme.eu.auth0.com/", dialect=KEYCLOAK)
    assert (KEYCLOAK, auth0("acme.eu.auth0.com").asking) == (
        found.dialect,
        found.asking,
    )
    assert entra(TENANT).other_issuers == discover(entra(TENANT).issuer).other_issuers


def test_a_dialect_of_ones_own_needs_two_names():
    """A new provider's dialect is its name and its claim for the client."""
    own = Dialect(name="own", client_claims=("app",), scope_claims=("permits",))
    claims = {"app": "c", "permits": "a b"}
    assert ("c", frozenset("ab"), None, None, ()) == (
        own.client_id(claims),
        own.scopes(claims),
        own.is_service(claims),
        own.refusal(claims),
        own.audience(claims),
    )
