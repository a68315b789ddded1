"""The tokens of the embedded authorization server: signed, revoked, minted."""

from urllib.parse import urlsplit

import pytest
import requests
from jose import jwk, jwt

from s2sauth import AccessToken
from s2sauth.errors import ConfigurationError
from s2sauth.testing import AuthorizationServer
from s2sauth.testing.dialects import DIALECTS
from s2sauth.testing.listener import HOST
from support.token_requests import (
    ENCODED,
    NAME,
    SECRET,
    Ask,
    get_token,
    introspect,
    published_keys,
    register,
)


@pytest.fixture
def idp():
    with register(AuthorizationServer()) as server:
        yield server


def _verified(idp, token):
    """Return the claims as python-jose verifies them with the published keys."""
    key = published_keys(idp)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token,
        jwk.construct(key).to_dict(),
        algorithms=[key["alg"]],
        audience="https://pay",
        issuer=idp.issuer,
    )


@pytest.mark.parametrize("dialect", ["generic", "keycloak"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_signatures_are_real(dialect, algorithm):
    """python-jose verifies a token with the published key, and no spoilt one."""
    options = {"token_format": "jwt", "signing_algorithm": algorithm}
    with register(AuthorizationServer(dialect, **options)) as idp:
        token = get_token(idp, scope="b")
        head, claims, signature = token.split(".")
        spoilt = f"{head}.{claims[:-2]}AA.{signature}"

        assert "b" == _verified(idp, token)["scope"]
        with pytest.raises(jwt.JWTError):
            _verified(idp, spoilt)


def test_generic_tokens_are_opaque():
    """The generic dialect's tokens say nothing by themselves."""
    with register(AuthorizationServer("generic")) as idp:
        token = get_token(idp)

        assert "." not in token
        assert (True, NAME, "https://pay") == tuple(
            introspect(idp, token)[name] for name in ("active", "client_id", "aud")
        )


def test_a_revoked_token_is_inactive(idp):
    """Revocation over HTTP, or by the test, ends a token for introspection."""
    first, second = get_token(idp), get_token(idp)
    revoked = requests.post(
        idp.provider.revocation_url,
        data={"token": first},
        headers={"Authorization": ENCODED},
        timeout=10,
    )
    held = AccessToken(value=second, expires_at=0.0)

    assert (200, {"active": False}) == (revoked.status_code, introspect(idp, first))
    assert introspect(idp, second)["active"]
    idp.revoke(held)
    assert {"active": False} == introspect(idp, second)


def test_keys_rotate(idp):
    """A new key signs; the old one verifies while it's in the set."""
    old = get_token(idp)
    first = idp.signing_kid
    second = idp.rotate_keys()
    new = get_token(idp)

    assert (first, second) == tuple(
        jwt.get_unverified_header(token)["kid"] for token in (old, new)
    )
    assert _verified(idp, old)
    assert _verified(idp, new)
    idp.remove_key(first)
    assert (False, True) == (
        first in published_keys(idp),
        second in published_keys(idp),
    )
    third = idp.rotate_keys(keep_old=False, algorithm="ES256")
    assert [third] == [
        kid for kid, key in published_keys(idp).items() if key["use"] == "sig"
    ]
    assert _verified(idp, get_token(idp))


def test_mint_makes_any_token(idp):
    """A test gets tokens that no request could get, signed as real ones."""
    over = idp.mint(NAME, expires_in=-60)
    foreign = idp.mint(NAME, aud="https://other", scope=None, admin=True)
    claims = jwt.get_unverified_claims(foreign)

    with pytest.raises(jwt.ExpiredSignatureError):
        _verified(idp, over)
    assert ("https://other", True, False) == (
        claims["aud"],
        claims["admin"],
        "scope" in claims,
    )
    assert _verified(idp, idp.mint(NAME))["azp"] == NAME
    assert "stranger" == jwt.get_unverified_claims(idp.mint("stranger"))["azp"]


def test_mint_follows_the_format():
    """Opaque where tokens are; a JWT where a header or a key is asked for."""
    typed = {"headers": {"typ": "JWT"}}
    with register(AuthorizationServer("generic")) as idp:
        opaque = idp.mint(NAME, x=1)
        wanted = [
            idp.mint(NAME, **typed),
            idp.mint(NAME, token_format="jwt"),
        ]

        assert [0, 2, 2] == [token.count(".") for token in (opaque, *wanted)]
        assert 1 == introspect(idp, opaque)["x"]
        for mistake in ({"token_format": "JWT"}, {"token_format": "opaque", **typed}):
            with pytest.raises(ConfigurationError, match="token_format"):
                idp.mint(NAME, **mistake)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_metadata_is_found_where_it_belongs(name):
    """OpenID's document and RFC 8414's say the issuer exactly, and no URL but real."""
    with AuthorizationServer(name) as idp:
        base, path = f"http://{HOST}:{idp.port}", urlsplit(idp.issuer).path.rstrip("/")
        documents = [
            requests.get(url, timeout=10).json()
            for url in (
                f"{base}{path}/.well-known/openid-configuration",
                f"{base}/.well-known/oauth-authorization-server{path}",
            )
        ]

        assert [idp.issuer] * 2 == [document["issuer"] for document in documents]
        assert 200 == requests.get(documents[0]["jwks_uri"], timeout=10).status_code
        assert 2 == idp.requests_to("discovery")


def test_a_removed_client_is_refused(idp):
    """Who is removed gets nothing more; who is added anew has the new secret."""
    idp.remove_client(NAME)
    assert 401 == Ask().send(idp.url("token"))[0]
    idp.add_client(NAME, secret=SECRET)
    assert 200 == Ask().send(idp.url("token"))[0]


def test_a_secret_can_be_the_servers_choice(idp):
    """Without a secret given, the client returned holds a random one."""
    client = idp.add_client("another")
    answer = requests.post(
        idp.url("token"),
        data={
            "grant_type": "client_credentials",
            "client_id": "another",
            "client_secret": client.secret,
        },
        timeout=10,
    )

    assert (200, False) == (answer.status_code, client.secret in repr(client))
