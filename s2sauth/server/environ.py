"""What every WSGI adapter needs: the caller's header, and the identity held for it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote_plus
from wsgiref.types import WSGIEnvironment

from s2sauth.server.identity import identity_reset, identity_set
from s2sauth.values import Identity

__all__ = ["IdentityScope", "authorization_values", "query_problem"]

T = TypeVar("T")

# Servers join repeated headers with commas. No bearer token has one, and in what other
# schemes send none is followed by `Bearer `.
_JOINED = re.compile(r"\s*bearer\b.*,|.*,\s*bearer\s", re.IGNORECASE | re.DOTALL)


def authorization_values(environ: WSGIEnvironment) -> list[str]:
    """Return every `Authorization` value, also where the server joined several."""
    value = environ.get("HTTP_AUTHORIZATION")
    if value is None:
        return []
    return value.split(",") if _JOINED.match(value) else [value]


def query_problem(environ: WSGIEnvironment) -> str | None:
    """Say that a token came in the query (RFC 6750 §2.3), or None."""
    query = environ.get("QUERY_STRING", "")
    # The first look is cheap, and nearly always enough.
    if "access_token" in unquote_plus(query):
        for name, _ in parse_qsl(query, keep_blank_values=True):
            if name == "access_token":
                return "a token came in the query; send it as Authorization: Bearer"
    return None


class IdentityScope:
    """Makes an identity current for each step of one request, and only then.

    Each step sets and resets it, rather than the first and the last one: an answer
    that's never closed, or closed on another thread, leaves nothing behind.

    Args:
        identity: Who calls, or None.
    """

    __slots__ = ("identity",)

    def __init__(self, identity: Identity | None = None) -> None:
        self.identity = identity

    def run(self, step: Callable[..., T], *args: Any) -> T:
        """Return what `step` returns."""
        token = identity_set(self.identity)
        try:
            return step(*args)
        finally:
            identity_reset(token)

    def hold(self, environ: WSGIEnvironment, body: Iterable[bytes]) -> Iterable[bytes]:
        """Return `body` so that each of its steps sees the identity.

        What runs no code of the application stays as it is: servers know lists and
        their own file wrapper, and send those faster.
        """
        wrapper = environ.get("wsgi.file_wrapper")
        if type(body) in (list, tuple):
            return body
        if isinstance(wrapper, type) and isinstance(body, wrapper):
            return body
        return _Sized(self, body) if hasattr(body, "__len__") else _Steps(self, body)


class _Steps:
    """An answer whose every step runs in the scope of its identity."""

    def __init__(self, scope: IdentityScope, body: Iterable[bytes]) -> None:
        self._scope = scope
        self._body = body
        self._chunks: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._chunks is None:
            self._chunks = self._scope.run(iter, self._body)
        chunk: bytes = self._scope.run(next, self._chunks)
        return chunk

    def close(self) -> None:
        """Close the answer, as PEP 3333 asks of servers."""
        close = getattr(self._body, "close", None)
        if close is not None:
            self._scope.run(close)


class _Sized(_Steps):
    """One whose number of chunks is known, from which servers derive its length."""

    def __len__(self) -> int:
        return len(self._body)  # type: ignore[arg-type]  # made only for what has one
