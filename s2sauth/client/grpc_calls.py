"""A call in whose place another may come: resent, or explained.

Only for calls that are still running when the interceptor hands them out. Nothing
here blocks where gRPC itself doesn't, and nothing is fetched on gRPC's threads.
"""

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import grpc

from s2sauth._base.concurrency import Lock
from s2sauth.client.grpc_errors import CallNotSent

__all__ = ["PendingCall", "on_end", "was_refused"]


def was_refused(call: Any) -> bool:
    """Tell whether the server answered an ended call with UNAUTHENTICATED.

    Our own failure to get a token is no answer of the server's.
    """
    return (
        isinstance(call, grpc.RpcError)
        and call.code() is grpc.StatusCode.UNAUTHENTICATED
        and not isinstance(call, CallNotSent)
    )


def on_end(call: Any, act: Callable[[Any], None]) -> None:
    """Have `act(call)` called when `call` ends, without keeping it alive.

    `Future.add_done_callback` would: it makes a cycle of a call and its state, and
    a call that nobody holds any more would no longer be cancelled at once.
    """
    if not isinstance(call, grpc.RpcContext):
        return  # an interceptor behind ours made a bare iterator of it
    reference = weakref.ref(call)

    def ended() -> None:
        alive = reference()
        if alive is not None:
            act(alive)

    if not call.add_callback(ended):
        act(call)


class PendingCall(
    grpc.Call,
    grpc.Future,  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """Stands for a call; when the server refuses that, asks for another in its place.

    It asks in the thread of whoever reads the first message or the outcome, before
    they see the refusal. Once a message came, the outcome stands. Done-callbacks
    are called once, with the outcome that stands. Safe to share between threads.

    Args:
        call: The running call.
        replace: Gives the call to come in its place, or None: the refusal stands.
    """

    def __init__(self, call: Any, replace: Callable[[], Any | None]) -> None:
        self._replace = replace
        self._lock = Lock()  # guards what follows; never held during a call
        self._call = call
        self._open = True  # a refusal would be answered
        self._asking = False  # it's being answered right now
        self._held: list[Callable[[Any], None]] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while True:
            call = self._call
            try:
                message = next(call)
            except grpc.RpcError as error:
                failure = error
            else:
                self._open = False
                return message
            if self._replaced(call, failure):
                continue
            try:
                raise failure
            finally:
                del failure  # else the error and this frame keep each other alive

    def result(self, timeout: float | None = None) -> Any:
        """Return the response, or raise the failure."""
        self._call.exception(timeout)
        return self._standing().result(timeout)

    def exception(self, timeout: float | None = None) -> Any:
        """Return the failure, or None."""
        self._call.exception(timeout)
        return self._standing().exception(timeout)

    def traceback(self, timeout: float | None = None) -> Any:
        """Return the failure's traceback, or None."""
        self._call.exception(timeout)
        return self._standing().traceback(timeout)

    def code(self) -> grpc.StatusCode:
        """Return the status, when it's there."""
        self._call.code()
        code: grpc.StatusCode = self._standing().code()
        return code

    def details(self) -> str:
        """Return the status in words, when it's there."""
        self._call.code()
        details: str = self._standing().details()
        return details

    def trailing_metadata(self) -> Any:
        """Return the trailing metadata, when they're there."""
        self._call.code()
        return self._standing().trailing_metadata()

    def initial_metadata(self) -> Any:
        """Return the initial metadata, when they're there."""
        self._call.initial_metadata()
        return self._standing().initial_metadata()

    def is_active(self) -> bool:
        """Tell whether it's running."""
        active: bool = self._call.is_active()
        return active

    def time_remaining(self) -> float:
        """Return the seconds left, or None without a timeout."""
        left: float = self._call.time_remaining()
        return left

    def running(self) -> bool:
        """Tell whether it's running."""
        running: bool = self._call.running()
        return running

    def done(self) -> bool:
        """Tell whether it has ended."""
        done: bool = self._call.done()
        return done

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        cancelled: bool = self._call.cancelled()
        return cancelled

    def cancel(self) -> bool:
        """Cancel it, and whatever would come in its place."""
        with self._lock:
            self._open = False
            call = self._call
        cancelled = bool(call.cancel())
        self._release()
        return cancelled

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have `callback()` called at the end; False where it has ended."""
        if self._call.done():
            return False
        self.add_done_callback(lambda _: callback())
        return True

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Have `fn(self)` called at the end, or now where it has ended."""
        self._call.add_done_callback(partial(self._ended, fn))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def answer_refusal(self) -> None:
        """Ask for the other call now, if this one has ended refused."""
        self._standing()

    def _standing(self) -> Any:
        """Return the call whose outcome stands, given that it has one."""
        call = self._call
        while call.done() and self._replaced(call, call):
            call = self._call
        return call

    def _replaced(self, call: Any, failure: Any) -> bool:
        """Answer a refusal; say whether another call than `call` stands now."""
        if not was_refused(failure):
            return False
        with self._lock:
            if self._call is not call or self._asking or not self._open:
                return self._call is not call
            self._asking = True
        other = self._replace()
        with self._lock:
            self._asking = False
            cancelled = not self._open
            if other is None:
                self._open = False
            else:
                self._call = other
        if cancelled and other is not None:
            other.cancel()
        self._release()
        return other is not None

    def _ended(self, fn: Callable[[Any], None], call: Any) -> None:
        with self._lock:
            stands = self._call is call
            held = (self._open or self._asking) and was_refused(call)
            if stands and held:
                self._held.append(fn)
        if not stands:
            self.add_done_callback(fn)
        elif not held:
            fn(self)

    def _release(self) -> None:
        """Take up the callbacks that waited for the answer to a refusal."""
        with self._lock:
            held, self._held = self._held, []
        for fn in held:
            self.add_done_callback(fn)
