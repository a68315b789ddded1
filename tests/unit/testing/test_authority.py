"""The server without its sockets: grants, and what the dialects make of them."""

import base64
import json
from dataclasses import replace
from email.message import Message
from urllib.parse import quote_plus, urlencode

import pytest
from jose import jwk

from s2sauth.errors import ConfigurationError
from s2sauth.testing import FakeClock
from s2sauth.testing.authority import Authority
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects import (
    DIALECTS,
    GENERIC,
    KEYCLOAK,
    RfcGrant,
    dialect_named,
)
from s2sauth.testing.keys import new_signing_key
from s2sauth.testing.messages import Request

NOW = 1_700_000_000
BASE = "https://idp.example"
STRICT = (GENERIC, KEYCLOAK)  # those that do as the RFCs say
ORDER = Client(
    client_id="order",
    secret="s",
    scopes=("a", "b"),
    audiences=("https://pay", "https://ship"),
)


def _authority(dialect=KEYCLOAK, **options):
    settings = {
        "token_lifetime": 300,
        "token_format": "jwt",
        "signing_algorithm": "ES256",
        "clock": FakeClock(wall=NOW + 0.75),
        **options,
    }
    authority = Authority(dialect, "shop", lambda: BASE, **settings)
    authority.clients.add(ORDER)
    return authority


def _post(authority, endpoint, *fields, client=ORDER):
    url = authority.site().url(endpoint)
    headers = Message()
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    body = urlencode(fields).encode()
    path = url.removeprefix(BASE)
    answer = authority.answer(Request("POST", path, "", headers, body))
    return answer.status, json.loads(answer.body or b"{}")


def _token(authority, *fields, client=ORDER):
    grant = ("grant_type", "client_credentials")
    return _post(authority, "token", grant, *fields, client=client)


def _parts(token):
    header, claims, _ = token.split(".")
    return [
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in (header, claims)
    ]


def _forge(authority, client=ORDER, **changes):
    arguments = {
        "lifetime": 300,
        "headers": {},
        "key": None,
        "token_format": None,
        **changes,
    }
    claims = arguments.pop("claims", {})
    return authority.mint.forge(client, claims, **arguments)


def test_keycloak_words_its_tokens_like_keycloak():
    """Header, claims and answer are those that a real Keycloak 26 was seen to give."""
    authority = _authority()
    status, answer = _token(authority, ("scope", "b"))
    header, claims = _parts(answer.pop("access_token"))

    assert (200, {"alg": "ES256", "typ": "JWT", "kid": authority.keys.current.kid}) == (
        status,
        header,
    )
    assert {
        "expires_in": 300,
        "refresh_expires_in": 0,
        "not-before-policy": 0,
        "token_type": "Bearer",
        "scope": "b",
    } == answer
    assert {
        "iss": f"{BASE}/realms/shop",
        "aud": ["https://pay", "https://ship"],
        "azp": "order",
        "client_id": "order",
        "scope": "b",
        "typ": "Bearer",
        "iat": NOW,
        "exp": NOW + 300,
        "preferred_username": "service-account-order",
    }.items() <= claims.items()
    assert ("trrtcc:", True, False, False) == (
        claims["jti"][:7],
        claims["sub"] not in ("", "order"),
        "nbf" in claims,
        "sid" in claims,
    )


def test_generic_words_its_tokens_by_rfc_9068():
    """The generic dialect's JWTs are RFC 9068's: at+jwt, sub, client_id, scope, jti."""
    authority = _authority(GENERIC)
    _, answer = _token(authority, ("scope", "b a"))
    header, claims = _parts(answer.pop("access_token"))

    assert {"expires_in": 300, "token_type": "Bearer", "scope": "b a"} == answer
    assert "at+jwt" == header["typ"]
    assert len(claims.pop("jti")) == 36
    assert {
        "iss": BASE,
        "sub": "order",
        "aud": ["https://pay", "https://ship"],
        "client_id": "order",
        "iat": NOW,
        "exp": NOW + 300,
        "scope": "b a",
    } == claims


@pytest.mark.parametrize(
    ("audiences", "expected"),
    [((), None), (("x",), "x"), (("x", "y"), ["x", "y"])],
)
@pytest.mark.parametrize("dialect", STRICT, ids=lambda dialect: dialect.name)
def test_the_audience_is_absent_a_string_or_a_list(dialect, audiences, expected):
    """None, one, and several audiences are three forms of `aud`."""
    authority = _authority(dialect)
    client = replace(ORDER, audiences=audiences)
    authority.clients.add(client)
    _, answer = _token(authority)

    assert expected == _parts(answer["access_token"])[1].get("aud")


@pytest.mark.parametrize(
    ("dialect", "expected"), [(KEYCLOAK, ("", "")), (GENERIC, (None, None))]
)
def test_a_client_without_scopes_gets_none(dialect, expected):
    """Keycloak says so with an empty scope, RFC 6749 with none at all."""
    authority = _authority(dialect)
    authority.clients.add(replace(ORDER, scopes=()))
    _, answer = _token(authority)

    assert expected == (
        answer.get("scope"),
        _parts(answer["access_token"])[1].get("scope"),
    )


@pytest.mark.parametrize(
    ("asked", "granted"),
    [((), "a b"), (("a",), "a"), (("b a",), "b a"), (("a a",), "a"), (("",), "a b")],
)
def test_scopes_are_those_asked_for(asked, granted):
    """A request gets the scopes that it names; one that names none gets them all."""
    fields = [("scope", scope) for scope in asked]

    assert granted == _token(_authority(), *fields)[1]["scope"]


@pytest.mark.parametrize("scope", ["c", "a c", "A", 'a"', "a\tb"])
@pytest.mark.parametrize("dialect", STRICT, ids=lambda dialect: dialect.name)
def test_a_scope_that_may_not_be_had_is_refused(dialect, scope):
    """One scope too many refuses the whole request."""
    status, answer = _token(_authority(dialect), ("scope", scope))

    assert (400, "invalid_scope") == (status, answer["error"])


def test_a_dialect_can_drop_scopes_in_silence():
    """RFC 6749 §3.3 allows that too, and the answer says what was granted."""
    status, answer = _token(
        _authority(replace(GENERIC, grant=RfcGrant(drops_scopes=True))),
        ("scope", "c b"),
    )

    assert (200, "b") == (status, answer["scope"])


@pytest.mark.parametrize("name", ["audience", "resource"])
def test_generic_honours_targets(name):
    """A token is for the targets asked for, where the client may have them."""
    authority = _authority(GENERIC)
    _, one = _token(authority, (name, "https://ship"))
    _, two = _token(authority, (name, "https://ship"), (name, "https://pay"))

    assert ("https://ship", ["https://ship", "https://pay"]) == tuple(
        _parts(answer["access_token"])[1]["aud"] for answer in (one, two)
    )


@pytest.mark.parametrize(
    "field",
    [
        ("audience", "https://other"),
        ("resource", "https://other"),
        ("resource", "https://pay#x"),
        ("resource", "ship"),
        ("resource", "https://["),
    ],
)
def test_other_targets_are_refused(field):
    """RFC 8707 §2: what's no URI, or not this client's, is an invalid target."""
    status, answer = _token(_authority(GENERIC), field)

    assert (400, "invalid_target") == (status, answer["error"])


@pytest.mark.parametrize("target", ["pay", "https://pay#x", "https://["])
def test_a_resource_must_be_a_uri(target):
    """An audience is any name; a resource is an absolute URI without a fragment."""
    authority = _authority(GENERIC)
    authority.clients.add(replace(ORDER, audiences=(target,)))

    assert [200, 400] == [
        _token(authority, (name, target))[0] for name in ("audience", "resource")
    ]


def test_keycloak_ignores_targets():
    """Keycloak takes audiences from mappers, whatever the request says."""
    _, answer = _token(_authority(), ("audience", "https://other"), ("resource", "x"))

    assert ["https://pay", "https://ship"] == _parts(answer["access_token"])[1]["aud"]


def test_clients_override_the_server():
    """Lifetime and format are the client's, where it has them."""
    authority = _authority(GENERIC)
    authority.clients.add(replace(ORDER, token_lifetime=30, token_format="opaque"))
    _, answer = _token(authority)

    assert (30, 0) == (answer["expires_in"], answer["access_token"].count("."))


def test_a_part_of_a_second_is_kept():
    """Lifetimes that are no whole seconds end when they say."""
    authority = _authority(token_lifetime=0.5)
    _, answer = _token(authority)

    assert (0.5, NOW + 1.25) == (
        answer["expires_in"],
        _parts(answer["access_token"])[1]["exp"],
    )


@pytest.mark.parametrize(
    "dialect", [KEYCLOAK, GENERIC], ids=lambda dialect: dialect.name
)
def test_introspection_says_what_the_token_says(dialect):
    """A live token's claims come back, with active and token_type."""
    authority = _authority(dialect)
    token = _token(authority)[1]["access_token"]
    _, answer = _post(authority, "introspection", ("token", token))

    assert {"active": True, "token_type": "Bearer", **_parts(token)[1]}.items() <= (
        answer.items()
    )


def test_introspection_knows_dead_tokens():
    """Ended, revoked, unknown, and of a removed key: all are inactive, and no more."""
    clock = FakeClock(wall=NOW)
    authority = _authority(clock=clock)
    tokens = [_token(authority)[1]["access_token"] for _ in range(3)]
    authority.ledger.revoke(tokens[0])

    def answers():
        every = [*tokens, "unknown"]
        return [_post(authority, "introspection", ("token", one))[1] for one in every]

    dead = {"active": False}
    assert [True, False, False, True] == [answer == dead for answer in answers()]
    authority.keys.rotate(keep_old=False, algorithm=None)
    assert [dead] * 4 == answers()
    tokens.append(_token(authority)[1]["access_token"])
    assert answers()[3]["active"] is True
    clock.advance(300)
    assert dead == answers()[3]


@pytest.mark.parametrize(
    ("dialect", "error"),
    [(KEYCLOAK, "invalid_client"), (GENERIC, "invalid_request")],
    ids=["keycloak", "generic"],
)
def test_a_client_revokes_its_own_tokens_only(dialect, error):
    """RFC 7009 §2.1: another client's token stays; an unknown one is no error."""
    authority = _authority(dialect)
    other = Client(client_id="other", secret="o")
    authority.clients.add(other)
    token = _token(authority)[1]["access_token"]

    def revoke(client, value):
        status, answer = _post(authority, "revocation", ("token", value), client=client)
        live = _post(authority, "introspection", ("token", token))[1]["active"]
        return status, answer.get("error"), live

    assert (400, error, True) == revoke(other, token)
    assert (200, None, True) == revoke(other, "unknown")
    assert (200, None, False) == revoke(ORDER, token)


def test_a_minted_token_says_anything():
    """Claims of any type, claims left out, header members changed or left out."""
    authority = _authority()
    token = _forge(
        authority,
        claims={"aud": 5, "exp": "soon", "iss": None, "x": {"y": [1]}},
        headers={"typ": None, "crit": ["x"], "kid": "other"},
    )
    header, claims = _parts(token)

    assert {"alg": "ES256", "crit": ["x"], "kid": "other"} == header
    assert (5, "soon", {"y": [1]}, False, "a b") == (
        claims["aud"],
        claims["exp"],
        claims["x"],
        "iss" in claims,
        claims["scope"],
    )


def test_a_minted_token_can_be_over():
    """A negative lifetime ended in the past, and began a usual one before."""
    claims = _parts(_forge(_authority(), lifetime=-60))[1]

    assert (NOW - 60, NOW - 360) == (claims["exp"], claims["iat"])


def test_a_minted_token_is_known_to_introspection():
    """What the server signed itself, it knows."""
    authority = _authority()
    token = _forge(authority, claims={"x": 1})

    assert 1 == _post(authority, "introspection", ("token", token))[1]["x"]


def test_a_forged_token_has_the_right_name_and_the_wrong_signature():
    """A foreign key's token names the server's key, doesn't verify, and is unknown."""
    authority = _authority()
    own = authority.keys.current
    forged = _forge(authority, key=new_signing_key("ES256"))
    genuine = _forge(authority)

    def holds(token):
        signed, _, signature = token.rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        return jwk.construct(own.jwk(), "ES256").verify(signed.encode(), raw)

    assert [own.kid, own.kid] == [_parts(one)[0]["kid"] for one in (forged, genuine)]
    assert (False, True) == (holds(forged), holds(genuine))
    assert {"active": False} == _post(authority, "introspection", ("token", forged))[1]


def test_metadata_names_the_endpoints():
    """The discovery document's addresses are those that answer."""
    authority = _authority()
    site = authority.site()
    request = Request(
        "GET", "/.well-known/oauth-authorization-server/realms/shop", "", Message(), b""
    )
    document = json.loads(authority.answer(request).body)

    assert (site.issuer, site.url("token"), site.url("jwks"), ["a", "b"]) == (
        document["issuer"],
        document["token_endpoint"],
        document["jwks_uri"],
        document["scopes_supported"],
    )
    assert site.url("token") == document["mtls_endpoint_aliases"]["token_endpoint"]


@pytest.mark.parametrize("name", DIALECTS)
def test_the_provider_is_at_the_same_addresses(name):
    """What the SDK's Provider says is what the site says."""
    site = _authority(dialect_named(name)).site()
    provider = site.dialect.provider(site)
    there = site.dialect.paths

    assert (
        site.issuer,
        site.url("token"),
        site.url("jwks"),
        site.url("introspection") if "introspection" in there else None,
        site.url("revocation") if "revocation" in there else None,
        name,
    ) == (
        provider.issuer,
        provider.token_url,
        provider.jwks_url,
        provider.introspection_url,
        provider.revocation_url,
        provider.dialect.name,
    )


def test_a_realm_is_quoted_in_addresses():
    """A realm's name with a space stands in URLs as Keycloak writes it."""
    authority = Authority(
        KEYCLOAK,
        "my shop",
        lambda: BASE,
        token_lifetime=1,
        token_format=None,
        signing_algorithm="ES256",
        clock=FakeClock(),
    )

    assert f"{BASE}/realms/my%20shop" == authority.site().issuer


def test_an_unknown_dialect_is_refused():
    """The message lists the dialects that there are."""
    assert KEYCLOAK is dialect_named(KEYCLOAK)
    with pytest.raises(ConfigurationError, match="entra, generic, keycloak"):
        dialect_named("Keycloak")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_lifetime", 0),
        ("token_format", "jwe"),
        ("signing_algorithm", "HS256"),
    ],
)
def test_settings_are_checked(name, value):
    """What can't be is refused when the server is made, by name."""
    with pytest.raises(ConfigurationError, match=name):
        _authority(**{name: value})
