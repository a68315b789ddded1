"""The handlers that the server's interceptor puts in place of others."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import grpc
import pytest

from s2sauth.policy import Policy, Rule
from s2sauth.server.identity import current_identity
from support.auth_door import CHARGE, DENIED, GOOD, call, choose, door, echo
from support.fake_server import FakeContext

pytestmark = pytest.mark.grpc


@pytest.mark.parametrize(
    "make",
    [
        grpc.unary_unary_rpc_method_handler,
        grpc.unary_stream_rpc_method_handler,
        grpc.stream_unary_rpc_method_handler,
        grpc.stream_stream_rpc_method_handler,
    ],
)
def test_a_guarded_handler_is_of_the_same_kind(make):
    """Arity and the two serializers stay."""
    handler = make(echo, str, bytes)
    guarded = choose(door(), CHARGE, GOOD, handler=handler)
    for name in (
        "request_streaming",
        "response_streaming",
        "request_deserializer",
        "response_serializer",
    ):
        assert getattr(handler, name) == getattr(guarded, name)


def test_a_guarded_handler_is_made_once():
    """The second call costs a look-up; another handler is guarded anew."""
    interceptor = door()
    first = choose(interceptor, CHARGE, GOOD)
    other = grpc.unary_unary_rpc_method_handler(echo)
    assert first is choose(interceptor, CHARGE, GOOD)
    assert first is not choose(interceptor, CHARGE, GOOD, handler=other)


class Changing(Policy):
    """A policy whose rules are read anew while the server runs."""

    now = Rule()

    def rule_for(self, operation):
        """Return the rule of the moment."""
        return self.now


def test_a_guarded_handler_doesnt_outlive_its_rule():
    """What's kept was kept for this very rule."""
    policy = Changing()
    interceptor = door(policy)
    assert call(interceptor, CHARGE, GOOD)[0] is None
    policy.now = Rule(clients="others")
    assert DENIED is call(interceptor, CHARGE, GOOD)[0]


def test_callers_dont_choose_how_much_is_kept():
    """A handler that takes any name doesn't let memory grow."""
    interceptor = door(Policy({"/any.Service/*": Rule()}))
    for number in range(5000):
        choose(interceptor, f"/any.Service/Method{number}", GOOD)
    assert 4096 == len(interceptor._kept)


def test_gets_along_with_handlers_that_answer_by_callback():
    """The marks that gRPC looks for stay, and so does the third argument."""

    class Watch:
        """Answers by a callback, as the health service's Watch does."""

        experimental_non_blocking = True

        def __init__(self, pool):
            self.experimental_thread_pool = pool

        def __call__(self, request, context, send):
            send(current_identity().client_id)

    with ThreadPoolExecutor(1) as pool:
        handler = grpc.unary_stream_rpc_method_handler(Watch(pool))
        guarded = choose(door(), CHARGE, GOOD, handler=handler).unary_stream
    sent = []
    Context().run(guarded, "request", FakeContext(GOOD), sent.append)
    assert ["orders"] == sent
    assert (True, pool) == (
        guarded.experimental_non_blocking,
        guarded.experimental_thread_pool,
    )
