"""HTTP services behind the door, on real servers, asked byte by byte."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import flask
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from s2sauth.policy import Policy, Rule
from s2sauth.server.flask import FlaskAuth, public, require_scope
from s2sauth.server.identity import current_identity
from s2sauth.server.wsgi import AuthMiddleware
from s2sauth.testing import StaticVerifier

pytestmark = pytest.mark.flask

CLIENTS = [f"client-{number}" for number in range(8)]
VERIFIER = StaticVerifier(
    {
        "reader": {"client_id": "reader", "scopes": "read"},
        **{client: {"client_id": client, "scopes": "read write"} for client in CLIENTS},
    }
)


def who():
    """Name the current caller, or nobody."""
    identity = current_identity(None)
    return "nobody" if identity is None else str(identity.client_id)


def _stream():
    for _ in range(3):
        yield f"{who()} {threading.get_ident()}\n"


def _endless():
    while True:
        yield f"{who()}\n" * 1000


def _flask_service():
    """The service with Flask's decorators."""
    app = flask.Flask("service")
    FlaskAuth(app, VERIFIER)
    app.get("/who", endpoint="who")(require_scope("read")(who))
    app.post("/write", endpoint="write")(require_scope("write")(who))
    app.get("/open", endpoint="open")(public(lambda: who()))  # noqa: PLW0108 - marked
    app.get("/stream")(require_scope("read")(_stream))
    app.get("/endless")(require_scope("read")(_endless))
    app.get("/closed", endpoint="closed")(who)
    return app


def _wsgi_service():
    """The same service as a plain WSGI application and a policy."""
    pages: dict[str, Callable[[], Any]] = {
        "/stream": _stream,
        "/endless": _endless,
    }

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        page = pages.get(environ["PATH_INFO"], lambda: [who()])
        return (chunk.encode() for chunk in page())

    rules = {
        "GET /who": Rule(all_scopes="read"),
        "POST /write": Rule(all_scopes="write"),
        "GET /open": Rule(public=True),
        "GET /stream": Rule(all_scopes="read"),
        "GET /endless": Rule(all_scopes="read"),
    }
    return AuthMiddleware(app, VERIFIER, Policy(rules))


class _Quiet(WSGIRequestHandler):
    """Answers without a line in the log; HTTP/1.1, so that streams are chunked."""

    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):  # noqa: A002 - the name that it has
        pass


@dataclass
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: str


class Service:
    """A running service."""

    def __init__(self, port):
        self.port = port

    def connect(self, *lines):
        """Send a request line and headers as they are."""
        connection = socket.create_connection(("127.0.0.1", self.port), 30)
        request = [*lines, "Host: service", "Connection: close", "", ""]
        connection.sendall("\r\n".join(request).encode("latin-1"))
        return connection

    def ask(self, *lines):
        """Return the whole answer to a request."""
        with self.connect(*lines) as connection:
            response = HTTPResponse(connection, method=lines[0].split()[0])
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode())


@contextmanager
def _running(app, *, threaded: bool) -> Iterator[Service]:
    server = make_server("127.0.0.1", 0, app, threaded, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Service(server.server_port)
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


@pytest.fixture(
    params=[_flask_service, _wsgi_service], ids=["flask", "wsgi"], scope="module"
)
def app(request):
    """Each kind of service."""
    return request.param()


@pytest.fixture(scope="module")
def service(app):
    """A service with a thread for each connection."""
    with _running(app, threaded=True) as running:
        yield running


@pytest.fixture(scope="module")
def one_thread(app):
    """A service that answers everything on one thread."""
    with _running(app, threaded=False) as running:
        yield running


READER = "Authorization: Bearer reader"
NO_TOKEN = (401, "Bearer", "TOKEN_MISSING")
INVALID = (401, 'Bearer error="invalid_token"', "TOKEN_INVALID")
MALFORMED = (400, 'Bearer error="invalid_request"', "TOKEN_INVALID")
DENIED = (403, 'Bearer error="insufficient_scope"', "NOT_ALLOWED")
LACKING = (
    403,
    'Bearer error="insufficient_scope", scope="write"',
    "INSUFFICIENT_SCOPE",
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["GET /who HTTP/1.1"], NO_TOKEN),
        (["GET /who HTTP/1.1", "Authorization: Basic cmVhZGVyOng="], NO_TOKEN),
        (["GET /who HTTP/1.1", "Authorization:"], NO_TOKEN),
        (["GET /who HTTP/1.1", "Authorization: Bearer"], MALFORMED),
        (["GET /who HTTP/1.1", "Authorization: Bearer forged"], INVALID),
        (["GET /who HTTP/1.1", "Authorization: Bearer re\xe4der"], INVALID),
        (["GET /who HTTP/1.1", READER, READER], MALFORMED),
        (["GET /who HTTP/1.1", READER, "authorization: Bearer forged"], MALFORMED),
        (["GET /who HTTP/1.1", "Authorization: Basic eDp4", READER], MALFORMED),
        (["GET /who HTTP/1.1", READER, "Authorization: Basic eDp4"], MALFORMED),
        (["GET /who HTTP/1.1", "Authorization: Bearer reader,reader"], MALFORMED),
        (["GET /who?access_token=reader HTTP/1.1"], MALFORMED),
        (["GET /who?access_token=reader HTTP/1.1", READER], MALFORMED),
        (["GET /who?a&access%5ftoken=reader HTTP/1.1", READER], MALFORMED),
        (["POST /write HTTP/1.1", READER, "Content-Length: 0"], LACKING),
        (["GET /closed HTTP/1.1", READER], DENIED),
        (["GET /closed HTTP/1.1"], NO_TOKEN),
    ],
)
def test_refuses(service, lines, expected):
    """Whatever a caller sends, the answer is the one of RFC 6750."""
    answer = service.ask(*lines)
    body = json.loads(answer.body)

    assert expected == (
        answer.status,
        answer.headers["www-authenticate"],
        body["error"],
    )
    assert "application/json" == answer.headers["content-type"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["GET /who HTTP/1.1", READER], "reader"),
        (["GET /who HTTP/1.1", "aUTHORIZATION: bEARER  reader"], "reader"),
        (["GET /who?my_access_token=x HTTP/1.1", READER], "reader"),
        (["GET /open HTTP/1.1"], "nobody"),
        (["GET /open HTTP/1.1", READER], "nobody"),
    ],
)
def test_lets_in(service, lines, said):
    """Who may call gets the answer of the service."""
    answer = service.ask(*lines)

    assert (200, said) == (answer.status, answer.body)


def test_a_refused_head(service):
    """A refused HEAD has a status and headers, and no body that would follow."""
    answer = service.ask("HEAD /who HTTP/1.1")

    assert (401, "") == (answer.status, answer.body)


@pytest.mark.parametrize(
    "path",
    [
        "//closed",
        "/open/../closed",
        "/open/%2e%2e/closed",
        "/open/..%2fclosed",
        "/closed/",
        "/closed%2f",
        "/%63losed",
        "/closed;x",
        "/closed%00",
        "/open%5c..%5cclosed",
    ],
)
def test_no_spelling_leads_around_a_rule(service, path):
    """However a path is spelt, what's closed doesn't answer."""
    answer = service.ask(f"GET {path} HTTP/1.1", READER)

    assert answer.status in (403, 404)
    assert "reader" != answer.body


def test_streamed_answers_see_their_caller(service):
    """Every chunk of a streamed answer is generated for its own caller."""
    answer = service.ask("GET /stream HTTP/1.1", READER)

    assert ["reader"] * 3 == [line.split()[0] for line in answer.body.splitlines()]


def test_the_next_request_on_the_thread_sees_nobody(one_thread):
    """After each kind of answer the same thread knows nothing of its caller."""
    threads = set()
    for lines in (
        ["GET /who HTTP/1.1", READER],
        ["GET /stream HTTP/1.1", READER],
        ["POST /write HTTP/1.1", READER, "Content-Length: 0"],
        ["GET /closed HTTP/1.1", READER],
        ["GET /who HTTP/1.1", "Authorization: Bearer forged"],
    ):
        one_thread.ask(*lines)
        assert "nobody" == one_thread.ask("GET /open HTTP/1.1").body
        stream = one_thread.ask("GET /stream HTTP/1.1", READER).body
        threads |= {line.split()[1] for line in stream.splitlines()}

    assert 1 == len(threads)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_caller_who_hangs_up_leaves_nobody(one_thread):
    """A streamed answer that breaks off leaves no identity on its thread."""
    with one_thread.connect("GET /endless HTTP/1.1", READER) as connection:
        assert b"200 OK" in connection.recv(4096)

    assert "nobody" == one_thread.ask("GET /open HTTP/1.1").body


def test_64_calls_at_once(service):
    """Each of many callers at once is seen as who they are, streamed or not."""
    together = threading.Barrier(16)

    def calls(client):
        token = f"Authorization: Bearer {client}"
        together.wait(30)
        answers = [
            service.ask("GET /who HTTP/1.1", token).body,
            service.ask("POST /write HTTP/1.1", token, "Content-Length: 0").body,
            service.ask("GET /open HTTP/1.1", token).body,
        ]
        stream = service.ask("GET /stream HTTP/1.1", token).body.splitlines()
        return [*answers, *(line.split()[0] for line in stream)]

    callers = CLIENTS * 2
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(calls, callers))

    expected = [[one, one, "nobody", one, one, one] for one in callers]
    assert expected == said


def test_a_missing_extra_says_which():
    """Without Flask the import fails with the pip command that mends it."""
    script = "import sys; sys.modules['flask'] = None; import s2sauth.server.flask"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "needs Flask: pip install 's2sauth[flask]'" in done.stderr


def test_the_others_need_no_flask():
    """WSGI, policy and observers load without Flask, gRPC or protobuf."""
    script = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['flask', 'werkzeug', 'grpc', 'google']))\n"
        "import s2sauth.server.wsgi, s2sauth.policy, s2sauth.observers\n"
        "from s2sauth.policy import Policy\n"
        "Policy.from_protos()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "needs protobuf: pip install 's2sauth[grpc]'" in done.stderr


def test_a_forked_child_delivers_no_event_twice():
    """The parent delivers what it had queued; the child what it queues itself."""
    script = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
from s2sauth.events import Event
from s2sauth.observers import QueuedObserver
entered, gate = threading.Event(), threading.Event()
def observe(event):
    entered.set()
    gate.wait(30)
    os.write(1, b"%d %s\\n" % (event.at, b"child" if os.getpid() != parent else b"parent"))
parent = os.getpid()
queued = QueuedObserver(observe)
queued(Event(at=1))
entered.wait(30)
queued(Event(at=2))
child = os.fork()
gate.set()
if child == 0:
    queued(Event(at=3))
    os._exit(0 if queued.close(30) else 1)
status = os.waitpid(child, 0)[1]
assert queued.close(30) and status == 0, status
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert ["1 parent", "2 parent", "3 child"] == sorted(done.stdout.splitlines())
    assert (0, "") == (done.returncode, done.stderr)
