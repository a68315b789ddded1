"""Our own outgoing HTTP against real sockets that misbehave in every way."""

import gzip
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import pytest
import trustme

from s2sauth._base.http import MAX_ANSWER, Answer, ExchangeFailed, HttpClient, Request
from s2sauth.errors import ConfigurationError, Reason
from support.raw_server import raw_server, read_request, simple_answer

SHORT = 0.3  # seconds that an exchange may take here
AMPLE = 10.0  # never reached


def _answers(*answers):
    """Answer each request of a connection, in turn; then close it."""

    def talk(_server, connection):
        for answer in answers:
            if not read_request(connection):
                return
            connection.sendall(answer)

    return talk


def _drips(start, drop=b"x"):
    """Say `start`, then one small thing every 50 ms, for ever."""

    def talk(server, connection):
        read_request(connection)
        connection.sendall(start)
        while not server.over.wait(0.05):
            connection.sendall(drop)

    return talk


def _get(server, client=None, timeout=AMPLE, scheme="http", path="/", headers=None):
    host = "localhost" if scheme == "https" else "127.0.0.1"
    url = f"{scheme}://{host}:{server.port}{path}"
    return (client or HttpClient()).send(Request("GET", url, headers or {}), timeout)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def _server_side(authority, name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_brings_the_whole_answer():
    """Status, headers by lower-case name, and body come back."""
    with raw_server(_answers(simple_answer(b'{"a": 1}', "X-Thing: 7"))) as server:
        answer = _get(server)

    assert (200, b'{"a": 1}', "7") == (
        answer.status,
        answer.body,
        answer.headers["x-thing"],
    )
    assert Answer is type(answer)


def test_sends_what_it_was_given():
    """Method, path, headers and body arrive as given, and JSON is asked for."""
    seen = []

    def talk(_server, connection):
        seen.append(read_request(connection))
        connection.sendall(simple_answer())

    with raw_server(talk) as server:
        url = f"http://127.0.0.1:{server.port}/token?x=%20y"
        headers = {"Authorization": "Basic YTpi"}
        HttpClient().send(Request("POST", url, headers, b"grant_type=x"), AMPLE)

    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert "POST /token?x=%20y HTTP/1.1" == lines[0]
    assert b"grant_type=x" == body
    assert {
        "Authorization: Basic YTpi",
        "Accept: application/json",
        "Accept-Encoding: identity",
    } <= set(lines)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 P"])
def test_follows_no_redirect(status):
    """A redirect is handed back as it is: our secret goes nowhere else."""
    away = simple_answer(b"", "Location: /elsewhere", status=status)
    with raw_server(_answers(away, simple_answer())) as server:
        answer = _get(server)

    assert int(status[:3]) == answer.status
    assert 1 == server.connections


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    ],
    ids=["status", "header", "headers", "continue", "body", "chunks", "until-close"],
)
def test_a_drip_is_cut_off(start, drop):
    """A server that sends a little now and then can't hold us past our limit."""
    with raw_server(_drips(start, drop)) as server:
        before = time.monotonic()
        with pytest.raises(ExchangeFailed, match=r"none within 0\.3 s") as caught:
            _get(server, timeout=SHORT)
        took = time.monotonic() - before

    assert caught.value.retryable
    assert SHORT <= took < SHORT + 1.0


def test_a_drip_over_tls_is_cut_off(authority, ca):
    """The same holds inside TLS."""
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    with raw_server(_drips(start), _server_side(authority)) as server:
        before = time.monotonic()
        with pytest.raises(ExchangeFailed, match="none within"):
            _get(server, HttpClient(ca=ca), timeout=SHORT, scheme="https")

    assert time.monotonic() - before < SHORT + 1.0


def test_a_handshake_that_never_comes_is_cut_off(ca):
    """A server that accepts and then says nothing of TLS can't hold us."""

    def talk(server, _connection):
        server.over.wait(AMPLE)

    with raw_server(talk) as server:
        before = time.monotonic()
        with pytest.raises(ExchangeFailed, match="none within"):
            _get(server, HttpClient(ca=ca), timeout=SHORT, scheme="https")
        took = time.monotonic() - before

    assert took < SHORT + 1.0


def test_silence_is_cut_off():
    """A server that takes the request and says nothing can't hold us."""

    def talk(server, connection):
        read_request(connection)
        server.over.wait(AMPLE)

    with raw_server(talk) as server, pytest.raises(ExchangeFailed, match="none within"):
        _get(server, timeout=SHORT)


def test_the_largest_answer_comes_whole():
    """An answer of just the size allowed is read to its end."""
    with raw_server(_answers(simple_answer(b"x" * MAX_ANSWER))) as server:
        assert MAX_ANSWER == len(_get(server).body)


def _endless(head):
    def talk(_server, connection):
        read_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        _answers(simple_answer(b"x" * (MAX_ANSWER + 1))),
        _endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        _endless(b"HTTP/1.1 200 OK\r\n\r\n"),
        _answers(
            simple_answer(
                gzip.compress(b"x" * (MAX_ANSWER + 1)), "Content-Encoding: gzip"
            )
        ),
    ],
    ids=["length", "chunked", "until-close", "gzip"],
)
def test_a_larger_answer_is_refused(talk):
    """A huge answer is given up at the limit, and isn't asked for again."""
    with raw_server(talk) as server:
        with pytest.raises(ExchangeFailed, match="larger than") as caught:
            _get(server)

    assert Reason.INVALID_RESPONSE == caught.value.reason
    assert not caught.value.retryable


def _resets(_server, connection):
    read_request(connection)
    linger = struct.pack("ii", 1, 0)  # close by reset
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@pytest.mark.parametrize(
    "talk",
    [
        _resets,
        _answers(b""),
        _answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
        _answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        _answers(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        _answers(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n"),
        _answers(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 70_000 + b"\r\n\r\n"),
    ],
    ids=["reset", "closed", "cut", "bad-chunk", "ssh", "many-headers", "long-header"],
)
def test_a_broken_exchange_may_be_tried_again(talk):
    """Whatever breaks the exchange is one error of ours, worth another try."""
    with raw_server(talk) as server, pytest.raises(ExchangeFailed) as caught:
        _get(server)

    assert Reason.SERVER_UNAVAILABLE == caught.value.reason
    assert caught.value.retryable
    assert "127.0.0.1" in str(caught.value)


def test_nobody_listening_is_said():
    """A refused connection is named as such."""
    request = Request("GET", f"http://127.0.0.1:{_free_port()}/")

    with pytest.raises(ExchangeFailed, match="connection was refused"):
        HttpClient().send(request, AMPLE)


def test_an_unknown_name_is_said():
    """A host that DNS doesn't know is named as such."""
    request = Request("GET", "https://no-such-host.invalid/")

    with pytest.raises(ExchangeFailed, match=r"no-such-host\.invalid: unknown name"):
        HttpClient().send(request, AMPLE)


def test_a_header_that_cannot_be_sent_is_not_quoted():
    """A secret with a line break in it splits no request and is in no message."""
    with raw_server(_answers(simple_answer())) as server:
        with pytest.raises(ExchangeFailed) as caught:
            _get(server, headers={"Authorization": "Basic s3cr3t\r\nX-Evil: 1"})

    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__context__ is None


def test_plain_http_goes_to_loopback_only():
    """What was configured wrongly sends nothing at all."""
    with pytest.raises(ConfigurationError, match="plain http"):
        HttpClient().send(Request("GET", "http://192.0.2.1/"), AMPLE)


def test_a_trusted_authority_is_enough(authority, ca):
    """With the CA given, TLS holds and the answer comes."""
    with raw_server(_answers(simple_answer()), _server_side(authority)) as server:
        assert 200 == _get(server, HttpClient(ca=ca), scheme="https").status


def test_a_ca_as_text_path_will_do(authority, ca):
    """The CA may be given as a str or a path."""
    with raw_server(_answers(simple_answer()), _server_side(authority)) as server:
        assert 200 == _get(server, HttpClient(ca=str(ca)), scheme="https").status


@pytest.mark.parametrize("name", ["localhost", "payments.internal"])
def test_a_bad_certificate_is_no_passing_fault(authority, ca, name):
    """Wrong issuer or wrong name: TLS_FAILED, names the host, isn't tried again."""
    stranger = trustme.CA() if name == "localhost" else authority
    with raw_server(_answers(simple_answer()), _server_side(stranger, name)) as server:
        with pytest.raises(ExchangeFailed, match="certificate of localhost") as caught:
            _get(server, HttpClient(ca=ca), scheme="https")

    assert Reason.TLS_FAILED == caught.value.reason
    assert not caught.value.retryable


def test_a_server_without_tls_is_said(ca):
    """Plain text where TLS was expected fails as a handshake, not as a crash."""

    def talk(_server, connection):
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_server(talk) as server:
        with pytest.raises(ExchangeFailed, match="TLS handshake failed"):
            _get(server, HttpClient(ca=ca), scheme="https")


_FETCH = """
import sys
from s2sauth._base.http import ExchangeFailed, HttpClient, Request
ca, url = sys.argv[1] or None, sys.argv[2]
try:
    print(HttpClient(ca=ca).send(Request("GET", url), 10.0).status)
except ExchangeFailed as error:
    print(error.reason)
"""


def _fetch_elsewhere(ca, url, **environment):
    """Fetch in a process with an environment of its own; return what it printed."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith(("_PROXY", "_CA_BUNDLE"))
    }
    done = subprocess.run(
        [sys.executable, "-c", _FETCH, ca and str(ca), url],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("given", "in_environment", "outcome"),
    [
        ("ours", "strange", "200"),
        ("strange", "ours", "TLS_FAILED"),
        ("", "ours", "200"),
        ("", "strange", "TLS_FAILED"),
    ],
)
def test_a_ca_given_wins_over_the_environment(
    authority, ca, tmp_path, given, in_environment, outcome
):
    """REQUESTS_CA_BUNDLE counts only where the user gave no CA."""
    strange = tmp_path / "strange.pem"
    trustme.CA().cert_pem.write_to_path(str(strange))
    files = {"ours": ca, "strange": strange, "": ""}
    with raw_server(_answers(simple_answer()), _server_side(authority)) as server:
        url = f"https://localhost:{server.port}/"
        environment = {"REQUESTS_CA_BUNDLE": str(files[in_environment])}

        assert outcome == _fetch_elsewhere(files[given], url, **environment)


class _Proxy:
    """Notes what it's asked for, and gives one plain answer."""

    def __init__(self):
        self.seen = []

    def __call__(self, _server, connection):
        self.seen.append(read_request(connection).decode())
        connection.sendall(simple_answer())


def test_the_environments_proxy_is_used():
    """HTTPS_PROXY is asked to connect, with the credentials of its URL."""
    proxy = _Proxy()
    with raw_server(proxy) as server:
        _fetch_elsewhere(
            "",
            "https://sso.example.invalid/token",
            HTTPS_PROXY=f"http://me:p%40ss@127.0.0.1:{server.port}",
        )

    assert proxy.seen[0].startswith("CONNECT sso.example.invalid:443 ")
    assert "Basic bWU6cEBzcw==" in proxy.seen[0]  # me:p@ss


def test_loopback_needs_no_proxy():
    """What runs on this machine is asked directly, whatever the environment says."""
    proxy = _Proxy()
    with raw_server(proxy) as between, raw_server(_answers(simple_answer())) as server:
        outcome = _fetch_elsewhere(
            "",
            f"http://127.0.0.1:{server.port}/",
            HTTP_PROXY=f"http://127.0.0.1:{between.port}",
        )

    assert "200" == outcome
    assert [] == proxy.seen


def test_no_proxy_is_respected():
    """NO_PROXY keeps a host from being asked through the proxy."""
    proxy = _Proxy()
    with raw_server(proxy) as server:
        _fetch_elsewhere(
            "",
            "https://sso.example.invalid/token",
            HTTPS_PROXY=f"http://127.0.0.1:{server.port}",
            NO_PROXY="example.invalid",
        )

    assert [] == proxy.seen


def test_a_connection_is_used_again():
    """Requests one after the other need one connection."""
    client = HttpClient()
    with raw_server(_answers(*[simple_answer()] * 3)) as server:
        assert [200] * 3 == [_get(server, client).status for _ in range(3)]

    assert 1 == server.connections


def test_an_idle_connection_that_was_closed_is_replaced():
    """A kept connection that the server closed meanwhile costs no failure."""
    client = HttpClient()
    closed = threading.Event()

    def talk(_server, connection):
        read_request(connection)
        connection.sendall(simple_answer())
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with raw_server(talk) as server:
        assert 200 == _get(server, client).status
        assert closed.wait(AMPLE)
        assert 200 == _get(server, client).status

    assert 2 == server.connections


def test_a_broken_connection_is_not_used_again():
    """After an exchange broke, the next one starts on a fresh connection."""
    client = HttpClient()
    answers = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", simple_answer()])

    def talk(_server, connection):
        read_request(connection)
        connection.sendall(next(answers))

    with raw_server(talk) as server:
        with pytest.raises(ExchangeFailed):
            _get(server, client)
        assert 200 == _get(server, client).status


def test_closing_ends_idle_connections():
    """After `close` no connection is kept, and another send opens a new one."""
    client = HttpClient()
    ended = threading.Semaphore(0)

    def talk(_server, connection):
        while read_request(connection):
            connection.sendall(simple_answer())
        ended.release()

    with raw_server(talk) as server:
        _get(server, client)
        client.close()
        assert ended.acquire(timeout=AMPLE)
        assert 200 == _get(server, client).status
        client.close()


def test_a_forked_child_opens_its_own_connections():
    """After a fork the parent's connections are left alone."""
    client = HttpClient()
    with raw_server(_answers(*[simple_answer()] * 2)) as server:
        _get(server, client)
        client.after_fork()
        _get(server, client)

    assert 2 == server.connections


def test_cookies_are_not_kept():
    """A server can't mark us: cookies are never sent back."""
    seen = []

    def talk(_server, connection):
        while request := read_request(connection):
            seen.append(request)
            connection.sendall(simple_answer(b"{}", "Set-Cookie: a=b"))

    client = HttpClient()
    with raw_server(talk) as server:
        _get(server, client)
        _get(server, client)
        client.close()

    assert b"cookie" not in seen[1].lower()
