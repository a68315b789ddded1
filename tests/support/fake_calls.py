"""A gRPC call that ends when a test says so, and a channel that gives such calls."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Self

import grpc

OK = grpc.StatusCode.OK
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class FakeCall(
    grpc.RpcError,
    grpc.Call,
    grpc.Future,  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """A running call, as gRPC's own: future, iterator and error in one.

    Args:
        messages: What it yields before it ends.
        code: How it has ended; None: it's running, until `end`.
    """

    def __init__(
        self, *messages: Any, code: grpc.StatusCode | None = UNAUTHENTICATED
    ) -> None:
        super().__init__()
        self._messages = list(messages)
        self._code = code
        self._callbacks: list[Callable[[], None]] = []

    def end(self, code: grpc.StatusCode) -> None:
        """End it, as the server would."""
        self._code = code
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def code(self) -> Any:
        return self._code

    def details(self) -> Any:
        return f"details of {self._code}"

    def initial_metadata(self) -> Any:
        return (("initial", str(self._code)),)

    def trailing_metadata(self) -> Any:
        return (("trailing", str(self._code)),)

    def is_active(self) -> bool:
        return self._code is None

    def time_remaining(self) -> float:
        return 7.0

    def running(self) -> bool:
        return self._code is None

    def done(self) -> bool:
        return self._code is not None

    def cancelled(self) -> bool:
        return self._code is grpc.StatusCode.CANCELLED

    def cancel(self) -> bool:
        if self.done():
            return False
        self.end(grpc.StatusCode.CANCELLED)
        return True

    def exception(self, timeout: float | None = None) -> Any:
        return None if self._code is OK else self

    def traceback(self, timeout: float | None = None) -> Any:
        return None if self._code is OK else "a traceback"

    def result(self, timeout: float | None = None) -> Any:
        if self._code is not OK:
            raise self
        return self._messages[-1]

    def add_callback(self, callback: Callable[[], None]) -> bool:
        if self.done():
            return False
        self._callbacks.append(callback)
        return True

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        if not self.add_callback(lambda: fn(self)):
            fn(self)

    def debug_error_string(self) -> str:
        return "told by the wire"

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if self._messages:
            return self._messages.pop(0)
        if self._code is OK:
            raise StopIteration
        raise self


class FakeMethod:
    """A method of a fake channel: each call gives the next of the script.

    Args:
        channel: The channel.
        blocks: Whether a plain call waits for the response.
    """

    def __init__(self, channel: "FakeChannel", *, blocks: bool) -> None:
        self._channel = channel
        self._blocks = blocks

    def __call__(self, request: Any, **said: Any) -> Any:
        call = self.future(request, **said)
        return call.result() if self._blocks else call

    def with_call(self, request: Any, **said: Any) -> Any:
        call = self.future(request, **said)
        return call.result(), call

    def future(self, request: Any, **said: Any) -> Any:
        self._channel.sent.append(SimpleNamespace(request=request, **said))
        return self._channel.calls.pop(0)


class FakeChannel(grpc.Channel):
    """A channel that gives the calls of a script, and notes what was sent."""

    def __init__(self, *calls: Any) -> None:
        self.calls = list(calls)
        self.sent: list[Any] = []
        self.told: list[Any] = []

    @property
    def tokens(self) -> list[str]:
        """The authorization of each call sent."""
        return [dict(one.metadata)["authorization"] for one in self.sent]

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        self.told.append(("unary_unary", args, kwargs))
        return FakeMethod(self, blocks=True)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        self.told.append(("unary_stream", args, kwargs))
        return FakeMethod(self, blocks=False)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        self.told.append(("stream_unary", args, kwargs))
        return FakeMethod(self, blocks=True)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        self.told.append(("stream_stream", args, kwargs))
        return FakeMethod(self, blocks=False)

    def subscribe(self, *args: Any, **kwargs: Any) -> None:
        self.told.append(("subscribe", args, kwargs))

    def unsubscribe(self, *args: Any, **kwargs: Any) -> None:
        self.told.append(("unsubscribe", args, kwargs))

    def close(self) -> None:
        self.told.append(("close", (), {}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()
