"""A channel with tokens over real gRPC: four arities, deadlines, refusals."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from s2sauth.client.grpc import CallNotSent, intercept, secure_channel
from s2sauth.errors import TokenRequestRefused, TokenTimeout
from s2sauth.testing import StaticTokenSource
from shop.v1 import payments_pb2_grpc
from support.grpc_shop import ARITIES, ORDER, Shop, call_all, serving
from support.tls import make_ca

pytestmark = pytest.mark.grpc


UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


DENIED = grpc.StatusCode.PERMISSION_DENIED


class SleepySource(StaticTokenSource):
    """Takes real time to give a token, and heeds a timeout."""

    def __init__(self, seconds):
        super().__init__("t1")
        self.seconds = seconds

    def get(self, timeout=None, min_validity=0.0):
        """Give a token after a while."""
        if timeout is not None and timeout < self.seconds:
            time.sleep(timeout)
            message = "the fetch takes longer"
            raise TokenTimeout(message)
        time.sleep(self.seconds)
        return super().get(timeout, min_validity)


@pytest.fixture(scope="module")
def authority():
    """A certificate authority for all tests here."""
    return make_ca()


@pytest.fixture
def shop():
    """A shop that refuses the token `old`."""
    return Shop("old")


@pytest.fixture
def target(shop, authority):
    """Where the shop is, over TLS."""
    with serving(shop, authority=authority) as target:
        yield target


@pytest.fixture
def connect(target, authority):
    """Open channels to the shop, closed at the end."""
    channels = []

    def open_channel(source, options=None):
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        channel = secure_channel(target, source, roots, options)
        channels.append(channel)
        return payments_pb2_grpc.PaymentsStub(channel)

    yield open_channel
    for channel in channels:
        channel.close()


def rotating():
    """Return a source whose first token is refused, and whose second is good."""
    return StaticTokenSource(tokens=["old", "new"])


@pytest.mark.parametrize("arity", ARITIES)
def test_each_arity_carries_the_token(arity, connect, shop):
    """All four kinds of call arrive with the token, and answer."""
    messages = call_all(connect(StaticTokenSource("t1")))[arity]()
    assert {"order-1"} == {message.order_id for message in messages}
    assert ["Bearer t1"] == shop.tokens


@pytest.mark.parametrize("arity", ["Charge", "List"])
def test_a_refused_token_is_replaced_and_the_call_sent_once_more(arity, connect, shop):
    """Whoever calls sees nothing of it, where the request can be sent again."""
    messages = call_all(connect(rotating()))[arity]()
    assert {"order-1"} == {message.order_id for message in messages}
    assert ["Bearer old", "Bearer new"] == shop.tokens


@pytest.mark.parametrize("arity", ["Import", "Converse"])
def test_a_stream_of_requests_is_not_replayed_but_the_next_is_right(
    arity, connect, shop
):
    """The refusal comes back, and the token is dropped."""
    source = rotating()
    calls = call_all(connect(source))
    with pytest.raises(grpc.RpcError) as caught:
        calls[arity]()
    assert UNAUTHENTICATED is caught.value.code()
    wait_until(lambda: source.invalidated)
    calls[arity]()
    assert ["Bearer old", "Bearer new"] == shop.tokens


def wait_until(condition):
    """Wait for what a thread of gRPC is about to do."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen"
        time.sleep(0.001)


def test_with_call_is_retried_as_well(connect, shop):
    """It gives the second answer, and its call."""
    reply, call = connect(rotating()).Charge.with_call(ORDER, timeout=10)
    assert "order-1" == reply.order_id
    assert grpc.StatusCode.OK is call.code()
    assert ["Bearer old", "Bearer new"] == shop.tokens


def test_a_future_is_not_replayed_but_the_next_is_right(connect, shop):
    """Its refusal is its outcome, and drops the token."""
    source = rotating()
    stub = connect(source)
    shop.refused.clear()
    stub.Charge(ORDER, timeout=10)  # now the channel has proved to be secure
    shop.calls.clear()
    shop.refused.add("Bearer old")
    future = stub.Charge.future(ORDER, timeout=10)
    assert UNAUTHENTICATED is future.exception().code()
    wait_until(lambda: source.invalidated)
    assert "order-1" == stub.Charge.future(ORDER, timeout=10).result().order_id
    assert ["Bearer old", "Bearer new"] == shop.tokens


def test_a_future_over_a_channel_not_proved_yet_works_as_well(connect, shop):
    """Code, details, metadata and callbacks are those of the call."""
    future = connect(StaticTokenSource("t1")).Charge.future(ORDER, timeout=10)
    told = threading.Event()
    done = []
    future.add_done_callback(done.append)
    future.add_done_callback(lambda _: told.set())
    assert "order-1" == future.result(timeout=10).order_id
    assert told.wait(10)
    assert [future] == done
    assert (True, grpc.StatusCode.OK, "", ()) == (
        future.done(),
        future.code(),
        future.details(),
        tuple(future.trailing_metadata()),
    )


def test_a_call_can_be_cancelled(connect, shop):
    """A stream that's cancelled ends as gRPC's own do."""
    shop.gate.clear()
    stream = connect(StaticTokenSource("t1")).List(ORDER, timeout=10)
    assert shop.reached.wait(10)
    assert stream.cancel()
    with pytest.raises(grpc.RpcError):
        next(stream)
    assert grpc.StatusCode.CANCELLED is stream.code()
    shop.gate.set()


def test_a_future_can_be_cancelled(connect, shop):
    """A future that's cancelled ends as gRPC's own do."""
    shop.gate.clear()
    future = connect(StaticTokenSource("t1")).Charge.future(ORDER, timeout=10)
    assert shop.reached.wait(10)
    assert future.cancel()
    with pytest.raises(grpc.FutureCancelledError):
        future.result()
    assert future.cancelled()
    shop.gate.set()


@pytest.mark.parametrize("arity", ARITIES)
def test_the_servers_own_denial_is_never_retried(arity, authority):
    """PERMISSION_DENIED comes back at once, and drops nothing."""
    shop, source = Shop("old", code=DENIED), rotating()
    with serving(shop, authority=authority) as target:
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        with secure_channel(target, source, roots) as channel:
            stub = payments_pb2_grpc.PaymentsStub(channel)
            with pytest.raises(grpc.RpcError) as caught:
                call_all(stub)[arity]()
    assert DENIED is caught.value.code()
    assert "refused by the shop" == caught.value.details()
    assert (["Bearer old"], []) == (shop.tokens, source.invalidated)


def test_a_stream_that_is_refused_halfway_is_not_resent(authority):
    """Messages that were handed out can't be taken back."""
    shop, got = Shop("old", after=1), []
    with serving(shop, authority=authority) as target:
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        with secure_channel(target, rotating(), roots) as channel:
            stream = payments_pb2_grpc.PaymentsStub(channel).List(ORDER, timeout=10)
            with pytest.raises(grpc.RpcError) as caught:
                got.extend(stream)
    assert UNAUTHENTICATED is caught.value.code()
    assert (1, ["Bearer old"]) == (len(got), shop.tokens)


def test_a_refusal_of_every_token_goes_back_as_it_is(authority):
    """Never more than twice, also with the channel's own retries switched on."""
    policy = (
        '{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3, '
        '"initialBackoff": "0.01s", "maxBackoff": "0.01s", "backoffMultiplier": 1, '
        '"retryableStatusCodes": ["UNAVAILABLE"]}}]}'
    )
    shop = Shop("old", "new", "newer")
    source = StaticTokenSource(tokens=["old", "new", "newer"])
    with serving(shop, authority=authority) as target:
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        options = [("grpc.service_config", policy)]
        with secure_channel(target, source, roots, options) as channel:
            with pytest.raises(grpc.RpcError) as caught:
                payments_pb2_grpc.PaymentsStub(channel).Charge(ORDER, timeout=10)
    assert UNAUTHENTICATED is caught.value.code()
    assert ["Bearer old", "Bearer new"] == shop.tokens


@pytest.mark.parametrize("arity", ARITIES)
def test_the_server_sees_what_time_is_left(arity, connect, shop):
    """Waiting for the token comes off the call's own time."""
    call_all(connect(SleepySource(0.5)), timeout=5.0)[arity]()
    (seen,) = shop.calls
    assert 3.0 < seen.seconds_left < 4.6  # core rounds a timeout up a little


@pytest.mark.parametrize("arity", ARITIES)
def test_a_token_that_takes_too_long_is_deadline_exceeded(arity, connect, shop):
    """The caller's deadline holds, whatever the fetch does."""
    call = call_all(connect(SleepySource(30.0)), timeout=0.05)[arity]
    started = time.monotonic()
    with pytest.raises(CallNotSent) as caught:
        call()
    assert time.monotonic() - started < 5
    assert grpc.StatusCode.DEADLINE_EXCEEDED is caught.value.code()
    assert isinstance(caught.value.token_error, TokenTimeout)
    assert [] == shop.calls


@pytest.mark.parametrize("arity", ARITIES)
def test_a_refused_token_request_is_told_as_local(arity, connect, shop):
    """It reads as UNAUTHENTICATED, says that it's local, and sends nothing."""
    source = StaticTokenSource(error=TokenRequestRefused("no such scope"))
    with pytest.raises(CallNotSent) as caught:
        call_all(connect(source))[arity]()
    assert UNAUTHENTICATED is caught.value.code()
    assert caught.value.details().startswith("not sent (decided here")
    assert (1, []) == (source.gets, shop.calls)


def test_other_interceptors_keep_working(target, authority, shop):
    """Before ours and behind it: each sees the call, and ours is the token's."""
    order = []

    class Tracing(
        grpc.UnaryUnaryClientInterceptor  # type: ignore[type-arg]  # not at run time
    ):
        """Adds a header by way of `_replace`, as many do."""

        def __init__(self, name):
            self.name = name

        def intercept_unary_unary(self, continuation, details, request):
            """Note the call, and add a header."""
            order.append(self.name)
            metadata = (*(details.metadata or ()), ("x-extra", self.name))
            return continuation(details._replace(metadata=metadata), request)

    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    inner = grpc.intercept_channel(grpc.secure_channel(target, roots), Tracing("inner"))
    outer = grpc.intercept_channel(intercept(inner, rotating()), Tracing("outer"))
    with outer as channel:
        payments_pb2_grpc.PaymentsStub(channel).Charge(ORDER, timeout=10)
    assert ["outer", "inner", "inner"] == order
    assert ["Bearer old", "Bearer new"] == shop.tokens
    assert ["outer", "inner"] * 2 == shop.extra


def test_many_threads_share_a_channel_through_a_rotation(connect, shop):
    """64 calls with a token that's refused: one is dropped, and all succeed."""
    source = rotating()
    stub = connect(source)
    together = threading.Barrier(64)

    def call(_number):
        together.wait(10)
        return stub.Charge(ORDER, timeout=30).order_id

    with ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(call, range(64)))
    assert ["order-1"] * 64 == replies
    assert ["old"] == [token.value for token in source.invalidated]
    assert 64 == Counter(shop.tokens)["Bearer new"]
