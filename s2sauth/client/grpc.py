"""Puts a bearer token on every call of a gRPC channel.

::

    channel ──► method (one class per arity) ──► road: attempt │ untouched │ unsent
                                                  token, deadline, answer to a refusal

`client.flow` alone decides what a refusal leads to; here is only what gRPC asks for.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

try:
    import grpc
except ImportError as error:
    missing = "s2sauth.client.grpc needs grpcio: pip install 's2sauth[grpc]'"
    raise ImportError(missing) from error

from s2sauth.client.grpc_bearer import Bearer
from s2sauth.client.grpc_errors import CallNotSent
from s2sauth.client.grpc_methods import (
    StreamStream,
    StreamUnary,
    UnaryStream,
    UnaryUnary,
)
from s2sauth.errors import ConfigurationError
from s2sauth.values import MethodTokenSources, TokenSource

__all__ = ["BearerChannel", "CallNotSent", "intercept", "secure_channel"]


def secure_channel(
    target: str,
    tokens: TokenSource | MethodTokenSources,
    credentials: grpc.ChannelCredentials | None = None,
    options: Sequence[tuple[str, Any]] | None = None,
    compression: grpc.Compression | None = None,
) -> grpc.Channel:
    """Open a channel whose calls carry a token, over TLS.

    Safe to share between threads; not to be used across a fork.

    Args:
        target: The server, as for `grpc.secure_channel`.
        tokens: A token source for every call, or one for each method
            (`manager.sources_for(…)`).
        credentials: In place of TLS with gRPC's own root certificates.
        options: gRPC's channel arguments.
        compression: The default compression of its calls.

    Raises:
        ConfigurationError: `tokens` is neither.
    """
    bearer = Bearer(tokens, allow_insecure=credentials is None)  # TLS needs no proof
    given = credentials or grpc.ssl_channel_credentials()
    channel = grpc.secure_channel(target, given, options, compression)
    return BearerChannel(channel, bearer)


def intercept(
    channel: grpc.Channel,
    tokens: TokenSource | MethodTokenSources,
    allow_insecure: bool = False,  # noqa: FBT001, FBT002 - the public contract
) -> grpc.Channel:
    """Return a channel over `channel` whose calls carry a token.

    A blocking call, or a stream of responses before its first message, is sent once
    more when the server answers UNAUTHENTICATED. A call for which there's no token
    fails with a `CallNotSent`. Closing it closes `channel`. Safe to share between
    threads.

    Args:
        channel: Any synchronous channel, intercepted ones included.
        tokens: A token source for every call, or one for each method.
        allow_insecure: Send tokens in clear text, too, for example to a sidecar.
            Without it a call over an insecure channel fails before it's sent.

    Raises:
        ConfigurationError: `tokens` is neither, or `channel` isn't synchronous.
    """
    if not isinstance(channel, grpc.Channel):
        message = (
            f"channel is a {type(channel).__module__}.{type(channel).__qualname__}; "
            "it must be a grpc.Channel: grpc.aio isn't supported"
        )
        raise ConfigurationError(message)
    return BearerChannel(channel, Bearer(tokens, allow_insecure=allow_insecure))


class BearerChannel(grpc.Channel):
    """A channel over another one; what `intercept` and `secure_channel` return.

    Args:
        channel: The channel below; closed with this one.
        bearer: Decides what each call needs.
    """

    def __init__(self, channel: grpc.Channel, bearer: Bearer) -> None:
        self._channel = channel
        self._bearer = bearer

    # What gRPC hands over beside a method's name goes on as it is: generated code and
    # gRPC's own wrappers pass private arguments that differ by version.

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> UnaryUnary:
        """Return a method with one request and one response."""
        inner = self._channel.unary_unary(method, *args, **kwargs)
        return UnaryUnary(self._bearer, method, inner)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> UnaryStream:
        """Return a method with one request and a stream of responses."""
        inner = self._channel.unary_stream(method, *args, **kwargs)
        return UnaryStream(self._bearer, method, inner)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> StreamUnary:
        """Return a method with a stream of requests and one response."""
        inner = self._channel.stream_unary(method, *args, **kwargs)
        return StreamUnary(self._bearer, method, inner)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> StreamStream:
        """Return a method with streams both ways."""
        inner = self._channel.stream_stream(method, *args, **kwargs)
        return StreamStream(self._bearer, method, inner)

    def subscribe(
        self,
        callback: Callable[[grpc.ChannelConnectivity], None],
        try_to_connect: bool = False,  # noqa: FBT001, FBT002 - grpc's signature
    ) -> None:
        """Have `callback` told of the connection's state."""
        self._channel.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        """Have `callback` told no more."""
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        """Close the channel below, and end its calls."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()
