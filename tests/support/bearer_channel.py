"""A channel whose calls carry a token, over a fake one."""

import grpc

from s2sauth.client.grpc import BearerChannel
from s2sauth.client.grpc_bearer import Bearer
from s2sauth.errors import ConfigurationError, Reason
from s2sauth.testing import FakeClock, StaticTokenSource

DENIED = grpc.StatusCode.PERMISSION_DENIED


KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


class SlowSource(StaticTokenSource):
    """Takes its time, by a clock that a test can read."""

    def __init__(self, clock, seconds, **options):
        super().__init__(**options)
        self.clock = clock
        self.seconds = seconds
        self.timeouts = []

    def get(self, timeout=None, min_validity=0.0):
        """Let time go by, and give a token."""
        self.timeouts.append(timeout)
        self.clock.advance(self.seconds)
        return super().get(timeout, min_validity)


class Methods:
    """A source for each method, as `manager.sources_for` gives."""

    def __init__(self, **sources):
        self.sources = sources

    def source_for(self, method):
        """Return the method's source, or say that nothing is declared."""
        name = method.rpartition("/")[2]
        if name not in self.sources:
            message = f"nothing is declared for {method}"
            raise ConfigurationError(message, reason=Reason.METHOD_NOT_DECLARED)
        return self.sources[name]


def over(channel, tokens=None, clock=None, *, allow_insecure=True):
    """Return a channel over another; most tests need no proof of a secure one."""
    known = tokens or StaticTokenSource("t1")
    bearer = Bearer(known, allow_insecure=allow_insecure, clock=clock or FakeClock())
    return BearerChannel(channel, bearer)


def method(channel, kind):
    """Return a method of the channel."""
    return getattr(channel, kind)("/shop.v1.Payments/Charge")


def run(channel, kind="unary_unary", **said):
    """Call a method of a kind; return the call, or the error of a blocking one."""
    try:
        return method(channel, kind)("request", **said)
    except grpc.RpcError as error:
        return error


RUNNING = {
    "unary_unary": lambda stub: stub.future("request"),
    "stream_unary": lambda stub: stub.future("request"),
    "stream_stream": lambda stub: stub("request"),
}
