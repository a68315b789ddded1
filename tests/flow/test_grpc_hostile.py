"""Callers of a gRPC server who play tricks, give up, or send too much."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from s2sauth.events import AccessDecided
from s2sauth.policy import Policy, Rule
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.server.identity import current_identity
from s2sauth.testing import StaticVerifier
from s2sauth.values import Identity
from shop.v1 import payments_pb2_grpc
from support.grpc_shop import ARITIES, ORDER, Shop, call_all, serving

pytestmark = pytest.mark.grpc

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
GOOD = (("authorization", "Bearer good"),)
PATIENCE = 20.0


class SlowVerifier:
    """Takes its time where it's told to, as one does that fetches keys.

    Attributes:
        reached: Set once a verification began.
        gate: Verifications wait here while it's clear.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._known = StaticVerifier({"good": {"client_id": "orders"}})

    def verify(self, token: str, *, presentation: Any = None) -> Identity:
        """Verify after the gate."""
        self.reached.set()
        self.gate.wait(PATIENCE)
        return self._known.verify(token)


class Rig:
    """One server with one worker, so that a lost one would be missed."""

    def __init__(self) -> None:
        self.verifier = SlowVerifier()
        self.events: list[Any] = []
        self.shop = Shop(client=lambda: current_identity().client_id)
        self.interceptor = AuthInterceptor(
            self.verifier,
            Policy({"/shop.v1.Payments/*": Rule()}),
            observers=[self.events.append],
        )

    def is_served(self, stub: Any) -> bool:
        """Tell whether a good call is handled now."""
        reply = stub.Charge(ORDER, metadata=GOOD, timeout=PATIENCE)
        return bool(reply.client_id == "orders")


@pytest.fixture
def rig() -> Rig:
    """What the server is made of."""
    return Rig()


@pytest.fixture
def stub(rig: Rig) -> Iterator[Any]:
    """A bare stub."""
    with (
        serving(rig.shop, interceptors=[rig.interceptor], workers=1) as target,
        grpc.insecure_channel(target) as channel,
    ):
        yield payments_pb2_grpc.PaymentsStub(channel)


TRICKS = {
    "binary": (("authorization-bin", b"Bearer good"),),
    "another name": (("x-authorization", "Bearer good"),),
    "a proxy name": (("proxy-authorization", "Bearer good"),),
    "joined by a comma": (("authorization", "Bearer good,Bearer good"),),
    "joined by a comma and a space": (("authorization", "Bearer good, Bearer bad"),),
    "one value empty": (("authorization", ""), *GOOD),
    "good first, then bad": (*GOOD, ("authorization", "Bearer bad")),
    "another scheme beside": (("authorization", "Basic dTpw"), *GOOD),
    "no scheme": (("authorization", "good"),),
    "a tab for the space": (("authorization", "Bearer\tgood"),),
}


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("trick", TRICKS)
def test_tricks(rig, stub, trick, arity):
    """Whatever the metadata says, only one plain bearer token counts."""
    with pytest.raises((grpc.RpcError, ValueError)) as caught:
        call_all(stub, metadata=TRICKS[trick])[arity]()

    if isinstance(caught.value, grpc.RpcError) and trick != "a tab for the space":
        assert UNAUTHENTICATED is caught.value.code()
    assert [] == rig.shop.calls
    assert rig.is_served(stub)


def test_upper_case_keys(rig, stub):
    """HTTP/2 has none (RFC 9113 §8.2.1): gRPC itself doesn't send them."""
    with pytest.raises((grpc.RpcError, ValueError)):
        stub.Charge(
            ORDER, metadata=(("Authorization", "Bearer good"),), timeout=PATIENCE
        )

    assert [] == rig.shop.calls
    assert rig.is_served(stub)


@pytest.mark.parametrize("size", [17_000, 1_000_000])
def test_huge_metadata(rig, stub, size):
    """What's too much for a token, or for gRPC, is refused; the server goes on."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Charge(
            ORDER,
            metadata=(("authorization", "Bearer " + "a" * size),),
            timeout=PATIENCE,
        )

    assert caught.value.code() in (UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert not rig.verifier.reached.is_set()
    assert rig.is_served(stub)


@pytest.mark.parametrize("arity", ["Charge", "List"])
def test_a_deadline_that_passes_while_verifying(rig, stub, arity):
    """The caller is told in time; the worker comes back, and takes the next call."""
    rig.verifier.gate.clear()

    with pytest.raises(grpc.RpcError) as caught:
        call_all(stub, timeout=0.3, metadata=GOOD)[arity]()
    assert grpc.StatusCode.DEADLINE_EXCEEDED is caught.value.code()

    rig.verifier.gate.set()
    assert rig.is_served(stub)
    assert [True, True] == [event.allowed for event in rig.events]


def test_a_client_that_cancels_while_verifying(rig, stub):
    """Its call ends at once; the decision is told once, and the next call is served."""
    rig.verifier.gate.clear()
    call = stub.Charge.future(ORDER, metadata=GOOD, timeout=PATIENCE)
    assert rig.verifier.reached.wait(PATIENCE)

    assert call.cancel()
    assert grpc.StatusCode.CANCELLED is call.code()

    rig.verifier.gate.set()
    assert rig.is_served(stub)
    assert 2 == len([one for one in rig.events if isinstance(one, AccessDecided)])
