"""Keycloak's tokens before our verifiers: which hold, and when they stop."""

import time

import pytest

from conformance.callers import AUDIENCE
from s2sauth import ClientSecret, Unauthenticated
from s2sauth.errors import Reason
from s2sauth.server import IntrospectionVerifier, IssuerRouter, JwtVerifier


def _get(client, scope="payments:write"):
    return client.manager.source(scope=scope).get(timeout=20.0).value


@pytest.fixture(scope="module")
def introspection(realm, provider):
    """Make introspecting verifiers; this service is a client of Keycloak, too."""
    realm.add_client("payment-service", "its secret")

    def make(**options):
        return IntrospectionVerifier(
            provider,
            audience=AUDIENCE,
            client_id="payment-service",
            credential=ClientSecret("its secret"),
            **options,
        )

    return make


def _reason(verifier, token):
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    assert token not in str(caught.value)
    return caught.value.reason


def test_another_audience_is_refused(make_client, provider, introspection):
    """A token for the order service isn't let in by the payment service."""
    token = _get(make_client(), scope="orders:read")

    assert Reason.AUDIENCE == _reason(JwtVerifier(provider, audience=AUDIENCE), token)
    assert Reason.AUDIENCE == _reason(introspection(), token)


def test_an_expired_token_is_refused(make_client, provider, introspection):
    """A token holds until it expires, and not a moment longer than the leeway."""
    token = _get(make_client(lifespan=2))
    signed = JwtVerifier(provider, audience=AUDIENCE, leeway=0)
    asked = introspection(leeway=0, active_ttl=0)

    assert signed.verify(token) == asked.verify(token)
    time.sleep(3.5)  # Keycloak counts whole seconds

    assert Reason.TOKEN_EXPIRED == _reason(signed, token)
    assert Reason.TOKEN_INACTIVE == _reason(asked, token)
    assert signed.status().ready


def test_a_token_of_another_realm_is_refused(keycloak, make_client, provider):
    """The issuer is compared, although both realms are on one server."""
    from conformance.admin import Realm
    from s2sauth import TokenManager
    from s2sauth import keycloak as keycloak_provider

    other = Realm(keycloak, "othercompany")
    other.add_scope("payments:write", AUDIENCE)
    other.add_client("stranger", "s3cr3t", "payments:write")
    strange = keycloak_provider(keycloak.url, realm="othercompany")
    with TokenManager(
        strange, client_id="stranger", credential=ClientSecret("s3cr3t")
    ) as manager:
        token = manager.source(scope="payments:write").get(timeout=20.0).value

    ours = JwtVerifier(provider, audience=AUDIENCE)
    theirs = JwtVerifier(strange, audience=AUDIENCE)
    assert Reason.ISSUER == _reason(ours, token)
    assert "stranger" == IssuerRouter(ours, theirs).verify(token).client_id


def test_a_revoked_token_is_refused(make_client, realm, introspection):
    """Introspection sees a revocation, at the latest when `active_ttl` is over."""
    client = make_client()
    token = _get(client)
    remembering, asking = introspection(), introspection(active_ttl=0)
    assert client.client_id == remembering.verify(token).client_id
    assert client.client_id == asking.verify(token).client_id

    realm.revoke(client.client_id, client.secret, token)

    assert Reason.TOKEN_INACTIVE == _reason(asking, token)
    assert client.client_id == remembering.verify(token).client_id


def test_what_is_no_token_is_inactive(introspection):
    """Keycloak says of any text that it isn't active; nothing breaks."""
    assert Reason.TOKEN_INACTIVE == _reason(introspection(), "no-token-at-all")


def test_es256(make_client, realm, provider):
    """A realm that signs with an elliptic curve is verified just so."""
    client = make_client()
    with realm.signing_with("ES256"):
        token = _get(client)

    assert (
        client.client_id
        == JwtVerifier(provider, audience=AUDIENCE).verify(token).client_id
    )
    only_rsa = JwtVerifier(provider, audience=AUDIENCE, algorithms=("RS256",))
    assert Reason.TOKEN_ALGORITHM == _reason(only_rsa, token)


def test_the_encryption_key_is_left_out(realm, provider):
    """Keycloak publishes an RSA-OAEP key beside the signing keys: it signs nothing."""
    events = []
    verifier = JwtVerifier(provider, audience=AUDIENCE, observers=[events.append])

    verifier.refresh_keys()

    ids = {key_id for event in events for key_id in getattr(event, "key_ids", ())}
    assert realm.key_ids() == ids
