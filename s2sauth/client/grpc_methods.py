"""The methods of a channel whose calls carry a token: one class for each arity.

In place of `grpc.intercept_channel`, whose interceptors can't tell a blocking call
from a future, and which makes every method anew for every call (15 µs).
"""

from typing import Any

import grpc

from s2sauth.client.grpc_bearer import Bearer, Road

__all__ = ["StreamStream", "StreamUnary", "UnaryStream", "UnaryUnary"]


class _Method:
    """What the four have in common.

    Args:
        bearer: Decides what each call needs.
        name: `/pkg.Service/Method`.
        inner: The same method of the channel below.
    """

    __slots__ = ("_bearer", "_inner", "_name")

    def __init__(self, bearer: Bearer, name: str, inner: Any) -> None:
        self._bearer = bearer
        self._name = name
        self._inner = inner

    def _road(  # noqa: PLR0917 - grpc's signature
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,  # noqa: FBT001 - grpc's signature
        compression: grpc.Compression | None = None,
    ) -> Road:
        said = {
            "timeout": timeout,
            "credentials": credentials,
            "wait_for_ready": wait_for_ready,
            "compression": compression,
        }
        return self._bearer.road(self._name, request, metadata, said)


class UnaryUnary(
    _Method,
    grpc.UnaryUnaryMultiCallable,  # type: ignore[type-arg]  # not at run time
):
    """One request, one response; a blocking call that's refused goes out once more."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call, and wait for the response."""
        road = self._road(*args, **kwargs)
        del args, kwargs  # metadata may hold secrets, and tracebacks show locals
        return road.block(self._inner, again=True)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        """Call, and wait for the response; return it with its call."""
        road = self._road(*args, **kwargs)
        del args, kwargs  # metadata may hold secrets, and tracebacks show locals
        return road.block(self._inner.with_call, again=True)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Start the call; refused, it isn't sent again, but the next one is right."""
        return self._road(*args, **kwargs).start(self._inner.future)


class UnaryStream(
    _Method,
    grpc.UnaryStreamMultiCallable,  # type: ignore[type-arg]  # not at run time
):
    """One request, a stream of responses; refused before the first, once more."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Start the call; iterate it for the responses."""
        return self._road(*args, **kwargs).stream(self._inner)


class StreamUnary(
    _Method,
    grpc.StreamUnaryMultiCallable,  # type: ignore[type-arg]  # not at run time
):
    """A stream of requests, one response; never again, since they're consumed."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call, and wait for the response."""
        road = self._road(*args, **kwargs)
        del args, kwargs  # metadata may hold secrets, and tracebacks show locals
        return road.block(self._inner, again=False)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        """Call, and wait for the response; return it with its call."""
        road = self._road(*args, **kwargs)
        del args, kwargs  # metadata may hold secrets, and tracebacks show locals
        return road.block(self._inner.with_call, again=False)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Start the call."""
        return self._road(*args, **kwargs).start(self._inner.future)


class StreamStream(
    _Method,
    grpc.StreamStreamMultiCallable,  # type: ignore[type-arg]  # not at run time
):
    """Streams both ways; never again, since the requests are consumed."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Start the call; iterate it for the responses."""
        return self._road(*args, **kwargs).start(self._inner)
