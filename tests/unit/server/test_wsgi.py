"""Any WSGI application behind the door, called as a server calls it."""

import io
import json
from collections.abc import Callable
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults

import pytest

from s2sauth.errors import ConfigurationError, Reason, VerifierUnavailable
from s2sauth.events import WouldDeny
from s2sauth.policy import Policy, Rule
from s2sauth.server.identity import current_identity
from s2sauth.server.wsgi import AuthMiddleware
from s2sauth.testing import StaticVerifier

VERIFIER = StaticVerifier(
    {
        "orders": {"client_id": "orders", "scopes": "read"},
        "billing": {"client_id": "billing", "scopes": "read"},
        "unsure": VerifierUnavailable("no keys", retry_after=7.0),
    }
)
POLICY = Policy(
    {
        "GET /read": Rule(all_scopes="read"),
        "POST /write": Rule(all_scopes="write"),
        "GET /items/*": Rule(all_scopes="read"),
        "GET /käse": Rule(all_scopes="read"),
        "GET /open": Rule(public=True),
        "GET /": Rule(public=True),
    }
)


def who():
    """Name the current caller, or nobody."""
    identity = current_identity(None)
    return "nobody" if identity is None else identity.client_id


def _environ(method, path, authorization=None, query="", **more):
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        **more,
    }
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization
    setup_testing_defaults(environ)
    return environ


class Served:
    """What a server gets from an application for one request; not yet read."""

    status: str
    headers: dict[str, str]

    def __init__(self, app, *request, **more):
        self.body = app(_environ(*request, **more), self._start)

    def _start(self, status, headers, exc_info=None) -> Callable[[bytes], object]:
        self.status, self.headers = status, dict(headers)
        return io.BytesIO().write


def _tells_who(environ, start_response):
    start_response("200 OK", [])
    return [who().encode()]


def _guarded(app=_tells_who, policy=POLICY, **more):
    return AuthMiddleware(app, VERIFIER, policy, **more)


@pytest.mark.parametrize(
    ("request_line", "authorization", "status", "body"),
    [
        (("GET", "/read"), "Bearer orders", "200 OK", b"orders"),
        (("HEAD", "/read"), "Bearer orders", "200 OK", b"orders"),
        (("get", "/read"), "Bearer orders", "200 OK", b"orders"),
        (("GET", "/open"), None, "200 OK", b"nobody"),
        (("GET", "/open"), "Bearer orders", "200 OK", b"nobody"),
        (("GET", ""), None, "200 OK", b"nobody"),
        (("GET", "/items/7"), "Bearer billing", "200 OK", b"billing"),
        # PEP 3333: UTF-8 bytes that look like Latin-1.
        (("GET", "/k\u00c3\u00a4se"), "Bearer orders", "200 OK", b"orders"),
    ],
)
def test_lets_in(request_line, authorization, status, body):
    """Who's allowed reaches the application, which sees who it is."""
    served = Served(_guarded(), *request_line, authorization)

    assert (status, [body]) == (served.status, served.body)


NO_TOKEN = ("401 Unauthorized", "Bearer", "TOKEN_MISSING")
INVALID = ("401 Unauthorized", 'Bearer error="invalid_token"', "TOKEN_INVALID")
MALFORMED = ("400 Bad Request", 'Bearer error="invalid_request"', "TOKEN_INVALID")
DENIED = ("403 Forbidden", 'Bearer error="insufficient_scope"', "NOT_ALLOWED")
LACKING = (
    "403 Forbidden",
    'Bearer error="insufficient_scope", scope="write"',
    "INSUFFICIENT_SCOPE",
)


@pytest.mark.parametrize(
    ("request_line", "authorization", "expected"),
    [
        (("GET", "/read"), None, NO_TOKEN),
        (("GET", "/read"), "", NO_TOKEN),
        (("GET", "/read"), "Basic Zm9vOmJhcg==", NO_TOKEN),
        (("GET", "/read"), 'Digest username="a, b", realm="c"', NO_TOKEN),
        (("GET", "/read"), "Bearer", MALFORMED),
        (("GET", "/read"), "Bearer other", INVALID),
        (("GET", "/read"), "Bearer or ders", INVALID),
        (("GET", "/read"), "Bearer \u00e4", INVALID),
        (("GET", "/read"), "Bearer\torders", NO_TOKEN),
        (("POST", "/write"), "Bearer orders", LACKING),
        (("GET", "/unknown"), "Bearer orders", DENIED),
        (("GET", "/unknown"), None, NO_TOKEN),
        (("POST", "/read"), "Bearer orders", DENIED),
        (("OPTIONS", "/read"), "Bearer orders", DENIED),
        (("OPTIONS", "/read"), None, NO_TOKEN),
        (("GET", "/read/"), "Bearer orders", DENIED),
        (("GET", "//read"), "Bearer orders", DENIED),
        (("GET", "/items/"), "Bearer orders", DENIED),
        (("GET", "/items/../write"), "Bearer orders", DENIED),
        (("GET", "/items/%2e%2e"), "Bearer orders", DENIED),
        (("GET", "/items/\x80"), "Bearer orders", DENIED),
        # Servers join several headers with a comma, each in its own way.
        (("GET", "/read"), "Bearer orders,Bearer orders", MALFORMED),
        (("GET", "/read"), "Bearer orders, Bearer billing", MALFORMED),
        (("GET", "/read"), "bearer orders , BEARER billing", MALFORMED),
        (("GET", "/read"), "Basic Zm9vOmJhcg==, Bearer orders", MALFORMED),
        (("GET", "/read"), "Bearer orders,Basic Zm9vOmJhcg==", MALFORMED),
        (("GET", "/read"), "Bearer orders,", MALFORMED),
        (("GET", "/read"), ",Bearer orders", MALFORMED),
    ],
)
def test_refuses(request_line, authorization, expected):
    """Everyone else gets the answer of RFC 6750 §3, and never reaches it."""
    called = []
    served = Served(_guarded(called.append), *request_line, authorization)
    body = json.loads(b"".join(served.body))

    assert expected == (
        served.status,
        served.headers["WWW-Authenticate"],
        body["error"],
    )
    assert [] == called


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("access_token=orders", True),
        ("a=b&access_token=orders", True),
        ("access_token", True),
        ("access_token=", True),
        ("access%5Ftoken=orders", True),
        ("%61ccess_token=orders", True),
        ("my_access_token=orders", False),
        ("a=access_token", False),
        ("a=%26access_token%3Dorders", False),
        ("access+token=1", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer orders"])
def test_a_token_in_the_query(query, refused, authorization):
    """It's a 400 however it's spelt, alone or beside one in the header."""
    served = Served(_guarded(), "GET", "/read", authorization, query)
    ok = "200 OK" if authorization else "401 Unauthorized"

    assert ("400 Bad Request" if refused else ok) == served.status


def test_a_public_path_takes_any_query():
    """What's public looks at no token, so neither at one in the query."""
    served = Served(_guarded(), "GET", "/open", None, "access_token=x")

    assert "200 OK" == served.status


def test_an_outage_is_a_503():
    """Where it can't be told, the caller is asked to come again."""
    served = Served(_guarded(), "GET", "/read", "Bearer unsure")

    assert ("503 Service Unavailable", "7") == (
        served.status,
        served.headers["Retry-After"],
    )


def test_a_refused_head_has_no_body():
    """The answer to a HEAD has the headers of the body, without it."""
    served = Served(_guarded(), "HEAD", "/read")

    assert [] == served.body
    assert "0" != served.headers["Content-Length"]


def test_says_what_it_is_told_of_the_server():
    """Realm and metadata URL stand in the challenges."""
    app = _guarded(realm="pay", resource_metadata="https://pay/meta")

    assert ('Bearer realm="pay", resource_metadata="https://pay/meta"') == Served(
        app, "GET", "/read"
    ).headers["WWW-Authenticate"]


def test_report_only():
    """Without enforcing, everyone reaches the application, and the observers know."""
    events: list[Any] = []
    app = _guarded(observers=[events.append], enforce=False)

    assert [b"nobody"] == Served(app, "GET", "/read").body
    assert [b"orders"] == Served(app, "POST", "/write", "Bearer orders").body
    assert [
        (WouldDeny, "GET /read", Reason.TOKEN_MISSING),
        (WouldDeny, "POST /write", Reason.INSUFFICIENT_SCOPE),
    ] == [(type(one), one.operation, one.reason) for one in events]


# Answers that run the application's code after it returned.


def _generates(environ, start_response):
    start_response("200 OK", [])
    for _ in range(2):
        yield who().encode()


class Streams:
    """An application whose answer notes who called, at every step."""

    def __init__(self):
        self.seen = []

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        self.seen.append(("call", who()))
        return self

    def __iter__(self):
        self.seen.append(("iter", who()))
        return iter(self._chunks())

    def _chunks(self):
        self.seen.append(("next", who()))
        yield b"chunk"

    def close(self):
        self.seen.append(("close", who()))


def test_the_identity_is_there_at_every_step():
    """Call, iteration, each chunk and close: all see who called; between, nobody does."""
    app = Streams()
    served = Served(_guarded(app), "GET", "/read", "Bearer orders")

    assert "nobody" == who()
    chunks = iter(served.body)
    assert "nobody" == who()
    assert b"chunk" == next(chunks)
    assert "nobody" == who()
    served.body.close()
    assert "nobody" == who()
    assert [(step, "orders") for step in ("call", "iter", "next", "close")] == app.seen


def test_answers_may_interleave_on_one_thread():
    """Two streamed answers, read by turns, each see their own caller."""
    app = _guarded(_generates)
    one = iter(Served(app, "GET", "/read", "Bearer orders").body)
    other = iter(Served(app, "GET", "/read", "Bearer billing").body)

    assert [b"orders", b"billing", b"orders", b"billing"] == [
        next(one),
        next(other),
        next(one),
        next(other),
    ]


def test_an_answer_that_is_never_closed_leaves_nobody():
    """The next request on the thread sees no one else's identity."""
    app = _guarded(_generates)
    left = iter(Served(app, "GET", "/read", "Bearer orders").body)
    next(left)

    assert "nobody" == who()
    assert [b"nobody"] == Served(_guarded(), "GET", "/open").body


def test_an_application_that_raises_leaves_nobody():
    """Its error comes through, and the identity is gone."""

    def fails(environ, start_response):
        raise OSError(who())

    with pytest.raises(OSError, match="orders"):
        Served(_guarded(fails), "GET", "/read", "Bearer orders")

    assert "nobody" == who()


def test_an_answer_that_raises_leaves_nobody():
    """The same while it's generated."""

    def fails(environ, start_response):
        start_response("200 OK", [])
        yield b"chunk"
        raise OSError(who())

    chunks = iter(Served(_guarded(fails), "GET", "/read", "Bearer orders").body)
    next(chunks)
    with pytest.raises(OSError, match="orders"):
        next(chunks)

    assert "nobody" == who()


def test_an_answer_without_close_can_be_closed():
    """Servers may close whatever they get."""
    served = Served(_guarded(_generates), "GET", "/read", "Bearer orders")
    served.body.close()

    class OnlyIterable:
        def __init__(self, environ, start_response):
            start_response("200 OK", [])

        def __iter__(self):
            return iter([b"x"])

    served = Served(_guarded(OnlyIterable), "GET", "/read", "Bearer orders")
    served.body.close()
    assert [b"x"] == list(served.body)


@pytest.mark.parametrize("body", [[b"a", b"b"], (b"a",), []])
def test_lists_stay_as_they_are(body):
    """A server that knows its answer is a list still sees one."""

    def lists(environ, start_response):
        start_response("200 OK", [])
        return body

    assert body is Served(_guarded(lists), "GET", "/read", "Bearer orders").body


def test_the_servers_file_wrapper_stays_as_it_is():
    """A server that sends files in its own way still can."""

    def sends_file(environ, start_response):
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](io.BytesIO(b"file"))

    served = Served(
        _guarded(sends_file),
        "GET",
        "/read",
        "Bearer orders",
        **{"wsgi.file_wrapper": FileWrapper},
    )

    assert FileWrapper is type(served.body)
    assert b"file" == b"".join(served.body)


def test_a_known_length_stays_known():
    """Servers derive Content-Length from an answer of one chunk."""

    class Sized(list[bytes]):
        pass

    def sized(environ, start_response):
        start_response("200 OK", [])
        return Sized([b"x"])

    served = Served(_guarded(sized), "GET", "/read", "Bearer orders")

    assert (1, [b"x"]) == (len(served.body), list(served.body))
    generated = Served(_guarded(_generates), "GET", "/read", "Bearer orders")
    assert not hasattr(generated.body, "__len__")


def test_an_inner_door_decides_for_itself():
    """A public path of an inner application doesn't see the outer one's caller."""
    inner = AuthMiddleware(_tells_who, VERIFIER, Policy({"* /**": Rule(public=True)}))

    assert [b"nobody"] == Served(_guarded(inner), "GET", "/read", "Bearer orders").body


@pytest.mark.parametrize("name", ["realm", "resource_metadata"])
def test_mistakes_at_construction(name):
    """What can't stand in a header is an error that says the argument."""
    with pytest.raises(ConfigurationError, match=name):
        _guarded(**{name: 'a"b'})


def test_a_bug_of_the_verifier_is_no_answer():
    """What's no AccessError comes through, and the application isn't called."""

    class Broken:
        def verify(self, token, *, presentation=None):
            raise KeyError("bug")

    called = []
    app = AuthMiddleware(called.append, Broken(), POLICY)  # type: ignore[arg-type]  # never called

    with pytest.raises(KeyError):
        Served(app, "GET", "/read", "Bearer orders")
    assert [] == called
