"""While a token lives no call fails, whatever the server does; and it's asked rarely."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s2sauth import ClientSecret, Provider, TokenManager
from s2sauth.events import Event, TokenFetchFailed, TokenServedWhileRefreshFails
from s2sauth.testing import AuthorizationServer, FakeClock
from support.raw_server import RawServer, raw_server, read_request, simple_answer
from support.tls import make_ca

TOKEN = b'{"access_token":"t","token_type":"Bearer","expires_in":300}'
WHOLE = simple_answer(TOKEN)
Talk = Callable[[RawServer, socket.socket], None]


class Told:
    """Keeps events, and lets a test wait for a failed refresh."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failed = threading.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, TokenServedWhileRefreshFails):
            self.failed.set()


@contextmanager
def manager_at(
    url: str, clock: FakeClock, told: Told, ca: Path | None = None
) -> Iterator[TokenManager]:
    """Run a manager whose patience is short."""
    with TokenManager(
        Provider(issuer="https://x", token_url=url),
        client_id="c",
        credential=ClientSecret("s"),
        timeout=0.3,
        flight_timeout=0.6,
        observers=[told],
        clock=clock,
        ca=ca,
    ) as manager:
        yield manager


def says(data: bytes) -> Talk:
    """Answer with these bytes, and hang up."""

    def talk(_server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)

    return talk


def hangs(server: RawServer, connection: socket.socket) -> None:
    """Take the request, and never answer."""
    read_request(connection)
    server.over.wait(30)


def drips(server: RawServer, connection: socket.socket) -> None:
    """Answer a byte at a time."""
    read_request(connection)
    for byte in WHOLE:
        connection.sendall(bytes([byte]))
        if server.over.wait(0.05):
            return


def resets(_server: RawServer, connection: socket.socket) -> None:
    """Break the connection in the middle of the body."""
    read_request(connection)
    connection.sendall(WHOLE[:-10])
    hard = b"\1\0\0\0\0\0\0\0"  # linger for 0 s: a reset instead of an end
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)


FAULTS: dict[str, Talk] = {
    "hangs": hangs,
    "drips": drips,
    "resets": resets,
    "hangs up": says(b""),
    "garbage": says(b"\x00garbage\r\n\r\n"),
    "500": says(simple_answer(status="500 Oh")),
    "429": says(simple_answer(b"", "Retry-After: 1", status="429 Slow")),
    "401": says(simple_answer(b'{"error":"invalid_client"}', status="401 No")),
    "400": says(simple_answer(b'{"error":"invalid_scope"}', status="400 No")),
    "HTML": says(simple_answer(b"<html>maintenance</html>")),
    "a redirect": says(simple_answer(b"", "Location: /login", status="302 Found")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_live_token_is_served_through_any_fault(fault: str) -> None:
    """From the window's start to the token's last moment no call fails or waits."""
    healthy = threading.Event()
    healthy.set()

    def talk(server: RawServer, connection: socket.socket) -> None:
        if healthy.is_set():
            says(WHOLE)(server, connection)
        else:
            FAULTS[fault](server, connection)

    clock, told = FakeClock(), Told()
    with raw_server(talk) as server:
        url = f"http://127.0.0.1:{server.port}/token"
        with manager_at(url, clock, told) as manager:
            source = manager.source()
            token = source.get()
            healthy.clear()
            clock.advance(245.0)
            assert source.get(timeout=0) is token
            assert told.failed.wait(20)
            clock.advance(54.999)
            assert source.get(timeout=0) is token
            healthy.set()
            clock.advance(0.001)
            assert source.get(timeout=20) is not token


def test_a_live_token_is_served_through_broken_tls(tmp_path: Path) -> None:
    """A certificate of another authority is named in the event; the token serves."""
    for name in ("ca", "good", "bad"):
        (tmp_path / name).mkdir()
    ours, theirs = make_ca(), make_ca()
    ca = ours.write(tmp_path / "ca")
    contexts = [
        one.issue("localhost", ["127.0.0.1"]).server_context(tmp_path / name)
        for one, name in ((ours, "good"), (theirs, "bad"))
    ]
    clock, told = FakeClock(), Told()
    with AuthorizationServer(dialect="keycloak", tls=contexts[0]) as idp:
        idp.add_client("c", secret="s")
        with manager_at(idp.url("token"), clock, told, ca) as manager:
            source = manager.source()
            token = source.get()
            idp.stop()
            with AuthorizationServer("keycloak", port=idp.port, tls=contexts[1]):
                clock.advance(245.0)
                assert source.get(timeout=0) is token
                assert told.failed.wait(20)
    failed = [event for event in told.events if isinstance(event, TokenFetchFailed)]
    assert [event.reason for event in failed] == ["TLS_FAILED"]
    assert "127.0.0.1" in failed[0].message
