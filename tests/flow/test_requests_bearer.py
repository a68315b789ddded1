"""Tokens over requests, on real sockets: bodies, connections, streams, threads."""

import io
import os
import time

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from s2sauth.client.requests import BearerAuth, ServiceSession, mount
from support.http_server import Reply, accepting, http_server, scripted
from support.sources import MintingSource

STALE, FRESH = "Bearer token-1", "Bearer token-2"


def by_session(url, source):
    session = ServiceSession(url, source)
    return session, session.request


def by_mount(url, source):
    session = mount(requests.Session(), url, source)
    return session, session.request


def by_auth(url, source):
    session, auth = requests.Session(), BearerAuth(source, origin=url)

    def call(method, target, **options):
        return session.request(method, target, auth=auth, **options)

    return session, call


WAYS = pytest.mark.parametrize("way", [by_session, by_mount, by_auth])


@pytest.fixture
def server():
    """A server that takes `token-2` and refuses `token-1`, the first to come."""
    with http_server(accepting("token-2")) as running:
        yield running


@WAYS
def test_refused_call_succeeds_on_the_same_connection(server, way):
    """After a 401 the call goes out again, over the connection that was refused."""
    session, call = way(server.url, MintingSource())

    with session:
        answer = call("GET", f"{server.url}/x", timeout=5)

    assert (200, "ok") == (answer.status_code, answer.text)
    assert ([STALE, FRESH], 1) == (server.authorizations, server.connections)


@WAYS
@pytest.mark.parametrize(
    "refusal",
    [
        {"chunked": True},
        {"body": b""},
        {"body": b"x" * 60_000},
        {"body": b"x" * 60_000, "chunked": True},
    ],
    ids=["chunked", "empty", "long", "long-chunked"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals_give_their_connection_back(way, refusal, stream):
    """Whatever a refusal's body looks like, its connection serves the next call."""
    with http_server(accepting("token-2", **refusal)) as server:
        session, call = way(server.url, MintingSource())
        with session:
            answer = call("GET", f"{server.url}/x", stream=stream, timeout=5)
            answer.close()

    assert (200, 1) == (answer.status_code, server.connections)


@WAYS
@pytest.mark.parametrize(
    "refusal", [{"body": b"x" * 1_000_000}, {"body": b"x" * 1000, "cut": True}]
)
def test_refusals_not_worth_reading_cost_a_connection(way, refusal):
    """An endless or broken refusal is dropped, and the call succeeds on another."""
    with http_server(accepting("token-2", **refusal)) as server:
        session, call = way(server.url, MintingSource())
        with session:
            answer = call("GET", f"{server.url}/x", timeout=5)

    assert (200, 2) == (answer.status_code, server.connections)


@WAYS
@pytest.mark.parametrize(
    ("make_body", "expected"),
    [
        (lambda _path: {}, b""),
        (lambda _path: {"data": b"body"}, b"body"),
        (lambda _path: {"data": "body"}, b"body"),
        (lambda _path: {"data": {"a": "b"}}, b"a=b"),
        (lambda _path: {"json": {"a": 1}}, b'{"a": 1}'),
        (lambda _path: {"data": io.BytesIO(b"body")}, b"body"),
        (lambda path: {"data": path.open("rb")}, b"from a file"),
    ],
    ids=["none", "bytes", "str", "form", "json", "stream", "file"],
)
def test_bodies_are_sent_whole_twice(server, way, make_body, expected, tmp_path):
    """A body that can be sent again arrives whole with both tokens."""
    path = tmp_path / "body"
    path.write_bytes(b"from a file")
    options = make_body(path)
    session, call = way(server.url, MintingSource())

    with session:
        answer = call("POST", f"{server.url}/x", timeout=5, **options)
    getattr(options.get("data"), "close", lambda: None)()

    assert 200 == answer.status_code
    assert [expected] * 2 == [seen.body for seen in server.seen]


@WAYS
def test_multipart_is_sent_whole_twice(server, way):
    """An upload of files is in memory, and can be sent again."""
    session, call = way(server.url, MintingSource())
    files = {"f": ("name.txt", io.BytesIO(b"content"))}

    with session:
        answer = call("POST", f"{server.url}/x", files=files, timeout=5)

    first, second = (seen.body for seen in server.seen)
    assert 200 == answer.status_code
    assert b"content" in first
    assert first == second


@WAYS
@pytest.mark.parametrize("kind", ["generator", "pipe"])
def test_bodies_that_are_gone_are_sent_once(server, way, kind):
    """What can't be sent again gets its 401, and the next call another token."""
    session, call = way(server.url, MintingSource())
    reader, writer = os.pipe()
    os.write(writer, b"body")
    os.close(writer)

    with session, os.fdopen(reader, "rb") as pipe:
        body = pipe if kind == "pipe" else iter([b"bo", b"dy"])
        first = call("POST", f"{server.url}/x", data=body, timeout=5)
        second = call("POST", f"{server.url}/x", data=b"body", timeout=5)

    assert (401, "who are you?", 200) == (
        first.status_code,
        first.text,
        second.status_code,
    )
    assert [STALE, FRESH] == server.authorizations
    assert [b"body"] * 2 == [seen.body for seen in server.seen]


@WAYS
def test_streamed_answers_stay_streams(way):
    """With stream=True nothing of a good answer is read before it's asked for."""
    with http_server(scripted(Reply(body=b"x" * 300_000))) as server:
        session, call = way(server.url, MintingSource())
        with session, call("GET", f"{server.url}/x", stream=True, timeout=5) as answer:
            parts = [len(part) for part in answer.iter_content(100_000)]

    assert 300_000 == sum(parts)


@WAYS
def test_streamed_refusal_stays_a_stream(way):
    """A 401 that goes back is unread, so that its body can still be streamed."""
    with http_server(accepting()) as server:
        session, call = way(server.url, MintingSource())
        with session, call("GET", f"{server.url}/x", stream=True, timeout=5) as answer:
            assert (401, b"who are you?") == (answer.status_code, answer.raw.read())


@WAYS
def test_forbidden_is_not_sent_again(way):
    """A 403 goes back as it is, with one request and the token kept."""
    source = MintingSource()
    with http_server(scripted(Reply(403))) as server:
        session, call = way(server.url, source)
        with session:
            answer = call("GET", f"{server.url}/x", timeout=5)

    assert (403, 1, []) == (answer.status_code, len(server.seen), source.refused)


@WAYS
def test_refusing_api_costs_a_handful_of_fetches(way):
    """A thousand calls to an API that refuses all cost two tokens, and are 401s."""
    source = MintingSource()
    with http_server(accepting()) as server:
        session, call = way(server.url, source)
        with session:
            statuses = {
                call("GET", f"{server.url}/x", timeout=5).status_code
                for _ in range(1000)
            }

    assert ({401}, 2, 1001, 1) == (
        statuses,
        source.minted,
        len(server.seen),
        server.connections,
    )


@WAYS
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH"])
def test_all_methods_are_served(server, way, method):
    """Every method has its token, and its second try."""
    session, call = way(server.url, MintingSource())

    with session:
        answer = call(method, f"{server.url}/x", timeout=5)

    assert (200, method) == (answer.status_code, server.seen[-1].method)


@WAYS
def test_urllib3_retries_stay_the_users(way):
    """Retries of the adapter below happen below, and all bear the token."""
    source = MintingSource()
    retries = urllib3.Retry(total=2, status_forcelist=[503], backoff_factor=0)
    with http_server(scripted(Reply(503), Reply(503))) as server:
        session, call = way(server.url, source)
        adapter = session.get_adapter(f"{server.url}/x")
        getattr(adapter, "inner", adapter).max_retries = retries
        with session:
            answer = call("GET", f"{server.url}/x", timeout=5)

    assert (200, [STALE] * 3) == (answer.status_code, server.authorizations)


@pytest.mark.parametrize("mounted", [True, False], ids=["mount", "auth"])
@pytest.mark.parametrize(("size", "connections"), [(100, 1), (1_000_000, 2)])
def test_pool_of_one_is_enough(server, mounted, size, connections):
    """With a pool that blocks, the second try doesn't wait for the first."""
    server.answer = accepting("token-2", body=b"x" * size)
    session, source = requests.Session(), MintingSource()
    session.mount("http://", HTTPAdapter(pool_maxsize=1, pool_block=True))
    auth = None if mounted else BearerAuth(source, origin=server.url)
    if mounted:
        mount(session, server.url, source)

    with session:
        answer = session.get(server.url, auth=auth, timeout=5)

    assert (200, connections) == (answer.status_code, server.connections)


@WAYS
def test_elapsed_is_the_whole_call(way):
    """`elapsed` counts the refused try and the good one."""
    judge = accepting("token-2")

    def slowly(seen):
        time.sleep(0.1)
        return judge(seen)

    with http_server(slowly) as server:
        session, call = way(server.url, MintingSource())
        with session:
            answer = call("GET", f"{server.url}/x", timeout=5)

    assert 200 == answer.status_code
    assert answer.elapsed.total_seconds() >= 0.2


def test_relative_paths_reach_the_service(server):
    """A ServiceSession with a base path calls below it."""
    with ServiceSession(f"{server.url}/api", MintingSource()) as session:
        session.post("/charges", json={"amount": 1})

    assert ["/api/charges"] * 2 == [seen.path for seen in server.seen]


@WAYS
def test_proxies_serve_the_bearer_too(server, way):
    """A plain http call through a proxy bears the token like any other."""
    session, call = way("http://127.0.0.1:9", MintingSource())

    with session:
        answer = call(
            "GET",
            "http://127.0.0.1:9/x",
            proxies={"http": server.url},
            timeout=5,
        )

    assert (200, [STALE, FRESH]) == (answer.status_code, server.authorizations)
    assert "http://127.0.0.1:9/x" == server.seen[0].path
