"""The whole road over gRPC: server, manager, .proto options at both ends, TLS."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from s2sauth import ClientSecret, TokenManager
from s2sauth.client.grpc import CallNotSent, secure_channel
from s2sauth.errors import AuthorizationServerUnavailable, Reason, TokenRequestRefused
from s2sauth.policy import Policy
from s2sauth.server import JwtVerifier, current_identity
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.testing import AuthorizationServer
from shop.v1 import payments_pb2, payments_pb2_grpc
from support.grpc_shop import ARITIES, ORDER, Shop, call_all, serving
from support.tls import make_ca

pytestmark = pytest.mark.grpc

HOME = "https://payment-service.internal"
SCOPES = ["payments:read", "payments:write", "payments:refund"]


@pytest.fixture(scope="module")
def authority():
    """A certificate authority for all tests here."""
    return make_ca()


@pytest.fixture
def idp():
    """An authorization server with three services."""
    with AuthorizationServer(dialect="keycloak") as server:
        for client, scopes, audiences in (
            ("order-service", SCOPES, [HOME]),
            ("back-office", SCOPES, [HOME]),
            ("stranger", SCOPES, ["https://other.internal"]),
        ):
            server.add_client(
                client, secret="s3cret", scopes=scopes, audiences=audiences
            )
        yield server


@pytest.fixture
def shop():
    """A shop that says who called."""
    return Shop(client=lambda: getattr(current_identity(None), "client_id", None))


@pytest.fixture
def events():
    """What the server's observers were told."""
    return []


@pytest.fixture
def target(idp, shop, authority, events):
    """A payment service that enforces its .proto options."""
    verifier = JwtVerifier(idp.provider, audience=HOME)
    policy = Policy.from_protos(payments_pb2)
    interceptor = AuthInterceptor(verifier, policy, observers=[events.append])
    with serving(shop, authority=authority, interceptors=[interceptor]) as target:
        yield target
    verifier.close()


@pytest.fixture
def connect(idp, target, authority):
    """Connect a client that derives its tokens from the same options."""
    opened = []

    def open_channel(client_id, secret="s3cret"):
        credential = ClientSecret(secret)
        manager = TokenManager(idp.provider, client_id=client_id, credential=credential)
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        channel = secure_channel(target, manager.sources_for(payments_pb2), roots)
        opened.extend((channel, manager))
        return payments_pb2_grpc.PaymentsStub(channel)

    yield open_channel
    for one in opened:
        one.close()


@pytest.mark.parametrize("arity", ARITIES)
def test_every_arity_goes_the_whole_road(arity, connect, idp):
    """One fetch, and the handler knows the caller."""
    call = call_all(connect("order-service"))[arity]
    for _ in range(3):
        assert {"order-service"} == {message.client_id for message in call()}
    assert 1 == idp.token_requests


def test_each_call_carries_the_least_it_needs(connect, events):
    """The callee declared it, the caller derived it."""
    stub = connect("order-service")
    for call in (stub.Charge, stub.Refund):
        call(ORDER, timeout=10)
    list(stub.List(ORDER, timeout=10))
    granted = [event.scopes & set(SCOPES) for event in events]
    assert [{"payments:write"}, {"payments:refund"}, {"payments:read"}] == granted


def test_methods_with_the_same_needs_share_one_token(connect, idp):
    """Charge and Import both write; Rates needs none."""
    stub = connect("order-service")
    stub.Charge(ORDER, timeout=10)
    stub.Import(iter([ORDER]), timeout=10)
    list(stub.Rates(ORDER, timeout=10))
    assert 1 == idp.token_requests


def test_a_rule_for_one_client_keeps_the_others_out(connect, events):
    """The right scope isn't enough where the rule names who may call."""
    assert "back-office" == connect("back-office").Close(ORDER, timeout=10).client_id
    with pytest.raises(grpc.RpcError) as caught:
        connect("order-service").Close(ORDER, timeout=10)
    assert grpc.StatusCode.PERMISSION_DENIED is caught.value.code()
    assert Reason.CLIENT_NOT_ALLOWED is events[-1].reason


def test_a_token_for_someone_else_is_refused(connect, events, shop):
    """The audience is the callee's own, or nobody's."""
    with pytest.raises(grpc.RpcError) as caught:
        connect("stranger").Charge(ORDER, timeout=10)
    assert grpc.StatusCode.UNAUTHENTICATED is caught.value.code()
    assert Reason.AUDIENCE is events[-1].reason
    assert [] == shop.calls


def test_a_scope_that_isnt_granted_is_told_by_the_authorization_server(connect, idp):
    """The call isn't sent: no token, no guess."""
    idp.add_client(
        "reader", secret="s3cret", scopes=["payments:read"], audiences=[HOME]
    )
    stub = connect("reader")
    assert 3 == len(list(stub.List(ORDER, timeout=10)))
    with pytest.raises(CallNotSent) as caught:
        stub.Charge(ORDER, timeout=10)
    assert grpc.StatusCode.UNAUTHENTICATED is caught.value.code()
    assert isinstance(caught.value.token_error, TokenRequestRefused)
    assert Reason.INVALID_SCOPE is caught.value.token_error.reason


def test_a_method_without_options_has_no_road(connect, idp):
    """The caller learns at home that nothing is declared."""
    with pytest.raises(CallNotSent, match="Forgotten") as caught:
        connect("order-service").Forgotten(ORDER, timeout=10)
    assert grpc.StatusCode.FAILED_PRECONDITION is caught.value.code()
    assert 0 == idp.token_requests


def test_a_token_that_no_longer_holds_is_replaced_behind_the_call(
    connect, idp, shop, events
):
    """Its key is gone, the service says so, and the call succeeds all the same."""
    stub = connect("order-service")
    stub.Charge(ORDER, timeout=10)
    idp.rotate_keys(keep_old=False)
    first = shop.tokens[-1]
    # The service learns of it when it sees the new key; until then the old one holds.
    other = connect("back-office")
    other.Charge(ORDER, timeout=10)
    assert "order-service" == stub.Charge(ORDER, timeout=10).client_id
    assert first != shop.tokens[-1]
    refused = [event for event in events if not event.allowed]
    assert [Reason.KEY_UNKNOWN] == [event.reason for event in refused]


def test_an_outage_is_unavailable_and_names_the_cause(connect, idp):
    """Without a token and without a server the call fails at home."""
    idp.stop()
    with pytest.raises(CallNotSent) as caught:
        connect("order-service").Charge(ORDER, timeout=5)
    assert caught.value.code() in {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
    idp.start()


def test_an_outage_while_a_token_lives_is_no_ones_business(connect, idp):
    """No call fails."""
    stub = connect("order-service")
    stub.Charge(ORDER, timeout=10)
    idp.stop()
    replies = [stub.Charge(ORDER, timeout=10) for _ in range(20)]
    assert {"order-service"} == {reply.client_id for reply in replies}
    idp.start()


def test_sixteen_workers_of_two_services_at_once(connect, idp):
    """One fetch for each service, and no identity is mistaken."""
    stubs = {name: connect(name) for name in ("order-service", "back-office")}
    together = threading.Barrier(16)

    def work(number):
        name = list(stubs)[number % 2]
        together.wait(30)
        return {
            (name, stubs[name].Charge(ORDER, timeout=30).client_id) for _ in range(20)
        }

    with ThreadPoolExecutor(16) as pool:
        seen = set().union(*pool.map(work, range(16)))
    assert {(name, name) for name in stubs} == seen
    assert 2 == idp.token_requests


def test_the_cause_is_there_for_whoever_looks(connect):
    """A wrong secret reads as what it is."""
    with pytest.raises(grpc.RpcError) as caught:
        connect("order-service", secret="wrong").Charge(ORDER, timeout=10)
    assert grpc.StatusCode.UNAUTHENTICATED is caught.value.code()
    cause = caught.value.__cause__
    assert isinstance(cause, TokenRequestRefused)
    assert not isinstance(cause, AuthorizationServerUnavailable)
    assert Reason.INVALID_CLIENT is cause.reason
