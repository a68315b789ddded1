"""Tokens from a server over real sockets: outage, slowness, discovery, wrong secrets."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from s2sauth import (
    AuthorizationServerUnavailable,
    ClientSecret,
    InvalidClient,
    InvalidTokenResponse,
    Provider,
    TokenError,
    TokenManager,
    TokenRequestRefused,
    TokenTimeout,
    discover,
)
from s2sauth.events import Event, TokenFetchFailed
from s2sauth.testing import AuthorizationServer, FakeClock
from support.raw_server import RawServer, raw_server, read_request, simple_answer

TOKEN = b'{"access_token":"t","token_type":"Bearer","expires_in":300}'


@pytest.fixture
def idp() -> Iterator[AuthorizationServer]:
    """A running authorization server with one client."""
    with AuthorizationServer(dialect="keycloak") as server:
        server.add_client(
            "order-service",
            secret="s3cr3t+/%&=é",
            scopes=["payments:write", "payments:read"],
            audiences=["https://payment-service.internal"],
        )
        yield server


def manager_for(idp: AuthorizationServer, **changed: object) -> TokenManager:
    """Make the order service's manager."""
    arguments = {
        "client_id": "order-service",
        "credential": ClientSecret("s3cr3t+/%&=é"),
        **changed,
    }
    return TokenManager(idp.provider, **arguments)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("method", ["basic", "post"])
def test_a_token_by_basic_and_by_post(idp: AuthorizationServer, method: str) -> None:
    """A secret with every awkward character is accepted by either method."""
    credential = ClientSecret("s3cr3t+/%&=é", method=method)  # type: ignore[arg-type]  # one of the two
    with manager_for(idp, credential=credential) as manager:
        token = manager.source(scope="payments:write").get()
    assert token.scopes == {"payments:write"}
    assert idp.token_requests == 1


def test_a_secret_that_isnt_encoded_is_refused(idp: AuthorizationServer) -> None:
    """form_encode=False shows that the server decodes: it refuses the raw secret."""
    credential = ClientSecret("s3cr3t+/%&=é", form_encode=False)
    with manager_for(idp, credential=credential) as manager:
        source = manager.source()
        with pytest.raises(InvalidClient):
            source.get()


def test_32_workers_cost_one_request(idp: AuthorizationServer) -> None:
    """Threads that start cold against a slow server make one request."""
    idp.delay(0.2, endpoint="token")
    with manager_for(idp) as manager:
        source = manager.source(scope="payments:write")
        tokens: list[object] = []
        threads = [
            threading.Thread(target=lambda: tokens.append(source.get()))
            for _ in range(32)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(set(map(id, tokens))) == 1
    assert len(tokens) == 32
    assert idp.token_requests == 1


def test_a_wrong_secret_is_sent_once(idp: AuthorizationServer) -> None:
    """A wrong secret costs one request, for all sources of the manager."""
    with manager_for(idp, credential=ClientSecret("wrong")) as manager:
        for scope in ("payments:write", "payments:read", ""):
            with pytest.raises(InvalidClient) as caught:
                manager.source(scope=scope).get()
            assert caught.value.error == "unauthorized_client"
            assert "wrong" not in str(caught.value)
    assert idp.token_requests == 1


def test_a_wrong_scope_is_refused(idp: AuthorizationServer) -> None:
    """A scope that the client mustn't have is a clear refusal."""
    with manager_for(idp) as manager:
        source = manager.source(scope="payments:refund")
        with pytest.raises(TokenRequestRefused) as caught:
            source.get()
    assert caught.value.reason == "INVALID_SCOPE"


@pytest.mark.parametrize(
    "fault",
    [
        lambda idp: idp.fail(status=503, times=100, endpoint="token"),
        lambda idp: idp.fail(status=429, times=100, endpoint="token"),
        lambda idp: idp.fail(status=401, times=100, endpoint="token"),
        lambda idp: idp.fail(close=True, times=100, endpoint="token"),
        lambda idp: idp.fail(body=b"<html>", status=200, times=100, endpoint="token"),
        lambda idp: idp.stop(),
    ],
    ids=["503", "429", "401", "closes", "garbage", "refuses connections"],
)
def test_an_outage_harms_no_call_while_the_token_lives(
    idp: AuthorizationServer, fault: Callable[[AuthorizationServer], None]
) -> None:
    """Whatever the server does, a live token is served, and the failure is told."""
    failed = threading.Event()

    def observe(event: Event) -> None:
        if isinstance(event, TokenFetchFailed):
            failed.set()

    clock = FakeClock()
    with manager_for(
        idp, clock=clock, timeout=0.3, flight_timeout=0.5, observers=[observe]
    ) as manager:
        source = manager.source()
        first = source.get()
        fault(idp)
        clock.advance(250.0)  # in the window: 60 s before the end at the latest
        assert source.get() is first
        assert failed.wait(20)
        clock.advance(49.9)
        assert source.get() is first


def test_a_server_that_comes_back_is_found(idp: AuthorizationServer) -> None:
    """After an outage without a token, service returns within the backoff."""
    idp.stop()
    with manager_for(idp, flight_timeout=0.5) as manager:
        source = manager.source()
        with pytest.raises(AuthorizationServerUnavailable, match="refused"):
            source.get()
        idp.start()
        patience = threading.Event()
        for _ in range(200):
            try:
                token = source.get()
            except AuthorizationServerUnavailable:
                patience.wait(0.05)
            else:
                break
        assert token.value.startswith("eyJ")


# -- discovery ---------------------------------------------------------------------


def test_discovery_finds_the_endpoints(idp: AuthorizationServer) -> None:
    """discover() finds what keycloak() knows, at the first token."""
    provider = discover(idp.issuer)
    assert provider.token_url == idp.provider.token_url
    assert provider.jwks_url == idp.provider.jwks_url
    assert provider.introspection_url == idp.provider.introspection_url
    with TokenManager(
        provider, client_id="order-service", credential=ClientSecret("s3cr3t+/%&=é")
    ) as manager:
        assert manager.source().get().value.startswith("eyJ")


def test_a_service_starts_while_discovery_is_down(idp: AuthorizationServer) -> None:
    """Neither discover() nor the manager's construction needs the server."""
    provider = discover(idp.issuer, timeout=0.3)
    idp.stop()
    manager = TokenManager(
        provider, client_id="order-service", credential=ClientSecret("s3cr3t+/%&=é")
    )
    source = manager.source()
    with pytest.raises(AuthorizationServerUnavailable):
        source.get()
    idp.start()
    assert provider.token_url == idp.provider.token_url
    manager.close()


def document(issuer: str, **members: object) -> bytes:
    """Write a metadata document."""
    return json.dumps({"issuer": issuer, **members}).encode()


@pytest.mark.parametrize(
    "place",
    [
        "/.well-known/oauth-authorization-server/tenant/1",
        "/tenant/1/.well-known/openid-configuration",
        "/tenant/1/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/tenant/1",
    ],
)
def test_metadata_is_found_at_every_well_known_place(place: str) -> None:
    """Both documents are found in both path forms."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        while request := read_request(connection):
            base = f"http://127.0.0.1:{server.port}"
            if request.split()[1].decode() == place:
                body = document(f"{base}/tenant/1", token_endpoint=f"{base}/token")
                connection.sendall(simple_answer(body))
            else:
                connection.sendall(simple_answer(status="404 Not Found"))

    with raw_server(talk) as server:
        base = f"http://127.0.0.1:{server.port}"
        assert discover(f"{base}/tenant/1").token_url == f"{base}/token"


def test_rfc_8414_comes_first_and_openid_fills_in() -> None:
    """What the first document lacks is taken from the second, and nothing else."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        while request := read_request(connection):
            base = f"http://127.0.0.1:{server.port}"
            if b"oauth-authorization-server" in request:
                body = document(base, token_endpoint=f"{base}/one")
            else:
                body = document(
                    base, token_endpoint=f"{base}/two", jwks_uri=f"{base}/keys"
                )
            connection.sendall(simple_answer(body))

    with raw_server(talk) as server:
        base = f"http://127.0.0.1:{server.port}"
        provider = discover(base)
        assert (provider.token_url, provider.jwks_url) == (
            f"{base}/one",
            f"{base}/keys",
        )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"issuer":"https://evil.example"}', "another issuer"),
        (b"{}", "another issuer"),
        (b"[]", "no metadata document"),
        (b"<html>", "no metadata document"),
        (b'{"issuer":"BASE","token_endpoint":7}', "no string"),
        (b'{"issuer":"BASE","token_endpoint":"http://x.example/t"}', "plain http"),
        (b'{"issuer":"BASE","issuer":"BASE"}', "twice"),
        (b'{"issuer":"BASE/"}', "another issuer"),
        (b'{"issuer":"BASE","jwks_uri":"BASE/keys"}', "token_endpoint"),
    ],
)
def test_wrong_metadata_is_refused(body: bytes, said: str) -> None:
    """A document for another issuer, or one that can't be used, says so."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        while read_request(connection):
            base = f"http://127.0.0.1:{server.port}".encode()
            connection.sendall(simple_answer(body.replace(b"BASE", base)))

    with raw_server(talk) as server:
        manager = TokenManager(
            discover(f"http://127.0.0.1:{server.port}"),
            client_id="c",
            credential=ClientSecret("s"),
        )
        source = manager.source()
        with pytest.raises(AuthorizationServerUnavailable, match=said) as caught:
            source.get()
        assert caught.value.reason == "DISCOVERY_FAILED"
        manager.close()


# -- a server at its worst -----------------------------------------------------------


def drip(data: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Answer with one byte at a time, slowly."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        for byte in data:
            connection.sendall(bytes([byte]))
            if server.over.wait(0.1):
                return

    return talk


def says(*parts: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Answer with these bytes, and hang up."""

    def talk(_server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)

    return talk


def hangs(server: RawServer, connection: socket.socket) -> None:
    """Take the request, and never answer."""
    read_request(connection)
    server.over.wait(30)


def half_closes(data: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Say these bytes and that no more will come, but keep listening."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        server.over.wait(30)

    return talk


WHOLE = simple_answer(TOKEN)
CHAOS: list[tuple[str, Callable[[RawServer, socket.socket], None], type[TokenError]]] = [
    ("hangs", hangs, AuthorizationServerUnavailable),
    ("drips the head", drip(WHOLE), AuthorizationServerUnavailable),
    ("drips for ever", drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 999), AuthorizationServerUnavailable),
    ("hangs up at once", says(), AuthorizationServerUnavailable),
    ("says garbage", says(b"\x00\xff\x00garbage\r\n\r\n"), AuthorizationServerUnavailable),
    ("breaks off in the head", says(WHOLE[:20]), AuthorizationServerUnavailable),
    ("breaks off in the body", says(WHOLE[:-5]), AuthorizationServerUnavailable),
    ("half-closes at once", half_closes(b""), AuthorizationServerUnavailable),
    ("half-closes in the head", half_closes(WHOLE[:20]), AuthorizationServerUnavailable),
    ("half-closes in the body", half_closes(WHOLE[:-5]), AuthorizationServerUnavailable),
    ("promises more than it sends", says(simple_answer(TOKEN).replace(b"Length: 59", b"Length: 99")), AuthorizationServerUnavailable),
    ("sends two megabytes", says(simple_answer(b"x" * 2_000_000)), InvalidTokenResponse),
    ("redirects", says(simple_answer(b"", "Location: /x", status="302 Found")), TokenRequestRefused),
    ("answers with nothing", says(simple_answer(b"")), InvalidTokenResponse),
]  # fmt: skip


@pytest.mark.parametrize(("name", "talk", "kind"), CHAOS, ids=[c[0] for c in CHAOS])
def test_chaos_ends_in_the_right_error_inside_the_limit(
    name: str,
    talk: Callable[[RawServer, socket.socket], None],
    kind: type[TokenError],
) -> None:
    """Whatever a server does to us, it's one clear error within the flight's limit."""
    with raw_server(talk) as server:
        caught = failure_at(f"http://127.0.0.1:{server.port}/token")
    assert (kind, name) == (type(caught), name)
    assert "s3cr3t" not in str(caught)


def failure_at(url: str) -> TokenError:
    """Return what a fetch ends in that has one second, for a caller who has five."""
    with TokenManager(
        Provider(issuer="https://x", token_url=url),
        client_id="c",
        credential=ClientSecret("s3cr3t"),
        timeout=0.4,
        flight_timeout=1.0,
    ) as manager:
        source = manager.source()
        with pytest.raises(TokenError) as caught:
            source.get(timeout=5.0)
    return caught.value


# What a server's answer to a ClientHello begins with: a record of 122 bytes.
HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"r" * 20


@pytest.mark.parametrize("patience", [0.0, 30.0], ids=["hangs up", "hangs"])
def test_a_tls_handshake_cut_in_the_middle(patience: float) -> None:
    """A server that says half a ServerHello, and no more, is one that's unavailable."""

    def talk(server: RawServer, connection: socket.socket) -> None:
        assert connection.recv(65536).startswith(b"\x16\x03")
        connection.sendall(HELLO)
        server.over.wait(patience)

    with raw_server(talk) as server:
        caught = failure_at(f"https://127.0.0.1:{server.port}/token")
    assert (AuthorizationServerUnavailable, "SERVER_UNAVAILABLE") == (
        type(caught),
        caught.reason,
    )
    # It's tried again, unlike a wrong certificate; a hang may take all the time.
    assert server.connections > 1 or patience


@contextmanager
def full_queue() -> Iterator[int]:
    """Listen, never accept, and let nobody more into the queue; give the port."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(64):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(listener.getsockname())
            except TimeoutError:
                break
        else:
            pytest.fail("the queue doesn't fill up")
        yield listener.getsockname()[1]


def test_a_full_listen_queue() -> None:
    """A server that accepts nobody any more is unavailable, and nobody waits on."""
    with full_queue() as port:
        caught = failure_at(f"http://127.0.0.1:{port}/token")
    assert (AuthorizationServerUnavailable, "SERVER_UNAVAILABLE") == (
        type(caught),
        caught.reason,
    )


def test_a_caller_waits_no_longer_than_it_said() -> None:
    """The caller's own timeout ends its wait; the fetch goes on for the next."""
    release = threading.Event()

    def talk(_server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        release.wait(20)
        connection.sendall(WHOLE)

    with raw_server(talk) as server:
        provider = Provider(
            issuer="https://x", token_url=f"http://127.0.0.1:{server.port}/token"
        )
        manager = TokenManager(provider, client_id="c", credential=ClientSecret("s"))
        source = manager.source()
        with pytest.raises(TokenTimeout):
            source.get(timeout=0.05)
        release.set()
        assert source.get(timeout=20).value == "t"
        assert server.connections == 1
        manager.close()


def test_idle_connections_closed_by_the_server_cost_nothing() -> None:
    """A connection that the server closed meanwhile isn't a failed fetch."""

    def talk(_server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(WHOLE)  # keep-alive promised, and broken

    with raw_server(talk) as server:
        provider = Provider(
            issuer="https://x", token_url=f"http://127.0.0.1:{server.port}/token"
        )
        told: list[Event] = []
        manager = TokenManager(
            provider,
            client_id="c",
            credential=ClientSecret("s"),
            observers=[told.append],
        )
        for number in range(5):
            assert manager.source(scope=f"s{number}").get().value == "t"
        assert not [event for event in told if isinstance(event, TokenFetchFailed)]
        manager.close()
