"""Every provider end to end: a token, its verification, and what the vendor refuses.

The SDK's manager and verifier over real sockets, at an embedded server that judges
and words things as the vendor's documentation says. A new provider is a row.
"""

import base64
import json
from dataclasses import dataclass, field, replace

import pytest
import requests

from s2sauth import (
    ClientSecret,
    ConfigurationError,
    TokenManager,
    cognito,
    keycloak,
)
from s2sauth.errors import InvalidClient, Reason, TokenRequestRefused, Unauthenticated
from s2sauth.policy import Policy
from s2sauth.server import IntrospectionVerifier, IssuerRouter, JwtVerifier
from s2sauth.testing import AuthorizationServer
from support import vendor_tokens as tokens

PAY = "https://payment-service.internal"
OWN = f"{PAY}/payments:write"
SECRET = "s3cr3t+/%&=é"


@dataclass(frozen=True)
class Row:
    """One dialect.

    Args:
        asked: What callers name for a token.
        granted: The scopes that the client has there.
        audience: The verifier's.
        scopes: What an identity's scopes are for `asked`.
        example: A service's token in the vendor's documentation.
        wrong_secret: Status and `error` of the vendor's answer.
        wrong_scope: A form that goes too far, past the SDK's own checks, and what
            the vendor answers.
        spoilt: Claims of tokens that a verifier refuses, and why.
        untold: Claims of the example that the vendor leaves out by default.
    """

    asked: dict[str, str]
    granted: tuple[str, ...] = ("payments:write",)
    audience: str | None = PAY
    scopes: frozenset[str] = frozenset({"payments:write"})
    example: tokens.Claims = field(default_factory=dict)
    wrong_secret: tuple[int, str] = (401, "invalid_client")
    wrong_scope: tuple[dict[str, str], int, str] = (
        {"scope": "payments:refund"},
        400,
        "invalid_scope",
    )
    spoilt: tuple[tuple[tokens.Claims, Reason], ...] = ()
    untold: frozenset[str] = frozenset()


ROWS = {
    "generic": Row(asked={"scope": "payments:write", "audience": PAY}),
    "keycloak": Row(
        asked={"scope": "payments:write"},
        example=tokens.KEYCLOAK_SERVICE,
        wrong_secret=(401, "unauthorized_client"),
        spoilt=(
            ({"typ": "ID"}, Reason.TOKEN_TYPE),
            ({"sid": "a session"}, Reason.USER_TOKEN),
        ),
        untold=frozenset({"realm_access", "resource_access"}),  # roles, if it has any
    ),
    "auth0": Row(
        asked={"scope": "payments:write", "audience": PAY},
        example=tokens.AUTH0_SERVICE,
        wrong_secret=(401, "access_denied"),
        wrong_scope=(
            {"scope": "payments:refund", "audience": PAY},
            403,
            "access_denied",
        ),
        spoilt=(
            ({"gty": "password"}, Reason.USER_TOKEN),
            ({"gty": None, "sub": "auth0|123456"}, Reason.USER_TOKEN),
            ({"azp": None}, Reason.TOKEN_TYPE),
            ({"aud": "https://other"}, Reason.AUDIENCE),
        ),
    ),
    "entra": Row(
        asked={"audience": PAY},
        example=tokens.ENTRA_SERVICE,
        wrong_scope=({"scope": "payments:write"}, 400, "invalid_scope"),
        spoilt=(
            ({"tid": "72f988bf-86f1-41af-91ab-2d7cd011db47"}, Reason.TOKEN_TYPE),
            ({"ver": "1.0"}, Reason.TOKEN_TYPE),
            ({"azp": None}, Reason.TOKEN_TYPE),
            ({"idtyp": "user"}, Reason.USER_TOKEN),
            ({"idtyp": None, "scp": "a"}, Reason.USER_TOKEN),
            ({"roles": "a b", "exp": "soon"}, Reason.TOKEN_CLAIMS),
        ),
    ),
    "cognito": Row(
        asked={"scope": OWN},
        granted=(OWN,),
        audience=None,
        scopes=frozenset({OWN}),
        example=tokens.COGNITO_SERVICE,
        wrong_secret=(400, "invalid_client"),
        wrong_scope=({"scope": f"{PAY}/payments:refund"}, 400, "invalid_scope"),
        spoilt=(
            ({"token_use": "id"}, Reason.TOKEN_TYPE),
            ({"aud": "an-app-client"}, Reason.AUDIENCE),
            ({"username": "jane"}, Reason.USER_TOKEN),
        ),
    ),
    "okta": Row(
        asked={"scope": "payments:write"},
        example=tokens.OKTA_SERVICE,
        spoilt=(
            ({"uid": "00ujmkLgagxeRrAg20g3"}, Reason.USER_TOKEN),
            ({"cid": None}, Reason.TOKEN_TYPE),
            ({"aud": "api://default"}, Reason.AUDIENCE),
        ),
    ),
}


@pytest.fixture(scope="module", params=ROWS)
def running(request):
    """A server of one dialect, and its row."""
    row = ROWS[request.param]
    with AuthorizationServer(request.param, token_format="jwt") as idp:
        idp.add_client("order-service", SECRET, scopes=row.granted, audiences=[PAY])
        yield idp, row


def _manager(idp, secret=SECRET, **options):
    return TokenManager(
        idp.provider,
        client_id="order-service",
        credential=ClientSecret(secret, **options),
    )


def _verifier(idp, row):
    return JwtVerifier(idp.provider, audience=row.audience)


def _claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _post(idp, **form):
    fields = {
        "grant_type": "client_credentials",
        "client_id": "order-service",
        "client_secret": SECRET,
        **form,
    }
    answer = requests.post(idp.url("token"), data=fields, timeout=10)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("method", ["basic", "post"])
def test_token_and_verification(running, method):
    """A token is got as the vendor gives it, and an identity looks alike everywhere."""
    idp, row = running
    with _manager(idp, method=method) as manager:
        token = manager.source(**row.asked).get()
    identity = _verifier(idp, row).verify(token.value)

    assert ("order-service", row.scopes, idp.issuer) == (
        identity.client_id,
        identity.scopes,
        identity.issuer,
    )
    assert (() if row.audience is None else (PAY,)) == identity.audience
    assert identity.is_service is (
        None if idp.provider.dialect.name == "generic" else True
    )


def test_a_wrong_secret_is_refused_in_the_vendors_words(running):
    """Whatever the vendor calls it, it's an InvalidClient."""
    idp, row = running
    with _manager(idp, secret="wrong") as manager:
        with pytest.raises(InvalidClient) as caught:
            manager.source(**row.asked).get()
    status, answer = _post(idp, client_secret="wrong", **row.asked)

    assert row.wrong_secret[1] == caught.value.error
    assert row.wrong_secret == (status, answer["error"])


def test_a_wrong_scope_is_refused_in_the_vendors_words(running):
    """What the client wasn't granted is refused, and no token comes."""
    idp, row = running
    form, status, error = row.wrong_scope
    answer = _post(idp, **form)

    assert (status, error) == (answer[0], answer[1]["error"])
    assert "access_token" not in answer[1]


def test_a_wrong_scope_through_the_sdk(running):
    """It's refused at `source()` where the provider takes no such thing, or at once."""
    idp, row = running
    form, _, error = row.wrong_scope
    with _manager(idp) as manager:
        if "AADSTS" in json.dumps(_post(idp, **form)[1]):
            with pytest.raises(ConfigurationError, match="AADSTS70011"):
                manager.source(**form)
        else:
            with pytest.raises(TokenRequestRefused) as caught:
                manager.source(**form).get()
            assert error == caught.value.error


def test_spoilt_claims_are_refused(running):
    """Another's tenant, an ID token, a user's: each by its own reason."""
    idp, row = running
    verifier = _verifier(idp, row)
    found = []
    for changes, _ in row.spoilt:
        with pytest.raises(Unauthenticated) as caught:
            verifier.verify(idp.mint("order-service", **changes))
        found.append((changes, caught.value.reason))

    assert list(row.spoilt) == found


def test_claims_are_shaped_as_in_the_vendors_example(running):
    """A token says what the documented one says, and each thing in the same type."""
    idp, row = running
    with _manager(idp) as manager:
        claims = _claims(manager.source(**row.asked).get().value)
    documented = {
        name: type(value)
        for name, value in row.example.items()
        if name not in row.untold
    }

    assert documented == {name: type(claims.get(name)) for name in documented}
    assert ("aud" in claims) is (row.audience is not None)


class Noting:
    """A credential that notes to whom it proves who we are."""

    def __init__(self):
        self.audiences = []
        self._secret = ClientSecret(SECRET)

    def authenticate(self, context):
        self.audiences.append(context.assertion_audience)
        return self._secret.authenticate(context)

    def version(self):
        return self._secret.version()


def test_assertions_are_addressed_as_the_vendor_wants(running):
    """Okta's and Entra's to the endpoint that's invoked, others' to the issuer."""
    idp, row = running
    provider, noting = idp.provider, Noting()
    by_endpoint = provider.dialect.name in {"entra", "okta"}
    with TokenManager(
        provider, client_id="order-service", credential=noting
    ) as manager:
        token = manager.source(**row.asked).get()
    expected = [provider.token_url if by_endpoint else provider.issuer]
    if provider.introspection_url is not None:
        IntrospectionVerifier(
            provider, audience=PAY, client_id="order-service", credential=noting
        ).verify(token.value)
        expected += [provider.introspection_url if by_endpoint else provider.issuer]

    assert expected == noting.audiences


@pytest.fixture
def served(request):
    """A server of the dialect that the test names."""
    with AuthorizationServer(request.param) as idp:
        idp.add_client(
            "order-service", SECRET, scopes=["a", "b"], audiences=[PAY, "api://x"]
        )
        yield idp


@pytest.mark.parametrize("served", ["auth0"], indirect=True)
def test_auth0_wants_an_audience_that_the_client_has(served):
    """Without one, and for another's API, the answer is 403 access_denied."""
    missing, foreign = _post(served), _post(served, audience="https://other")
    status, answer = _post(served, audience=PAY)

    assert [403, 403, 200] == [missing[0], foreign[0], status]
    assert "No audience parameter" in missing[1]["error_description"]
    assert "not authorized" in foreign[1]["error_description"]
    assert "a b" == answer["scope"]


@pytest.mark.parametrize(
    ("form", "code", "error"),
    [
        ({}, 900144, "invalid_request"),
        ({"scope": "a"}, 70011, "invalid_scope"),
        ({"scope": f"{PAY}/.default api://x/.default"}, 70011, "invalid_scope"),
        ({"scope": f"{PAY}/a"}, 70011, "invalid_scope"),
        ({"scope": "https://other/.default"}, 500011, "invalid_resource"),
        ({"scope": f"{PAY}/.default", "resource": PAY}, 901002, "invalid_request"),
        ({"scope": f"{PAY}/.default", "client_secret": "x"}, 7000215, "invalid_client"),
        ({"scope": f"{PAY}/.default", "client_secret": ""}, 7000218, "invalid_client"),
        ({"scope": f"{PAY}/.default", "client_id": "x"}, 700016, "unauthorized_client"),
    ],
)
@pytest.mark.parametrize("served", ["entra"], indirect=True)
def test_entra_refuses_with_its_codes(served, form, code, error):
    """The answer names Microsoft's code, in words and as a number."""
    _, answer = _post(served, **form)

    assert (error, [code]) == (answer["error"], answer["error_codes"])
    assert answer["error_description"].startswith(f"AADSTS{code}: ")


@pytest.mark.parametrize("served", ["entra"], indirect=True)
def test_entra_grants_roles_that_nobody_asked_for(served):
    """Every role comes along with `.default`, for the one resource that it names."""
    with _manager(served) as manager:
        token = manager.source(audience="api://x").get()
        same = manager.source(scope="api://x/.default").get()
    claims = _claims(token.value)

    assert token is same  # equal requests share one token, however they're named
    assert (["a", "b"], "api://x", "2.0", "app") == tuple(
        claims[name] for name in ("roles", "aud", "ver", "idtyp")
    )


@pytest.mark.parametrize("served", ["entra"], indirect=True)
def test_entra_v1_tokens_are_verified_too(served):
    """An API whose manifest says 1 gets v1.0 tokens, by another issuer."""
    provider = served.provider
    old = provider.other_issuers[0]
    changes = {"iss": old, "ver": "1.0", "appid": "order-service", "azp": None}
    verifier = JwtVerifier(provider, audience=PAY)
    identity = verifier.verify(served.mint("order-service", aud=PAY, **changes))

    assert (old, "order-service", frozenset("ab")) == (
        identity.issuer,
        identity.client_id,
        identity.scopes,
    )
    assert {provider.issuer, old} == set(verifier.issuers)
    router = IssuerRouter(verifier)
    another = served.mint("order-service", aud=PAY, **changes)
    assert identity.client_id == router.verify(another).client_id
    with pytest.raises(ConfigurationError, match="two verifiers"):
        IssuerRouter(verifier, JwtVerifier(provider, audience=PAY))


@pytest.mark.parametrize("served", ["cognito"], indirect=True)
def test_cognito_ignores_targets_and_names_no_scope(served):
    """Its tokens have no `aud` whatever is asked for, and its answers no `scope`."""
    status, answer = _post(served, audience=PAY, resource=PAY, scope="a")
    claims = _claims(answer["access_token"])

    assert (200, False, "a", False) == (
        status,
        "scope" in answer,
        claims["scope"],
        "aud" in claims,
    )


@pytest.mark.parametrize("served", ["okta"], indirect=True)
def test_okta_wants_a_scope(served):
    """Without one, the answer is invalid_scope and says so."""
    status, answer = _post(served)

    assert (400, "invalid_scope") == (status, answer["error"])
    assert "'scope' must be provided" in answer["error_description"]


@pytest.mark.parametrize("served", ["okta"], indirect=True)
def test_okta_answers_introspection_in_other_words(served):
    """`client_id` and `scope` there make the same identity as `cid` and `scp`."""
    served.add_client("payment-service", SECRET)
    with _manager(served) as manager:
        token = manager.source(scope="a").get()
    asking = IntrospectionVerifier(
        served.provider,
        audience=PAY,
        client_id="payment-service",
        credential=ClientSecret(SECRET),
    )
    offline = JwtVerifier(served.provider, audience=PAY)
    one, other = (verifier.verify(token.value) for verifier in (asking, offline))

    assert (one.client_id, one.scopes, one.is_service) == (
        other.client_id,
        other.scopes,
        other.is_service,
    )
    assert ("order-service", frozenset("a"), True) == (
        other.client_id,
        other.scopes,
        other.is_service,
    )


@pytest.mark.parametrize("name", ROWS)
def test_an_endpoint_that_the_vendor_has_not(name):
    """Neither server nor provider has it, and asking for it says so."""
    with AuthorizationServer(name) as idp:
        if idp.provider.introspection_url is None:
            with pytest.raises(ConfigurationError, match=name):
                idp.url("introspection")
        else:
            assert idp.provider.introspection_url == idp.url("introspection")
        document = requests.get(
            f"{idp.issuer.rstrip('/')}/.well-known/openid-configuration", timeout=10
        ).json()

    assert document.get("introspection_endpoint") == idp.provider.introspection_url


@pytest.mark.parametrize("roles", ["realm", "client"])
@pytest.mark.parametrize("served", ["keycloak"], indirect=True)
def test_keycloak_roles_reach_the_identity(served, roles):
    """With `roles=`, a rule may ask for a role of the realm, or of this service."""
    reading = keycloak("https://sso.example.com", realm="test", roles=roles).dialect
    verifier = JwtVerifier(replace(served.provider, dialect=reading), audience=PAY)
    token = served.mint(
        "order-service",
        realm_access={"roles": ["realm"]},
        resource_access={PAY: {"roles": ["client"]}, "x": {"roles": ["other"]}},
    )

    assert frozenset({"a", "b", roles}) == verifier.verify(token).scopes


def _own(idp):
    """Return the provider as a service's own verifier has it."""
    if idp.provider.dialect.name != "cognito":
        return idp.provider
    pool = idp.issuer.rpartition("/")[2]
    own = cognito(region="us-east-1", user_pool_id=pool, resource_server=PAY)
    return replace(idp.provider, dialect=own.dialect)


@pytest.mark.grpc
def test_what_a_proto_declares_is_asked_for_and_accepted(running):
    """One .proto drives the caller's request and the callee's policy, everywhere."""
    from shop.v1 import payments_pb2

    idp, _ = running
    charge = "/shop.v1.Payments/Charge"
    verifier = JwtVerifier(_own(idp), audience=PAY)
    with _manager(idp) as manager:
        source = manager.sources_for(payments_pb2).source_for(charge)
        identity = verifier.verify(source.get().value)
    policy = Policy.from_protos(payments_pb2)

    scopes = frozenset({"payments:write"})
    assert (scopes, (PAY,)) == (identity.scopes, identity.audience)
    assert policy.refusal(charge, identity) is None
    assert policy.refusal("/shop.v1.Payments/List", identity) is not None


def test_a_scope_of_another_resource_server_is_not_ours():
    """At Cognito, where scopes alone say whom a token is for, another's isn't taken."""
    with AuthorizationServer("cognito") as idp:
        idp.add_client("order-service", SECRET, scopes=["other/payments:write"])
        verifier = JwtVerifier(_own(idp), audience=PAY)
        with pytest.raises(Unauthenticated) as caught:
            verifier.verify(idp.mint("order-service"))

    assert caught.value.reason is Reason.AUDIENCE
