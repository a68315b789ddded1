"""A threaded HTTP/1.1 server on loopback that records what came and says what's wanted."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["HttpServer", "Reply", "Seen", "accepting", "http_server", "scripted"]


@dataclass(frozen=True)
class Seen:
    """One request as it came.

    Args:
        connection: Which connection it came on, counted from 1.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True)
class Reply:
    """What to answer.

    Args:
        chunked: Send the body in two chunks, without Content-Length.
        before: Called before anything is sent; may wait.
        cut: Close the connection in the middle of the body.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    chunked: bool = False
    before: Callable[[], Any] = lambda: None
    cut: bool = False


Answer = Callable[[Seen], Reply]


def accepting(*tokens: str, **refusal: Any) -> Answer:
    """Answer 200 to these tokens, and 401 to all others."""
    good = {f"Bearer {token}" for token in tokens}
    refused = Reply(**{"status": 401, "body": b"who are you?", **refusal})
    return lambda seen: Reply() if seen.authorization in good else refused


def scripted(*replies: Reply) -> Answer:
    """Answer with one reply after the other, then with 200."""
    script = iter(replies)
    return lambda _seen: next(script, Reply())


class HttpServer(ThreadingHTTPServer):
    """Serves loopback; every connection has its own thread.

    Attributes:
        seen: Every request, in order of arrival.
        connections: How many were accepted.
        answer: Gives the reply to each request; may be replaced.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.seen: list[Seen] = []
        self.connections = 0
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server_port}"

    @property
    def authorizations(self) -> list[str | None]:
        return [seen.authorization for seen in self.seen]

    def count_connection(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: HttpServer

    def setup(self) -> None:
        super().setup()
        self.number = self.server.count_connection()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self._body(), self.number)
        self.server.seen.append(seen)
        self._send(self.server.answer(seen))
        return False  # answered: there are no do_GET and so on

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def _send(self, reply: Reply) -> None:
        reply.before()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(_framed(reply))
        self.close_connection = self.close_connection or reply.cut

    def log_message(self, format, *args):  # noqa: A002 - the name in the base class
        """Say nothing."""


def _framed(reply: Reply) -> bytes:
    body = reply.body
    if reply.chunked:
        half = len(body) // 2
        parts = [part for part in (body[:half], body[half:]) if part]
        framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        body = framed + b"0\r\n\r\n"
    return body[: len(body) // 2] if reply.cut else body


@contextmanager
def http_server(
    answer: Answer = lambda _seen: Reply(), tls: ssl.SSLContext | None = None
) -> Iterator[HttpServer]:
    """Serve until the block ends."""
    server = HttpServer(answer, tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
