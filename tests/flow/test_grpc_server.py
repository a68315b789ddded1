"""The server's interceptor over real gRPC: every arity let in, refused, and who it is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from s2sauth.errors import Reason, VerifierUnavailable
from s2sauth.policy import Policy, Rule
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.server.identity import current_identity
from s2sauth.testing import StaticVerifier
from shop.v1 import payments_pb2
from support.grpc_shop import ARITIES, ORDER, Shop, call_all, open_shop
from support.tls import make_ca

pytestmark = pytest.mark.grpc

SERVICE = "/shop.v1.Payments/*"
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
DENIED = grpc.StatusCode.PERMISSION_DENIED
HOME = "https://payment-service.internal"
ALL = "payments:read payments:write"


def who():
    """Return the client id of the call that's handled here."""
    identity = current_identity(None)
    return identity.client_id if identity else None


def bearer(token):
    """Return the metadata of a call with a token."""
    return (("authorization", f"Bearer {token}"),)


@pytest.fixture(scope="module")
def authority():
    """A certificate authority for all tests here."""
    return make_ca()


@pytest.fixture
def verifier():
    """Knows two good callers, one who may read only, and an outage."""
    return StaticVerifier(
        {
            "good": {"client_id": "orders", "scopes": ALL, "audience": HOME},
            "second": {"client_id": "billing", "scopes": ALL, "audience": HOME},
            "reader": {"client_id": "bi", "scopes": "reports", "audience": HOME},
            "elsewhere": {"scopes": ALL, "audience": "https://other.internal"},
            "outage": VerifierUnavailable("the keys can't be had"),
        }
    )


@pytest.fixture
def events():
    """What the observers were told."""
    return []


@pytest.fixture
def shop():
    """A shop that says who called."""
    return Shop(client=who)


@pytest.fixture
def stub(authority, shop, verifier, events):
    """A bare stub of a shop whose .proto options are enforced."""
    policy = Policy.from_protos(payments_pb2)
    interceptor = AuthInterceptor(verifier, policy, observers=[events.append])
    with open_shop(shop, authority, interceptor) as stub:
        yield stub


def error_info(error):
    """Return the ErrorInfo of a call that failed."""
    trailing = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    assert (error.code().value[0], error.details()) == (status.code, status.message)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info


@pytest.mark.parametrize("arity", ARITIES)
def test_each_arity_lets_in_who_may_and_knows_who_it_is(arity, stub, events):
    """The handler, and each message of a stream, sees the caller's identity."""
    messages = call_all(stub, metadata=bearer("good"))[arity]()
    assert {"orders"} == {message.client_id for message in messages}
    (event,) = events
    assert (f"/shop.v1.Payments/{arity}", True) == (event.operation, event.allowed)


REFUSALS = {
    "none": ((), UNAUTHENTICATED, "TOKEN_MISSING", "Bearer"),
    "basic": (
        (("authorization", "Basic dTpw"),),
        UNAUTHENTICATED,
        "TOKEN_MISSING",
        "Bearer",
    ),
    "unknown": (
        bearer("forged"),
        UNAUTHENTICATED,
        "TOKEN_INVALID",
        'Bearer error="invalid_token"',
    ),
    "two": (
        (*bearer("good"), *bearer("good")),
        UNAUTHENTICATED,
        "TOKEN_INVALID",
        'Bearer error="invalid_request"',
    ),
    "elsewhere": (
        bearer("elsewhere"),
        UNAUTHENTICATED,
        "TOKEN_INVALID",
        'Bearer error="invalid_token"',
    ),
    "outage": (bearer("outage"), grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", None),
}


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_each_arity_refuses_with_the_whole_answer(refusal, arity, stub, shop):
    """Status, ErrorInfo and challenge arrive; the handler isn't reached."""
    metadata, code, reason, challenge = REFUSALS[refusal]
    with pytest.raises(grpc.RpcError) as caught:
        call_all(stub, metadata=metadata)[arity]()
    error: Any = caught.value
    info = error_info(error)
    assert (code, reason, "s2sauth") == (error.code(), info.reason, info.domain)
    trailing = dict(error.trailing_metadata())
    assert challenge == trailing.get("www-authenticate")
    assert [] == shop.calls


@pytest.mark.parametrize("arity", ARITIES)
def test_a_lacking_scope_is_named(arity, stub, shop, events):
    """The caller learns what is required and missing; the observers who it was."""
    with pytest.raises(grpc.RpcError) as caught:
        call_all(stub, metadata=bearer("reader"))[arity]()
    assert DENIED is caught.value.code()
    info = error_info(caught.value)
    assert "INSUFFICIENT_SCOPE" == info.reason
    assert info.metadata["required"] == info.metadata["missing"]
    (event,) = events
    assert (Reason.INSUFFICIENT_SCOPE, "bi") == (event.reason, event.client_id)
    assert [] == shop.calls


def test_a_method_that_is_declared_nowhere_is_refused(stub, shop):
    """Deny by default, also for the best of callers."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Forgotten(ORDER, metadata=bearer("good"), timeout=10)
    assert DENIED is caught.value.code()
    assert "NOT_ALLOWED" == error_info(caught.value).reason
    assert [] == shop.calls


@pytest.mark.parametrize("metadata", [(), bearer("forged")])
def test_a_public_method_looks_at_no_token(metadata, stub, verifier, events):
    """It's open to anyone, and knows no one."""
    messages = list(stub.Rates(ORDER, metadata=metadata, timeout=10))
    assert ["", "", ""] == [message.client_id for message in messages]
    assert (0, []) == (verifier.calls, events)


@pytest.mark.parametrize("arity", ["Import", "Converse"])
def test_a_silent_stream_is_refused_at_once(arity, stub):
    """Nobody waits for a first request that never comes."""
    release = threading.Event()

    def silence():
        release.wait(30)
        yield ORDER

    method = {"Import": stub.Import.future, "Converse": stub.Converse}[arity]
    try:
        future = method(silence(), timeout=20)
        assert UNAUTHENTICATED is future.exception(timeout=10).code()
    finally:
        release.set()


@pytest.mark.parametrize("arity", ["Import", "Converse"])
def test_an_empty_stream_is_refused_as_any(arity, stub):
    """It isn't taken for a method that's missing."""
    with pytest.raises(grpc.RpcError) as caught:
        list(getattr(stub, arity)(iter(()), timeout=10))
    assert UNAUTHENTICATED is caught.value.code()


def test_identities_dont_mix_under_64_calls_at_once(authority):
    """Each call, streamed ones included, is handled as its own caller."""
    tokens: dict[str, Any] = {
        f"token-{number}": {"client_id": f"client-{number}", "scopes": ALL}
        for number in range(64)
    }
    shop = Shop(client=who)
    interceptor = AuthInterceptor(StaticVerifier(tokens), Policy({SERVICE: Rule()}))
    together = threading.Barrier(64)

    def call(stub, number):
        arity = ARITIES[number % len(ARITIES)]
        mine = call_all(stub, metadata=bearer(f"token-{number}"))[arity]
        together.wait(30)
        return {message.client_id for _ in range(5) for message in mine()}

    with (
        open_shop(shop, authority, interceptor, workers=64) as stub,
        ThreadPoolExecutor(64) as pool,
    ):
        seen = list(pool.map(lambda number: call(stub, number), range(64)))
    assert [{f"client-{number}"} for number in range(64)] == seen


def test_streams_that_interleave_keep_their_identities(stub):
    """Two conversations in turn, message by message, each stays whose it is."""
    streams = [
        stub.Converse(iter([ORDER] * 5), metadata=bearer(token), timeout=10)
        for token in ("good", "second")
    ]
    seen = [[next(stream).client_id for stream in streams] for _ in range(5)]
    assert [["orders", "billing"]] * 5 == seen


def test_the_next_call_on_the_same_thread_sees_no_identity(authority):
    """One worker, a verified call, then a public one."""
    policy = Policy({SERVICE: Rule(), "/shop.v1.Payments/Rates": Rule(public=True)})
    interceptor = AuthInterceptor(StaticVerifier(client_id="orders"), policy)
    shop = Shop(client=who)
    metadata = bearer("test-token")
    with open_shop(shop, authority, interceptor, workers=1) as stub:
        first = stub.Charge(ORDER, metadata=metadata, timeout=10)
        second = next(stub.Rates(ORDER, metadata=metadata, timeout=10))
    assert ("orders", "") == (first.client_id, second.client_id)


class Tagging(
    grpc.ServerInterceptor  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """Another interceptor: counts the calls, and wraps every handler anew."""

    def __init__(self):
        self.calls = 0

    def intercept_service(self, continuation, handler_call_details):
        """Wrap a unary handler."""
        self.calls += 1
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            partial(handler.unary_unary),
            handler.request_deserializer,
            handler.response_serializer,
        )


@pytest.mark.parametrize("place", ["before", "behind"])
def test_other_interceptors_keep_working(place, authority, shop, verifier):
    """Before ours and behind it, for calls let in and for calls refused."""
    tagging = Tagging()
    ours = AuthInterceptor(verifier, Policy.from_protos(payments_pb2))
    order = [tagging, ours] if place == "before" else [ours, tagging]
    with open_shop(shop, authority, *order) as stub:
        for _ in range(2):
            reply = stub.Charge(ORDER, metadata=bearer("good"), timeout=10)
            assert "orders" == reply.client_id
        with pytest.raises(grpc.RpcError) as caught:
            stub.Charge(ORDER, metadata=bearer("forged"), timeout=10)
    assert UNAUTHENTICATED is caught.value.code()
    assert 3 == tagging.calls


class Anything(
    grpc.GenericRpcHandler  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """Handles whatever is called."""

    def service(self, handler_call_details):
        """Answer with nothing."""
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"ok")


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("/grpc.health.v1.Health/Check", None),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", UNAUTHENTICATED),
        ("/grpc.health.v1.HealthOfOthers/Check", UNAUTHENTICATED),
        ("/grpc.health.v1.Health", UNAUTHENTICATED),
    ],
)
def test_health_is_exempt_and_nothing_that_looks_like_it(method, outcome, verifier):
    """Probes need no token; reflection and look-alikes do."""
    server = grpc.server(
        ThreadPoolExecutor(2),
        handlers=[Anything()],
        interceptors=[AuthInterceptor(verifier, Policy())],
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        call: Any = channel.unary_unary
        error = call(method).future(b"", timeout=10).exception()
    server.stop(0).wait()
    assert outcome is (error and error.code())


def test_report_only_lets_everything_pass(authority, shop, verifier, events):
    """Nothing is refused, all of it is told, and who is known is known."""
    interceptor = AuthInterceptor(
        verifier,
        Policy.from_protos(payments_pb2),
        observers=[events.append],
        enforce=False,
    )
    with open_shop(shop, authority, interceptor) as stub:
        known = stub.Charge(ORDER, metadata=bearer("reader"), timeout=10)
        unknown = stub.Forgotten(ORDER, timeout=10)
    assert ("bi", "") == (known.client_id, unknown.client_id)
    reasons = [Reason.INSUFFICIENT_SCOPE, Reason.TOKEN_MISSING]
    assert reasons == [event.reason for event in events]
