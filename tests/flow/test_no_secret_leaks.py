"""A canary token over requests: whatever goes wrong, nobody gets to see it."""

import logging
import socket
import threading
from contextlib import contextmanager

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from s2sauth.client.requests import BearerAuth, ServiceSession, mount
from s2sauth.errors import AuthorizationServerUnavailable, TokenTimeout
from support.canary import our_tokens, shown
from support.http_server import Reply, accepting, http_server, scripted
from support.sources import MintingSource, outcomes
from support.tls import make_ca

CANARY = "c4n4ry-"


def by_session(url, source):
    return ServiceSession(url, source), None


def by_mount(url, source):
    return mount(requests.Session(), url, source), None


def by_auth(url, source):
    return requests.Session(), BearerAuth(source, origin=url)


WAYS = pytest.mark.parametrize("way", [by_session, by_mount, by_auth])


@pytest.fixture(autouse=True)
def logs(caplog):
    """Every logger at DEBUG, urllib3's included."""
    caplog.set_level(logging.DEBUG)
    return caplog


@contextmanager
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


def failing_body():
    yield b"begin"
    message = "the disk is gone"
    raise OSError(message)


def canary(before_get=lambda _timeout: None):
    return MintingSource(CANARY, before_get)


def check_error(error, logs):
    """Look everywhere that an error leads to."""
    text = shown(error, *logs.records, logs.text)

    assert CANARY not in text
    assert [] == our_tokens(error)


def check_answer(answer, logs):
    """Look everywhere that an answer leads to."""
    text = shown(answer, answer.history, *logs.records, logs.text)

    assert CANARY not in text
    assert [] == our_tokens(answer, *answer.history)
    assert [] == [
        one.request.headers["Authorization"]
        for one in (answer, *answer.history)
        if "Authorization" in one.request.headers
    ]


def test_the_canary_can_be_seen():
    """The search finds a token in each of the places where one could be."""
    request = requests.Request("GET", "http://x/", headers={"A": CANARY}).prepare()
    answer = requests.Response()
    answer.request = request
    chained = ValueError()
    chained.__context__ = UnicodeEncodeError("ascii", CANARY, 0, 1, "")

    found = [
        CANARY in shown(thing)
        for thing in (
            request,
            answer,
            requests.ConnectionError(request=request),
            requests.ConnectionError(ValueError(CANARY)),
            chained,
        )
    ]

    assert [True] * 5 == found


@WAYS
@pytest.mark.parametrize(
    "replies",
    [
        [],
        [Reply(401)],
        [Reply(401), Reply(401)],
        [Reply(403)],
        [Reply(302, {"Location": "/b"})],
        [Reply(307, {"Location": "/b"}), Reply(401)],
        [Reply(302, {"Location": "http://localhost:1/"})],
    ],
    ids=["200", "401", "401-401", "403", "302", "307-401", "elsewhere"],
)
def test_answers(way, replies, logs):
    """No answer shows the token, nor its request, history, pickle or log."""
    with http_server(scripted(*replies)) as server:
        session, auth = way(server.url, canary())
        follow = not (replies and "localhost" in str(replies[0].headers))
        with session:
            answer = session.post(
                f"{server.url}/a", b"x", auth=auth, timeout=5, allow_redirects=follow
            )

    assert CANARY in str(server.authorizations)
    check_answer(answer, logs)


@WAYS
def test_refusal_with_no_other_token(way, logs):
    """A 401 that goes back, since no other token is to be had, shows none."""
    down = AuthorizationServerUnavailable("down")
    with http_server(accepting()) as server:
        session, auth = way(server.url, canary(outcomes(None, down)))
        with session:
            answer = session.get(server.url, auth=auth, timeout=5)

    assert 401 == answer.status_code
    check_answer(answer, logs)


@WAYS
def test_no_token(way, logs):
    """A failure to get a token shows nothing of tokens that were there before."""
    source = canary(outcomes(None, TokenTimeout("slow")))
    with http_server() as server:
        session, auth = way(server.url, source)
        with session:
            session.get(server.url, auth=auth, timeout=5)
            with pytest.raises(TokenTimeout) as raised:
                session.get(server.url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
@pytest.mark.parametrize(
    "value",
    [f"{CANARY}\N{SNOWMAN}", f"{CANARY}\r\nx", f"{CANARY}\x00", f"{CANARY} x"],
    ids=["unicode", "newline", "null", "space"],
)
def test_token_that_fits_no_header(way, value, logs):
    """What can't be sent isn't quoted by whoever would have sent it."""
    with http_server() as server:
        session, auth = way(server.url, MintingSource(value))
        with session, pytest.raises(requests.RequestException) as raised:
            session.get(server.url, auth=auth, timeout=5)

    assert [] == server.seen
    check_error(raised.value, logs)


@WAYS
def test_connection_refused(way, logs):
    """Nobody listens."""
    with closed_port() as url:
        session, auth = way(url, canary())
        with session, pytest.raises(requests.ConnectionError) as raised:
            session.get(url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
@pytest.mark.parametrize("status", [200, 401])
def test_slow_answer(way, status, logs):
    """The answer, or the second one, doesn't come in time."""
    first = [Reply(401)] if status == 401 else []
    over = threading.Event()
    slow = Reply(before=lambda: over.wait(30))
    with http_server(scripted(*first, slow)) as server:
        session, auth = way(server.url, canary())
        with session, pytest.raises(requests.ReadTimeout) as raised:
            session.get(server.url, auth=auth, timeout=0.2)
        over.set()

    check_error(raised.value, logs)


@WAYS
def test_broken_answer(way, logs):
    """The answer ends in the middle."""
    cut = Reply(body=b"x" * 1000, cut=True)
    with http_server(scripted(cut)) as server:
        session, auth = way(server.url, canary())
        with session, pytest.raises(requests.RequestException) as raised:
            session.get(server.url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_certificate_not_trusted(way, logs, tmp_path):
    """The server shows a certificate that nobody knows."""
    context = make_ca().issue("localhost").server_context(tmp_path)
    with http_server(tls=context) as server:
        session, auth = way(server.url, canary())
        with session, pytest.raises(requests.exceptions.SSLError) as raised:
            session.get(server.url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_body_that_fails(way, logs):
    """The body raises while it's being sent."""
    with http_server() as server:
        session, auth = way(server.url, canary())
        with session, pytest.raises((OSError, requests.RequestException)) as raised:
            session.post(server.url, failing_body(), auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_header_that_fits_no_line(way, logs):
    """Another header is refused while the request is being written."""
    with http_server() as server:
        session, auth = way(server.url, canary())
        request = session.prepare_request(
            requests.Request("GET", server.url, auth=auth)
        )
        request.headers["X-Broken"] = "a\r\nb"
        with session, pytest.raises((ValueError, requests.RequestException)) as raised:
            session.send(request, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_too_many_redirects(way, logs):
    """The service sends us round in circles."""
    with http_server(lambda _seen: Reply(302, {"Location": "/again"})) as server:
        session, auth = way(server.url, canary())
        with session, pytest.raises(requests.TooManyRedirects) as raised:
            session.get(server.url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_retries_used_up(way, logs):
    """urllib3 tries again until it gives up."""
    retries = urllib3.Retry(2, status_forcelist=[503], backoff_factor=0)
    with http_server(lambda _seen: Reply(503)) as server:
        session, auth = way(server.url, canary())
        adapter = session.get_adapter(f"{server.url}/")
        getattr(adapter, "inner", adapter).max_retries = retries
        with session, pytest.raises(requests.exceptions.RetryError) as raised:
            session.get(server.url, auth=auth, timeout=5)

    check_error(raised.value, logs)


@WAYS
def test_proxy_out_of_reach(way, logs):
    """The proxy that should take the call doesn't."""
    with closed_port() as proxy, http_server() as server:
        session, auth = way(server.url, canary())
        session.trust_env = False
        with session, pytest.raises(requests.exceptions.ProxyError) as raised:
            session.get(server.url, auth=auth, timeout=5, proxies={"http": proxy})

    check_error(raised.value, logs)


def test_objects_show_nothing():
    """reprs and vars of adapters, auths and sessions that have sent tokens are clean."""
    with http_server() as server:
        source = canary()
        session = ServiceSession(server.url, source)
        auth = BearerAuth(source, origin=server.url)
        with session:
            session.get("/x")
            requests.get(server.url, auth=auth, timeout=5)
        adapter = session.get_adapter(f"{server.url}/")

    things = (session, adapter, auth, *vars(adapter).values())
    text = "\n".join(
        f"{thing!r} {thing} {getattr(thing, '__dict__', None)}" for thing in things
    )
    assert CANARY not in text


class Curious(HTTPAdapter):
    """An adapter of the user's that keeps every request that it sent."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def send(self, request, *args, **kwargs):
        self.kept.append(request)
        return super().send(request, *args, **kwargs)


def test_what_the_adapter_below_keeps_shows_nothing():
    """The copies that were sent lose the token when the call is over."""
    below = Curious()
    with http_server(accepting("none")) as server:
        with ServiceSession(server.url, canary(), inner=below) as session:
            session.get("/x")

    assert 2 == len(below.kept)
    assert CANARY not in shown(below.kept)
