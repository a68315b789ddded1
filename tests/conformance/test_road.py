"""The whole road: order service → Keycloak → payment service, over both transports."""

import time

import grpc
import pytest

from conformance.callers import AUDIENCE, WORKERS, Caller

OK, UNAUTHENTICATED, PERMISSION_DENIED = (
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
)
CALLS = 25 * WORKERS


@pytest.fixture
def make_caller(payment_http, payment_grpc):
    """Make callers of both services."""
    made = []

    def make(client, **source):
        chosen = client.manager.source(**source) if source else None
        made.append(Caller(payment_http, payment_grpc, client.manager, chosen))
        return made[-1]

    yield make
    for caller in made:
        caller.__exit__()


def test_sixteen_threads_over_both_transports(make_client, make_caller, realm):
    """800 calls from 16 threads are let in, by the right name, with one token."""
    client = make_client()

    answers = make_caller(client).call_both(CALLS)

    assert {
        (200, client.client_id): CALLS,
        (OK, client.client_id): CALLS,
    } == dict(answers)
    assert 1 == realm.token_requests(client.client_id)


def test_a_public_method_needs_no_token(make_client, make_caller, realm):
    """What the .proto calls public is called without a token."""
    client = make_client()

    assert 1.5 == make_caller(client).public_rates()
    assert 0 == realm.token_requests(client.client_id)


def test_the_wrong_scope_is_forbidden(make_client, make_caller):
    """A good token without the scope: 403, PERMISSION_DENIED, and which is missing."""
    client = make_client()
    caller = make_caller(client, scope="payments:refund", audience=AUDIENCE)

    assert (403, "INSUFFICIENT_SCOPE") == caller.over_http()
    assert 'scope="payments:write"' in caller.challenge()
    assert PERMISSION_DENIED == caller.over_grpc()[0]


def test_the_wrong_audience_is_unauthenticated(make_client, make_caller):
    """A token for another service: 401 and UNAUTHENTICATED, whatever its scopes."""
    client = make_client()
    caller = make_caller(client, scope="orders:read")

    assert (401, "TOKEN_INVALID") == caller.over_http()
    assert 'error="invalid_token"' in caller.challenge()
    assert UNAUTHENTICATED == caller.over_grpc()[0]


def test_a_scope_that_is_not_granted_is_a_failure_of_ours(make_client, make_caller):
    """Without a token no call goes out: the error is a TokenError and an RpcError."""
    client = make_client(scopes=("orders:read",))
    caller = make_caller(client)

    code, details = caller.over_grpc()

    assert UNAUTHENTICATED == code
    assert "invalid_scope" in details


def test_a_key_is_rotated_while_calls_go_on(make_client, make_caller, realm):
    """New key, then the old one removed: none of the calls meanwhile fails."""
    client = make_client(lifespan=4)  # so that new tokens come all the time
    old = realm.add_key()
    with make_caller(client).calling() as answers:
        _until_called(answers, 200)
        new = realm.add_key()
        _until_signed_by_another(client)
        _until_called(answers, 200)
        realm.remove_key(old)
        _until_called(answers, 200)

    assert {(200, client.client_id), (OK, client.client_id)} == set(answers)
    realm.remove_key(new)


def _until_called(answers, more):
    """Wait until both services were called `more` times."""
    wanted = answers.total() + 2 * more
    _until(lambda: answers.total() >= wanted)


def _until_signed_by_another(client):
    source = client.manager.source(scope="payments:write", audience=AUDIENCE)
    before = source.get().value.partition(".")[0]  # the header names the key
    _until(lambda: source.get().value.partition(".")[0] != before)


def _until(condition):
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
