"""A small HTTP server on loopback; prints its port, ends with its standard input."""

import asyncio
import json
import os
import secrets
import sys
import threading
from collections import Counter
from urllib.parse import parse_qs, urlsplit

_RESOURCE = json.dumps({"order": "order-1", "cents": 100, "state": "charged"}).encode()


class State:
    """What requests change."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.key_set = b'{"keys": []}'


class Connection(asyncio.Protocol):
    """One connection, kept alive; one request at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = _content_length(head)
        if len(rest) >= length:
            self._buffer = rest[length:]
            method, target, _ = head.decode("latin-1").split(" ", 2)
            self._answer(method, target, rest[:length])

    def _answer(self, method: str, target: str, body: bytes) -> None:
        if target == "/resource":
            self._write(_RESOURCE)
        elif target.startswith("/token/"):
            self._grant(target)
        elif target.startswith("/count/"):
            self._write(str(self._state.counts[target.rpartition("/")[2]]).encode())
        else:
            if method == "PUT":
                self._state.key_set = body
            self._state.counts["jwks"] += 1
            self._write(self._state.key_set)

    def _grant(self, target: str) -> None:
        parts = urlsplit(target)
        self._state.counts[parts.path.rpartition("/")[2]] += 1
        answer = {
            "access_token": secrets.token_urlsafe(560),  # about 750 characters
            "token_type": "Bearer",
            "expires_in": 300,
        }
        delay = float(parse_qs(parts.query)["delay"][0])
        loop = asyncio.get_running_loop()
        loop.call_later(delay, self._write, json.dumps(answer).encode())

    def _write(self, body: bytes) -> None:
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + body)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


async def main() -> None:
    state = State()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(state), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=_end_with_input, daemon=True).start()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
