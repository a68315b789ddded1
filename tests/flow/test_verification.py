"""Tokens of the embedded server, verified over real HTTP: rotation, outage, opaque."""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from s2sauth import ClientSecret, discover
from s2sauth.errors import AccessError, Reason, VerifierUnavailable
from s2sauth.events import KeySkipped, KeysRefreshed, TokenRejected
from s2sauth.server import IntrospectionVerifier, IssuerRouter, JwtVerifier
from s2sauth.testing import AuthorizationServer

AUDIENCE = "https://payment-service.internal"
CLIENT = "order-service"


def add_clients(server: AuthorizationServer) -> None:
    """Register a caller, and the service that asks about its tokens."""
    server.add_client(
        CLIENT, secret="s3cret", scopes="payments:write", audiences=AUDIENCE
    )
    server.add_client("payment-service", secret="s+/=é", audiences=AUDIENCE)


@pytest.fixture
def idp() -> Iterator[AuthorizationServer]:
    """A server that sounds like Keycloak."""
    with AuthorizationServer(dialect="keycloak") as server:
        add_clients(server)
        yield server


@pytest.fixture
def opaque_idp() -> Iterator[AuthorizationServer]:
    """A server whose tokens are opaque."""
    with AuthorizationServer(dialect="generic") as server:
        add_clients(server)
        yield server


@pytest.fixture
def events() -> list[Any]:
    """What the observers were told."""
    return []


@pytest.fixture
def verifier(idp, events) -> Iterator[JwtVerifier]:
    """A verifier on default settings."""
    verifier = JwtVerifier(idp.provider, audience=AUDIENCE, observers=[events.append])
    yield verifier
    verifier.close()


def asking(server: AuthorizationServer, **options: Any) -> IntrospectionVerifier:
    """Return a verifier that asks a server about its tokens."""
    usual = {
        "audience": AUDIENCE,
        "client_id": "payment-service",
        "credential": ClientSecret("s+/=é"),
    }
    return IntrospectionVerifier(server.provider, **{**usual, **options})


def reason(verifier: Any, token: str) -> Reason | None:
    """Return why a token is refused, or None."""
    try:
        verifier.verify(token)
    except AccessError as error:
        return error.reason
    return None


def test_good_token(idp, verifier, events):
    """A token of the server is accepted, and says whom it speaks for."""
    identity = verifier.verify(idp.mint(CLIENT))

    assert (CLIENT, True) == (identity.client_id, identity.is_service)
    assert frozenset({"payments:write"}) == identity.scopes
    assert [KeySkipped, KeysRefreshed] == [type(event) for event in events]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"expires_in": -60}, Reason.TOKEN_EXPIRED),
        ({"aud": "https://elsewhere.example"}, Reason.AUDIENCE),
        ({"aud": None}, Reason.AUDIENCE),
        ({"iss": "https://elsewhere.example"}, Reason.ISSUER),
        ({"typ": "ID"}, Reason.TOKEN_TYPE),
        ({"sid": "a-session"}, Reason.USER_TOKEN),
        ({"cnf": {"jkt": "A"}}, Reason.TOKEN_BOUND),
        ({"headers": {"alg": "none"}}, Reason.TOKEN_ALGORITHM),
        ({"headers": {"kid": "nobody"}}, Reason.KEY_UNKNOWN),
        ({"headers": {"typ": "dpop+jwt"}}, Reason.TOKEN_TYPE),
        ({"token_format": "opaque"}, Reason.TOKEN_MALFORMED),
        ({}, None),
    ],
)
def test_minted_tokens(idp, verifier, changes, expected):
    """What the server can be made to mint is judged as it deserves."""
    assert expected == reason(verifier, idp.mint(CLIENT, **changes))


def test_rotation_seconds_after_the_start(idp, verifier):
    """A key that's new is found at its first token; both keys' tokens hold."""
    old = idp.mint(CLIENT)
    verifier.verify(old)
    idp.rotate_keys(keep_old=True)
    new = idp.mint(CLIENT)

    assert [None, None] == [reason(verifier, token) for token in (new, old)]
    assert 2 == idp.jwks_requests


def test_rotation_under_load(idp):
    """16 threads that verify while keys rotate see no refusal; old keys end at once."""
    # Two rotations in a second, and threads that ask for keys already removed: more
    # searches than the default budget is meant for.
    verifier = JwtVerifier(idp.provider, audience=AUDIENCE, keys_cooldown=0.01)
    tokens = [idp.mint(CLIENT)]
    stop = threading.Event()

    def work(_number: int) -> Counter[Reason | None]:
        seen: Counter[Reason | None] = Counter()
        while not stop.wait(0.001):  # so that 16 threads leave time for the fetch
            seen[reason(verifier, tokens[-1])] += 1
        return seen

    with ThreadPoolExecutor(16) as pool:
        running = [pool.submit(work, number) for number in range(16)]
        try:
            for algorithm in ("ES256", "RS256"):
                old, kid = tokens[-1], idp.signing_kid
                idp.rotate_keys(keep_old=True, algorithm=algorithm)
                tokens.append(idp.mint(CLIENT))
                verifier.verify(tokens[-1])
                idp.remove_key(kid)
                verifier.refresh_keys()
                assert Reason.KEY_UNKNOWN == reason(verifier, old)
        finally:
            stop.set()
        results = [future.result() for future in running]

    assert {None} <= set().union(*results) <= {None, Reason.KEY_UNKNOWN}
    assert all(seen[None] > 0 for seen in results)
    verifier.close()


def test_outage(idp):
    """Keys outlive an outage of the server, within the hard limit."""
    verifier = JwtVerifier(
        idp.provider, audience=AUDIENCE, keys_ttl=0.05, keys_max_stale=60
    )
    token, other = idp.mint(CLIENT), idp.mint(CLIENT)
    verifier.verify(token)
    idp.stop()
    threading.Event().wait(0.2)  # well past the TTL

    assert [None] * 40 == [reason(verifier, token) for _ in range(40)]
    assert None is reason(verifier, other)
    verifier.close()


def test_cold_start_in_an_outage(idp):
    """A service that starts in an outage says 503, quickly, and recovers by itself."""
    verifier = JwtVerifier(idp.provider, audience=AUDIENCE)
    token = idp.mint(CLIENT)
    idp.fail(status=404, endpoint="jwks", times=1)

    with pytest.raises(VerifierUnavailable) as caught:
        verifier.verify(token)
    assert Reason.KEYS_UNAVAILABLE == caught.value.reason
    assert caught.value.retry_after is not None
    assert 0.25 <= caught.value.retry_after <= 0.5
    assert 1 == idp.jwks_requests

    threading.Event().wait(caught.value.retry_after)
    assert None is reason(verifier, token)
    verifier.close()


def test_unknown_ids_cost_two_fetches(idp, verifier):
    """A flood of unknown ids costs the server two requests."""
    verifier.warm_up()

    reasons = {
        reason(verifier, idp.mint(CLIENT, headers={"kid": f"bogus-{number}"}))
        for number in range(50)
    }

    assert {Reason.KEY_UNKNOWN} == reasons
    assert 1 + 2 == idp.jwks_requests


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "https://elsewhere.example"}},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": '{"keys": []}'},
        {"status": 200, "body": " " * 1_100_000 + '{"keys": []}'},
        {"status": 200, "close": True, "body": '{"keys": []}'},
    ],
)
def test_bad_key_sets_replace_nothing(idp, verifier, fault):
    """HTML, redirects, giants and empty sets leave the good keys where they are."""
    token = idp.mint(CLIENT)
    verifier.verify(token)
    idp.fail(endpoint="jwks", times=None, **fault)

    with pytest.raises(VerifierUnavailable):
        verifier.refresh_keys(timeout=1.0)

    assert None is reason(verifier, token)
    assert None is reason(verifier, idp.mint(CLIENT))


def test_a_hanging_key_set_holds_up_no_known_key(idp, verifier):
    """While the endpoint hangs, a token of an unknown key is told so in time."""
    good = idp.mint(CLIENT)
    verifier.verify(good)
    idp.delay(30.0, endpoint="jwks")
    unknown = idp.mint(CLIENT, headers={"kid": "nobody"})

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reason, verifier, unknown)
        assert [None] * 100 == [reason(verifier, good) for _ in range(100)]
        assert Reason.KEYS_UNAVAILABLE == waiting.result(timeout=10)
    idp.clear_faults()


def test_discovered_provider(idp):
    """With `discover` the key set's address is looked up when it's first needed."""
    verifier = JwtVerifier(discover(idp.issuer), audience=AUDIENCE)
    assert 0 == idp.requests_to("discovery")

    assert None is reason(verifier, idp.mint(CLIENT))
    verifier.close()


# -- opaque tokens ------------------------------------------------------------------------


def test_opaque_token(opaque_idp):
    """An opaque token is asked about once, and its identity is as a JWT's."""
    verifier = asking(opaque_idp)
    token = opaque_idp.mint(CLIENT)

    identities = [verifier.verify(token) for _ in range(5)]

    assert {CLIENT} == {identity.client_id for identity in identities}
    assert frozenset({"payments:write"}) == identities[0].scopes
    assert 1 == opaque_idp.introspection_requests
    verifier.close()


def test_revoked_token(opaque_idp):
    """A revoked token is refused once what was remembered has lapsed."""
    verifier = asking(opaque_idp, active_ttl=0.0)
    token = opaque_idp.mint(CLIENT)
    assert None is reason(verifier, token)

    opaque_idp.revoke(token)

    assert Reason.TOKEN_INACTIVE == reason(verifier, token)
    verifier.close()


def test_wrong_credential_is_ours(opaque_idp, events):
    """If the server refuses our own credential, that's no 401 for the caller."""
    verifier = asking(
        opaque_idp, credential=ClientSecret("wrong"), observers=[events.append]
    )
    token = opaque_idp.mint(CLIENT)

    reasons = [reason(verifier, token) for _ in range(3)]

    assert [Reason.INTROSPECTION_UNAVAILABLE] * 3 == reasons
    assert 1 == opaque_idp.introspection_requests
    assert all(
        isinstance(event, TokenRejected) and "our own credential" in event.message
        for event in events
    )
    verifier.close()


def test_introspection_outage(opaque_idp):
    """An outage is no refusal; one that passes within the deadline isn't seen."""
    verifier = asking(opaque_idp)
    opaque_idp.fail(status=503, times=1, endpoint="introspection")
    assert None is reason(verifier, opaque_idp.mint(CLIENT))

    opaque_idp.stop()
    assert Reason.INTROSPECTION_UNAVAILABLE == reason(verifier, "some-other-token")
    verifier.close()


def test_several_issuers(idp, opaque_idp, verifier):
    """Each token goes to its issuer, an opaque one to the introspector, and no further."""
    with AuthorizationServer(dialect="keycloak", realm="second") as second:
        add_clients(second)
        other = JwtVerifier(second.provider, audience=AUDIENCE)
        opaque = asking(opaque_idp)
        router = IssuerRouter(verifier, other, opaque=opaque)

        tokens = [server.mint(CLIENT) for server in (idp, second, opaque_idp)]
        issuers = [router.verify(token).issuer for token in tokens]

        assert [idp.issuer, second.issuer, opaque_idp.issuer] == issuers
        assert 1 == opaque_idp.introspection_requests
        second.stop()
        assert None is reason(router, idp.mint(CLIENT))
        other.close()
        opaque.close()


# -- forks ----------------------------------------------------------------------------------


def _verify_in_child(verifier, known, new, results):
    results.put([reason(verifier, known), reason(verifier, new)])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_after_fork(idp, verifier):
    """A forked child verifies with the parent's keys, and fetches new ones itself."""
    known = idp.mint(CLIENT)
    verifier.verify(known)
    idp.rotate_keys(keep_old=True)
    new = idp.mint(CLIENT)
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    child = context.Process(
        target=_verify_in_child, args=(verifier, known, new, results)
    )
    child.start()

    assert [None, None] == results.get(timeout=20)
    child.join(20)
    assert 0 == child.exitcode
