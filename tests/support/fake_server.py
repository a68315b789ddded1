"""A gRPC server's side of one call, without a server."""

from types import SimpleNamespace
from typing import Any, NoReturn

import grpc


class Aborted(Exception):
    """A call was ended with a status."""


class FakeContext:
    """What a handler is given, as far as the interceptor uses it.

    Args:
        authorization: The values that came.
        trailing: What interceptors before ours have set.
    """

    def __init__(
        self,
        *authorization: str,
        trailing: tuple[tuple[str, str | bytes], ...] | None = None,
    ) -> None:
        self._metadata = metadata_of(*authorization)
        self._trailing = trailing
        self.code: grpc.StatusCode | None = None
        self.details: str | None = None

    def invocation_metadata(self) -> Any:
        return self._metadata

    def trailing_metadata(self) -> Any:
        return self._trailing

    def set_trailing_metadata(self, metadata: Any) -> None:
        self._trailing = metadata

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        self.code, self.details = code, details
        raise Aborted


def metadata_of(*authorization: str) -> tuple[tuple[str, str], ...]:
    """Return what a call brings along."""
    values = tuple(("authorization", value) for value in authorization)
    return (("user-agent", "tests"), *values, ("x-request-id", "7"))


def asked(method: str, *authorization: str) -> Any:
    """Return what `intercept_service` is told of a call."""
    return SimpleNamespace(
        method=method, invocation_metadata=metadata_of(*authorization)
    )
