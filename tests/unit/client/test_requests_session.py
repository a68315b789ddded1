"""A session of one service's own."""

import copy
import pickle

import pytest
import requests

from s2sauth.client.requests import ServiceSession
from s2sauth.errors import ConfigurationError
from support.fake_adapters import FakeAdapter
from support.sources import MintingSource

PAY = "https://pay.internal"


def make_session(base=PAY, inner=None, **options):
    session = ServiceSession(
        base, MintingSource(), inner=inner or FakeAdapter(), **options
    )
    session.trust_env = False
    return session


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (PAY, "/charges", "https://pay.internal/charges"),
        (PAY, "charges", "https://pay.internal/charges"),
        (PAY, b"/charges", "https://pay.internal/charges"),
        (PAY, "", "https://pay.internal/"),
        (PAY, "/", "https://pay.internal/"),
        (PAY, "?page=2", "https://pay.internal/?page=2"),
        (f"{PAY}/", "/charges", "https://pay.internal/charges"),
        (f"{PAY}/api", "/charges", "https://pay.internal/api/charges"),
        (f"{PAY}/api/", "charges/7?x=1", "https://pay.internal/api/charges/7?x=1"),
        (f"{PAY}/api", "", "https://pay.internal/api"),
        (f"{PAY}/api", "/", "https://pay.internal/api/"),
        (f"{PAY}/api", "?page=2", "https://pay.internal/api?page=2"),
        (f"{PAY}:8443/api", "x", "https://pay.internal:8443/api/x"),
        (f"{PAY}/api", "https://pay.internal/other", "https://pay.internal/other"),
        ("https://BÜCHER.example", "x", "https://xn--bcher-kva.example/x"),
        # What looks like a way out stays a path of this service.
        (PAY, "//evil.example/x", "https://pay.internal/evil.example/x"),
        (PAY, "@evil.example/x", "https://pay.internal/@evil.example/x"),
        (PAY, ":8443/x", "https://pay.internal/:8443/x"),
        (PAY, ".evil.example", "https://pay.internal/.evil.example"),
    ],
)
def test_paths_go_below_the_service(base, path, expected):
    """A relative path is appended to the service's URL, path and all."""
    inner = FakeAdapter()

    make_session(base, inner).get(path)

    assert [(expected, "Bearer token-1")] == [
        (sent.url, sent.authorization) for sent in inner.sent
    ]


def test_whole_urls_elsewhere_carry_no_token():
    """The session can call other hosts, with the usual adapters and no token."""
    inner, elsewhere = FakeAdapter(), FakeAdapter()
    session = make_session(inner=inner)
    session.mount("https://else.where/", elsewhere)

    session.get("https://else.where/x")

    assert ([], [None]) == (inner.sent, [sent.authorization for sent in elsewhere.sent])


@pytest.mark.parametrize(
    ("default", "own", "expected"),
    [
        (5.0, {}, 5.0),
        (5.0, {"timeout": None}, 5.0),
        (5.0, {"timeout": 0.5}, 0.5),
        (5.0, {"timeout": (None, None)}, (None, None)),
        ((1.0, 9.0), {}, (1.0, 9.0)),
        (None, {}, None),
    ],
)
def test_default_timeout(default, own, expected):
    """A call without a timeout has the session's; its own wins."""
    inner = FakeAdapter()

    make_session(inner=inner, timeout=default).get("/x", **own)

    assert expected == inner.sent[0].options["timeout"]


def test_default_timeout_is_five_seconds():
    """Nobody waits for ever because they forgot to say how long."""
    inner = FakeAdapter()

    make_session(inner=inner).get("/x")

    assert 5.0 == inner.sent[0].options["timeout"]


def test_prepared_requests_work_too():
    """prepare_request and send resolve paths and wait no longer than get does."""
    inner = FakeAdapter()
    session = make_session(inner=inner)
    request = requests.Request("POST", "/charges", json={"a": 1})

    session.send(session.prepare_request(request))

    sent = inner.sent[0]
    assert (f"{PAY}/charges", 5.0) == (sent.url, sent.options["timeout"])
    assert "/charges" == request.url


def test_prepared_bytes_are_a_path_too():
    """A path given as bytes is resolved like any other."""
    request = make_session().prepare_request(requests.Request("GET", b"/charges"))

    assert f"{PAY}/charges" == request.url


def test_session_cannot_be_pickled():
    """Pickling one says what to do instead."""
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(make_session())


def test_redirects_have_the_timeout_too():
    """A redirect waits no longer than the call it follows from."""
    inner = FakeAdapter((302, {"Location": "/second"}))

    make_session(inner=inner).get("/first", timeout=0.5)

    assert [0.5, 0.5] == [sent.options["timeout"] for sent in inner.sent]


def test_copy_keeps_base_and_timeout():
    """A shallow copy is as good as the session."""
    inner = FakeAdapter()
    session = copy.copy(make_session(f"{PAY}/api", inner, timeout=2.0))

    session.get("/x")

    sent = inner.sent[0]
    assert (f"{PAY}/api/x", 2.0) == (sent.url, sent.options["timeout"])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://pay.internal/api", "allow_insecure=True"),
        ("pay.internal", "absolute https URL"),
        ("https://pay.internal/?tenant=a", "no query"),
        ("https://user:secret@pay.internal", "credentials"),
    ],
)
def test_what_is_no_base_is_refused(url, why):
    """A wrong base URL is found at construction."""
    with pytest.raises(ConfigurationError, match=f"origin_url .*{why}"):
        ServiceSession(url, MintingSource())


def test_plain_http_is_taken_when_allowed():
    """`allow_insecure=True` lets a service on a trusted network be called."""
    inner = FakeAdapter()

    make_session("http://pay.internal", inner, allow_insecure=True).get("/x")

    assert ["Bearer token-1"] == [sent.authorization for sent in inner.sent]
