"""What a gRPC call ends in when it was never sent: an error that is a call, too.

gRPC wants an interceptor to *return* a finished call, never to raise: what is
raised comes out raw from a blocking call and as INTERNAL from all the others.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, Self

import grpc

from s2sauth.errors import (
    ConfigurationError,
    TokenError,
    TokenRequestRefused,
    TokenTimeout,
)

__all__ = ["CallNotSent"]

_CODES: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (TokenTimeout, grpc.StatusCode.DEADLINE_EXCEEDED),
    (TokenRequestRefused, grpc.StatusCode.UNAUTHENTICATED),
    (TokenError, grpc.StatusCode.UNAVAILABLE),
    (ConfigurationError, grpc.StatusCode.FAILED_PRECONDITION),
)


class CallNotSent(
    grpc.RpcError,
    grpc.Call,
    grpc.Future,  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """A call that wasn't sent, since there was no token for it.

    It's a finished call, future and response iterator, and the `grpc.RpcError`
    that each of them raises.

    Args:
        error: Why there was none.

    Attributes:
        token_error: The same; also the `__cause__`.
    """

    def __init__(self, error: TokenError | ConfigurationError) -> None:
        code = next(code for kind, code in _CODES if isinstance(error, kind))
        details = f"not sent (decided here, the server wasn't asked): {error}"
        super().__init__(f"{code.name}: {details}")
        self.token_error = error
        self.__cause__ = error
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        """Return the status that stands for the cause."""
        return self._code

    def details(self) -> str:
        """Return the cause in words, and that it's local."""
        return self._details

    def debug_error_string(self) -> str:
        """Return the same as `details`: there's no wire to tell of."""
        return self._details

    def initial_metadata(self) -> tuple[()]:
        """Return none: no server answered."""
        return ()

    def trailing_metadata(self) -> tuple[()]:
        """Return none: no server answered."""
        return ()

    def is_active(self) -> bool:
        """Return False: it has ended."""
        return False

    def time_remaining(self) -> None:  # type: ignore[override]  # None in grpc, too
        """Return None, as every ended call does."""

    def cancel(self) -> bool:
        """Return False: there's nothing left to cancel."""
        return False

    def cancelled(self) -> bool:
        """Return False: it failed."""
        return False

    def running(self) -> bool:
        """Return False: it has ended."""
        return False

    def done(self) -> bool:
        """Return True: it has ended."""
        return True

    def result(self, timeout: float | None = None) -> NoReturn:  # noqa: ARG002 - grpc's
        """Raise this error."""
        raise self

    def exception(self, timeout: float | None = None) -> Self:  # noqa: ARG002 - grpc's
        """Return this error."""
        return self

    def traceback(
        self,
        timeout: float | None = None,  # noqa: ARG002 - grpc's signature
    ) -> TracebackType | None:
        """Return where it was raised, if it was."""
        return self.__traceback__

    def add_callback(self, callback: Callable[[], None]) -> bool:  # noqa: ARG002 - grpc's
        """Return False: the call has ended, so `callback` won't be called."""
        return False

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call `fn` at once."""
        fn(self)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> NoReturn:
        raise self
