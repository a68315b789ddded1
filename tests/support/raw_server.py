"""A server on loopback that says exactly the bytes a test wants, when it wants."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["RawServer", "raw_server", "read_request", "simple_answer"]


class RawServer:
    """Accepts connections on loopback and hands each to `talk`, in a thread.

    Args:
        talk: What to say on one connection; it's closed when this returns.
        tls: Wraps every connection, if given.

    Attributes:
        connections: How many were accepted.
        over: Set when the server ends, so that a `talk` that drips can end too.
    """

    def __init__(
        self,
        talk: Callable[["RawServer", socket.socket], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._talk = talk
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self.over.is_set():
            with suppress(OSError):
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10.0)
        # The client may hang up, or refuse our certificate: that's its right.
        with suppress(OSError), connection:
            if self._tls is None:
                self._talk(self, connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secure:
                self._talk(self, secure)

    def close(self) -> None:
        """Accept nothing more, and end what still talks."""
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10.0)


@contextmanager
def raw_server(
    talk: Callable[[RawServer, socket.socket], None],
    tls: ssl.SSLContext | None = None,
) -> Iterator[RawServer]:
    """Run such a server for a while."""
    server = RawServer(talk, tls)
    try:
        yield server
    finally:
        server.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one request, head and body (by its Content-Length); b"" at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def simple_answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Write one answer, whole."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
