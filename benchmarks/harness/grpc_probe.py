"""A gRPC server that reads how much CPU an interceptor takes, and who calls it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import thread_time
from typing import Any

import grpc

METHOD = "/bench.Payments/Charge"
Recorded = tuple[Any, Any]  # a call's details, and its context
Handle = Callable[[Any, Any], Any]

_CALLER = Path(__file__).parent.parent / "servers" / "caller.py"
_RECORDED = 100  # calls


class Probe(grpc.ServerInterceptor):
    """Reads the thread's CPU around another interceptor and what that makes.

    Args:
        inner: The interceptor.
        before: Done in the handler's thread, as a part of the handler.
    """

    def __init__(
        self, inner: grpc.ServerInterceptor, before: Callable[[], object] | None = None
    ) -> None:
        self._inner = inner
        self._before = before
        self.looking: list[float] = []
        self.handling: list[float] = []
        self.recorded: list[Recorded] = []

    def forget(self) -> None:
        self.looking.clear()
        self.handling.clear()

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        began = thread_time()
        handler = self._inner.intercept_service(continuation, handler_call_details)
        self.looking.append(thread_time() - began)
        inner = handler.unary_unary

        def handle(request: Any, context: Any) -> Any:
            if len(self.recorded) < _RECORDED:
                self.recorded.append((handler_call_details, context))
            return self._timed(inner, request, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def _timed(self, inner: Handle, request: Any, context: Any) -> Any:
        before, began = self._before, thread_time()
        if before is not None:
            before()
        answer = inner(request, context)
        self.handling.append(thread_time() - began)
        return answer


class Nothing(grpc.ServerInterceptor):
    """Passes every call on."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        return continuation(handler_call_details)


class _Payments(grpc.GenericRpcHandler):
    """Gives every request back."""

    def __init__(self) -> None:
        self._handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)

    def service(self, handler_call_details: Any) -> Any:
        return self._handler if handler_call_details.method == METHOD else None


@contextmanager
def serving(probe: Probe) -> Iterator[str]:
    server = grpc.server(
        ThreadPoolExecutor(2), handlers=[_Payments()], interceptors=[probe]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def caller(token: str, targets: list[str]) -> Iterator[Callable[[int], None]]:
    """Give a function that has every server called so many times, in turn."""
    command = [sys.executable, str(_CALLER), token, *targets]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    to_caller, from_caller = process.stdin, process.stdout
    from_caller.readline()

    def call(number: int) -> None:
        to_caller.write(f"{number}\n")
        to_caller.flush()
        from_caller.readline()

    try:
        yield call
    finally:
        process.communicate()
