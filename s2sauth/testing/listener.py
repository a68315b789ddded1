"""Real HTTP/1.1 on loopback: sockets in, requests out; nothing is logged."""

import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from s2sauth.errors import ConfigurationError
from s2sauth.testing.messages import Answer, Request

__all__ = ["Listener"]

HOST = "127.0.0.1"
_MAX_BODY = 64 * 1024  # bytes; a token request has a few hundred
_MAX_DIGITS = 6
_JOIN_LIMIT = 5.0  # seconds


class Listener:
    """Hands requests to an application, a thread for each connection.

    Ready when `start()` returns: the socket listens by then. Thread-safe, but for
    `start` and `stop`, which belong to one thread.

    Args:
        answer: The application.
        port: Where to listen; 0: any free port.
        tls: A server-side context; None: plain http.
    """

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        *,
        port: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._server = _bound(answer, port, tls)
        self.port: int = self._server.server_address[1]
        self._stopping = False
        self._thread = threading.Thread(
            target=self._run, name="s2sauth-testing", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            self._server.handle_request()

    def stop(self) -> None:
        """Refuse connections from now on, and break those that are open."""
        self._stopping = True
        # Wakes the thread out of its wait for a connection; nothing polls.
        socket.create_connection((HOST, self.port), _JOIN_LIMIT).close()
        self._thread.join(_JOIN_LIMIT)
        self._server.server_close()
        self._server.break_connections()


def _bound(
    answer: Callable[[Request], Answer], port: int, tls: ssl.SSLContext | None
) -> "_Server":
    try:
        return _Server(answer, port, tls)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such port"
    message = f"port: {HOST}:{port} can't be listened on ({reason}); 0 takes a free one"
    raise ConfigurationError(message)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a test's whole crowd may connect at once

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        port: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.answer = answer
        self._tls = tls
        self._lock = threading.Lock()  # guards `_open`
        self._open: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind, without the look-up of the host's name that may take seconds."""
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the TLS handshake waits for the connection's own thread."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        """End what's open: kept-alive connections would outlive the listener."""
        with self._lock:
            for connection in self._open:
                _break(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report faults of ours; a client that went away is none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _break(connection: socket.socket) -> None:
    try:
        # Past the TLS layer, which the connection's own thread may be using.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:  # its client was quicker
        return


def _shake_hands(connection: ssl.SSLSocket) -> None:
    try:
        connection.do_handshake()
    except ssl.SSLError:
        # TLS 1.3 clients send before they are told: closed with that unread, the
        # connection would be reset, and the alert lost.
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.settimeout(_JOIN_LIMIT)
        while socket.socket.recv(connection, _MAX_BODY):
            pass
        raise


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "s2sauth-testing"
    sys_version = ""
    wbufsize = 64 * 1024  # head and body in one packet
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Shake hands first: a certificate that's refused shall be told so."""
        if isinstance(self.request, ssl.SSLSocket):
            _shake_hands(self.request)
        super().setup()

    def log_message(self, *_args: object) -> None:
        """Log nothing: a test's output is the test's."""

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except _Unreadable as problem:
            self.close_connection = True
            self._send(Answer(problem.status))
            return
        url = urlsplit(self.path)
        request = Request(
            self.command, url.path, url.query, self.headers, body, self._certificate()
        )
        self._send(self.server.answer(request))

    def _certificate(self) -> bytes | None:
        """Return what the client showed; asked for where the TLS context says so."""
        if isinstance(self.connection, ssl.SSLSocket):
            return self.connection.getpeercert(binary_form=True)
        return None

    # http.server looks for these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _read_body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise _Unreadable(HTTPStatus.LENGTH_REQUIRED)
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _Unreadable(HTTPStatus.BAD_REQUEST)
        if len(length) > _MAX_DIGITS or int(length) > _MAX_BODY:
            raise _Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise _Unreadable(HTTPStatus.BAD_REQUEST)
        return body

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.cut or self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if answer.cut:
            self.close_connection = True
            self.wfile.write(answer.body[: len(answer.body) // 2])
        elif self.command != "HEAD":
            self.wfile.write(answer.body)


class _Unreadable(Exception):
    """A body that can't be read, and the status that says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status
