"""Connections that are bounded in total, against a server that drips bytes.

A timeout per read would let such a server hold us for ever: each byte starts it
anew. So sockets ask, before every read, what the whole exchange has left.
"""

import http.client
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import requests.utils
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from s2sauth.errors import ConfigurationError

__all__ = [
    "BoundedPool",
    "BoundedTlsPool",
    "bounded",
    "default_tls_context",
    "make_tls_context",
]

_seconds_left: ContextVar[Callable[[], float]] = ContextVar("seconds_left")


@contextmanager
def bounded(seconds_left: Callable[[], float]) -> Iterator[None]:
    """Bound everything that this thread sends and reads meanwhile."""
    token = _seconds_left.set(seconds_left)
    try:
        yield
    finally:
        _seconds_left.reset(token)


def _remaining() -> float:
    left = _seconds_left.get()()
    if left <= 0:
        message = "the exchange took longer than it may"
        raise TimeoutError(message)
    return left


class _BoundedSocket(socket.socket):
    """A socket whose reads are bounded in total."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_remaining())
        return super().recv_into(*args, **kwargs)


class _BoundedTlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_remaining())
        return super().recv_into(*args, **kwargs)


def _bounded_socket(plain: socket.socket) -> socket.socket:
    same = _BoundedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    try:
        same.settimeout(_remaining())  # holds for the TLS handshake as a whole
    except TimeoutError:  # connecting took all the time there was
        same.close()
        raise
    return same


class _WholeHead(http.client.HTTPResponse):
    """An answer whose head broke off is a broken connection, not a short head."""

    def begin(self) -> None:
        super().begin()
        if self.msg.defects:
            message = "the head of the answer broke off"
            raise http.client.HTTPException(message)


class _BoundedConnection(HTTPConnection):
    response_class = _WholeHead

    def _new_conn(self) -> socket.socket:
        return _bounded_socket(super()._new_conn())


class _BoundedTlsConnection(HTTPSConnection):
    response_class = _WholeHead

    def _new_conn(self) -> socket.socket:
        return _bounded_socket(super()._new_conn())


class BoundedPool(urllib3.HTTPConnectionPool):
    """Plain connections, bounded."""

    ConnectionCls = _BoundedConnection


class BoundedTlsPool(urllib3.HTTPSConnectionPool):
    """TLS connections, bounded."""

    ConnectionCls = _BoundedTlsConnection


def _trusted_authorities(ca: str | os.PathLike[str] | None) -> str:
    """Say whom to trust: the user's own CA, the environment's, certifi's."""
    if ca is not None:
        return os.fspath(ca)
    environment = os.environ
    return (
        environment.get("REQUESTS_CA_BUNDLE")
        or environment.get("CURL_CA_BUNDLE")
        or requests.utils.DEFAULT_CA_BUNDLE_PATH
    )


def default_tls_context() -> ssl.SSLContext:
    """Return the context for when the user gives no CA of its own.

    Made once for each set of authorities, since reading them takes 20 ms; nothing may
    be changed about it.

    Raises:
        ConfigurationError: The environment's CA can't be read.
    """
    return _shared_context(_trusted_authorities(None))


@cache
def _shared_context(authorities: str) -> ssl.SSLContext:
    return make_tls_context(authorities)


def make_tls_context(ca: str | os.PathLike[str] | None) -> ssl.SSLContext:
    """Return a client context: TLS 1.2 at least, names checked.

    Args:
        ca: A PEM file or folder; None: the environment's, else requests' own.

    Raises:
        ConfigurationError: `ca` can't be read or holds no certificate.
    """
    authorities = _trusted_authorities(ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _BoundedTlsSocket
    try:
        if os.path.isdir(authorities):  # noqa: PTH112 - a path as given
            context.load_verify_locations(capath=authorities)
        else:
            context.load_verify_locations(cafile=authorities)
    except (OSError, ssl.SSLError):
        message = f"ca: {authorities!r} can't be read as PEM certificates"
    else:
        return context
    raise ConfigurationError(message)
