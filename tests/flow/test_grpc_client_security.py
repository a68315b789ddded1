"""Where a token goes over real gRPC, and where it never does."""

import asyncio
from importlib import import_module
from traceback import TracebackException
from typing import Any, cast

import grpc
import pytest

from s2sauth.client.grpc import CallNotSent, intercept, secure_channel
from s2sauth.errors import ConfigurationError
from s2sauth.testing import StaticTokenSource
from shop.v1 import payments_pb2_grpc
from support.grpc_shop import ARITIES, ORDER, Shop, call_all, serving
from support.tls import make_ca

pytestmark = pytest.mark.grpc


UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


DENIED = grpc.StatusCode.PERMISSION_DENIED


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


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("kind", ["tcp", "uds"])
def test_no_token_goes_over_an_insecure_channel(kind, arity, shop, tmp_path):
    """Not one byte of it: the server sees no call, the caller sees the way out."""
    address = "localhost:0" if kind == "tcp" else f"unix:{tmp_path}/shop"
    with (
        serving(shop, address=address) as target,
        intercept(grpc.insecure_channel(target), StaticTokenSource("t1")) as channel,
    ):
        calls = call_all(payments_pb2_grpc.PaymentsStub(channel))
        for _ in range(3):
            with pytest.raises(CallNotSent, match="allow_insecure=True") as caught:
                calls[arity]()
            assert grpc.StatusCode.FAILED_PRECONDITION is caught.value.code()
    assert [] == shop.calls


def test_credentials_that_secure_nothing_are_found_out(shop):
    """It's the connection that counts, not which function opened it."""
    experimental: Any = import_module("grpc.experimental")  # it has no stubs
    nothing = experimental.insecure_channel_credentials()
    with (
        serving(shop) as target,
        secure_channel(target, StaticTokenSource("t1"), nothing) as channel,
        pytest.raises(CallNotSent, match="allow_insecure=True"),
    ):
        payments_pb2_grpc.PaymentsStub(channel).Charge(ORDER, timeout=10)
    assert [] == shop.calls


def test_a_future_over_an_insecure_channel_fails_alike(shop):
    """Its exception is the error that names the way out."""
    with (
        serving(shop) as target,
        intercept(grpc.insecure_channel(target), StaticTokenSource("t1")) as channel,
    ):
        future = payments_pb2_grpc.PaymentsStub(channel).Charge.future(ORDER)
        assert "allow_insecure=True" in future.exception(timeout=10).details()
        assert isinstance(future.exception(), CallNotSent)
    assert [] == shop.calls


@pytest.mark.parametrize("arity", ARITIES)
def test_an_insecure_channel_may_be_allowed(arity, shop):
    """Who says so sends tokens in clear text."""
    with serving(shop) as target:
        bare = grpc.insecure_channel(target)
        with intercept(bare, StaticTokenSource("t1"), allow_insecure=True) as channel:
            call_all(payments_pb2_grpc.PaymentsStub(channel))[arity]()
    assert ["Bearer t1"] == shop.tokens


def test_an_unreachable_server_proves_nothing(authority):
    """A call that finds no server leaves the proof to the next one."""
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    with secure_channel("localhost:1", StaticTokenSource(), roots) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            payments_pb2_grpc.PaymentsStub(channel).Charge(ORDER, timeout=10)
    assert grpc.StatusCode.UNAVAILABLE is caught.value.code()
    assert not isinstance(caught.value, CallNotSent)


class Extra(grpc.AuthMetadataPlugin):
    """Call credentials of the user's own."""

    def __call__(self, context, callback):
        """Add a header."""
        callback((("x-extra", "1"),), None)


@pytest.mark.parametrize("where", ["channel", "call"])
def test_the_users_own_call_credentials_keep_working(where, target, authority, shop):
    """Composite channel credentials and those of a call both go along."""
    extra = grpc.metadata_call_credentials(Extra())
    for_call = extra if where == "call" else None
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    if where == "channel":
        roots = grpc.composite_channel_credentials(roots, extra)
    with secure_channel(target, StaticTokenSource("t1"), roots) as channel:
        stub = payments_pb2_grpc.PaymentsStub(channel)
        for _ in range(2):
            stub.Charge(ORDER, timeout=10, credentials=for_call)
    assert ["Bearer t1", "Bearer t1"] == shop.tokens
    assert ["1", "1"] == shop.extra


def test_a_second_s2sauth_interceptor_is_found(target, authority, shop):
    """Two tokens on one call would be refused by every server; so the call says it."""
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    once = secure_channel(target, StaticTokenSource("t1"), roots)
    with intercept(once, StaticTokenSource("t2")) as channel:
        with pytest.raises(CallNotSent, match="authorization"):
            payments_pb2_grpc.PaymentsStub(channel).Charge(ORDER, timeout=10)
    assert [] == shop.calls


def test_an_asynchronous_channel_is_refused():
    """A grpc.aio channel would never ask a synchronous interceptor."""

    async def attempt():
        async with grpc.aio.insecure_channel("localhost:1") as channel:
            with pytest.raises(ConfigurationError, match=r"grpc\.aio"):
                intercept(cast("grpc.Channel", channel), StaticTokenSource())

    asyncio.run(attempt())


def test_a_servers_refusal_shows_no_token_in_its_traceback(authority):
    """Error reporters print locals; gRPC's frames with the metadata are taken off."""
    shop = Shop("canary", code=DENIED)
    with serving(shop, authority=authority) as target:
        roots = grpc.ssl_channel_credentials(authority.cert_pem)
        with secure_channel(target, StaticTokenSource("canary"), roots) as channel:
            stub = payments_pb2_grpc.PaymentsStub(channel)
            for call in call_all(stub).values():
                with pytest.raises(grpc.RpcError) as caught:
                    call()
                told = TracebackException.from_exception(
                    caught.value, capture_locals=True
                )
                assert "canary" not in "".join(told.format())
