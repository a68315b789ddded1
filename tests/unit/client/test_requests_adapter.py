"""The adapter: one token, one origin, one retry."""

import copy
import io
import pickle
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from s2sauth.client.requests import BearerAdapter, mount
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    TokenError,
    TokenTimeout,
)
from s2sauth.testing import FakeClock
from support.fake_adapters import FakeAdapter
from support.sources import MintingSource, outcomes

PAY = "https://pay.internal"


def make_session(inner, source=None, **options):
    """Make a session of nothing but a BearerAdapter around `inner`."""
    session = requests.Session()
    session.trust_env = False
    adapter = BearerAdapter(source or MintingSource(), PAY, inner=inner, **options)
    session.mount("https://", adapter)
    return session


def authorizations(inner):
    return [sent.authorization for sent in inner.sent]


def test_call_bears_the_token():
    """A call to the origin goes out with the token of the source."""
    inner = FakeAdapter()

    answer = make_session(inner).get(f"{PAY}/charges")

    assert (200, ["Bearer token-1"]) == (answer.status_code, authorizations(inner))


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.internal.evil.example/",
        "https://pay.internal:8443/",
        "https://pay.internal@evil.example/",
        "https://evil.example/",
    ],
)
def test_other_origins_get_no_token(url):
    """Wherever the adapter is mounted, only its origin sees a token."""
    inner, source = FakeAdapter(401), MintingSource()

    answer = make_session(inner, source).get(url)

    assert (401, 1, 0) == (answer.status_code, len(inner.sent), source.minted)
    assert "Bearer" not in str(authorizations(inner))


def test_request_is_left_as_it_was():
    """The token goes on a copy: the request and its headers stay the user's own."""
    session = make_session(FakeAdapter(401))
    request = session.prepare_request(requests.Request("GET", PAY))
    before = dict(request.headers)

    answer = session.send(request)

    assert answer.request is request
    assert before == dict(request.headers)


def test_copy_is_true():
    """But for the token, what goes out is what was prepared."""
    inner = FakeAdapter()
    session = make_session(inner)
    session.cookies.set("a", "b")
    request = session.prepare_request(
        requests.Request("POST", PAY, data=b"x", headers={"x-own": "y"})
    )

    session.send(request)

    sent = inner.requests[0]
    assert sent is not request
    assert (request.method, request.url, request.body) == (
        sent.method,
        sent.url,
        sent.body,
    )
    assert {**request.headers, "Authorization": "Bearer token-1"} == (
        inner.sent[0].headers
    )


def test_plain_dict_of_headers_is_copied_too():
    """A request whose headers someone replaced by a dict is no special case."""
    inner = FakeAdapter()
    session = make_session(inner)
    request = session.prepare_request(requests.Request("GET", PAY))
    request.headers = {"x-own": "y"}

    session.send(request)

    assert {"x-own": "y", "Authorization": "Bearer token-1"} == inner.sent[0].headers
    assert {"x-own": "y"} == request.headers


@pytest.mark.parametrize(
    "options",
    [
        {"auth": ("user", "password")},
        {"headers": {"Authorization": "Bearer the-user's-own"}},
        {"headers": {"authorization": "Basic eDp5"}},
    ],
)
def test_token_replaces_any_other_authorization(options):
    """Whatever else was to authorise the call, the token of the source goes out."""
    inner = FakeAdapter()

    make_session(inner).get(PAY, **options)

    headers = {name.lower(): value for name, value in inner.sent[0].headers.items()}
    assert "Bearer token-1" == headers["authorization"]
    assert 1 == [name.lower() for name in inner.sent[0].headers].count("authorization")


def test_nothing_keeps_the_token():
    """After the call neither the request that was sent nor the answer has it."""
    inner = FakeAdapter(401)

    answer = make_session(inner).get(PAY)

    assert [False] * 3 == [
        "Authorization" in request.headers
        for request in (*inner.requests, answer.request)
    ]


def test_failure_keeps_no_token():
    """A broken connection's error has the user's request, without the token."""
    inner = FakeAdapter(requests.ConnectionError("broken"))
    session = make_session(inner)
    request = session.prepare_request(requests.Request("GET", PAY))

    with pytest.raises(requests.ConnectionError) as raised:
        session.send(request)

    assert raised.value.request is request
    assert "Authorization" not in inner.requests[0].headers


def test_failure_takes_the_token_from_frames_below():
    """Error reporters that show urllib3's locals don't show the token."""
    kept = []
    inner = FakeAdapter(
        requests.ConnectionError("broken"),
        on_send=lambda request: kept.append(request.headers),
    )

    with pytest.raises(requests.ConnectionError):
        make_session(inner).get(PAY)

    assert [False] == ["Authorization" in headers for headers in kept]


def test_foreign_failure_passes_without_the_token():
    """An error that isn't one of requests comes out as it is."""
    inner = FakeAdapter(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        make_session(inner).get(PAY)

    assert "Authorization" not in inner.requests[0].headers


def test_refused_token_is_replaced_and_the_call_sent_again():
    """After a 401 the same call goes out once more, with another token."""
    inner, source = FakeAdapter(401), MintingSource()

    answer = make_session(inner, source).post(PAY, data=b"body")

    assert ["Bearer token-1", "Bearer token-2"] == authorizations(inner)
    assert [b"body", b"body"] == [sent.body for sent in inner.sent]
    assert (200, b"answer 2", []) == (
        answer.status_code,
        answer.content,
        answer.history,
    )


def test_second_refusal_goes_back():
    """Two 401s are enough: the second one is the answer."""
    inner, source = FakeAdapter(401, 401, 200), MintingSource()

    answer = make_session(inner, source).get(PAY)

    assert (401, b"answer 2") == (answer.status_code, answer.content)
    assert 2 == source.minted


@pytest.mark.parametrize("status", [403, 400, 407, 419, 500, 503])
def test_other_refusals_go_back_as_they_are(status):
    """Only a 401 says that the token was wrong; a 403 is never sent again."""
    inner, source = FakeAdapter(status), MintingSource()

    answer = make_session(inner, source).get(PAY)

    assert (status, 1, []) == (answer.status_code, len(inner.sent), source.refused)


def test_refusal_goes_back_when_no_other_token_is_to_be_had():
    """If the second token fails, the 401 is the answer, unread."""
    down = AuthorizationServerUnavailable("down")
    source = MintingSource(before_get=outcomes(None, down))
    inner = FakeAdapter(401)

    answer = make_session(inner, source).get(PAY, stream=True)

    assert (401, b"answer 1") == (answer.status_code, answer.raw.read())


class Pipe(io.BytesIO):
    """A stream without a way back."""

    def seekable(self):
        return False

    def tell(self):
        raise OSError

    def seek(self, *_args):
        raise OSError


class StuckFile(io.BytesIO):
    """A stream that knows where it is, and can't go back."""

    def seek(self, *_args):
        raise OSError


class Reader:
    """Something that only reads."""

    def __init__(self):
        self._inner = io.BytesIO(b"body")

    def read(self, size=-1):
        return self._inner.read(size)

    def __iter__(self):
        return iter(self._inner)


class TellOnly(Reader):
    """Something that knows where it is, and has no way to go back."""

    def tell(self):
        return self._inner.tell()


class SeekOnly(Reader):
    """Something that seeks, but can't tell where it is."""

    def seek(self, position):
        self._inner.seek(position)


def read_to(position):
    stream = io.BytesIO(b"skipbody")
    stream.seek(position)
    return stream


@pytest.mark.parametrize(
    ("make_body", "expected"),
    [
        (lambda: None, b""),
        (lambda: b"body", b"body"),
        (lambda: "body", b"body"),
        (lambda: bytearray(b"body"), b"body"),
        (lambda: io.BytesIO(b"body"), b"body"),
        (lambda: read_to(4), b"body"),
        (lambda: {"a": "b"}, b"a=b"),
    ],
    ids=["none", "bytes", "str", "bytearray", "stream", "mid-stream", "form"],
)
def test_body_that_can_be_sent_again_is(make_body, expected):
    """A body in memory, or one that rewinds to where it stood, is sent whole twice."""
    inner = FakeAdapter(401)

    answer = make_session(inner).post(PAY, data=make_body())

    assert (200, [expected] * 2) == (
        answer.status_code,
        [sent.body for sent in inner.sent],
    )


@pytest.mark.parametrize(
    "make_body",
    [
        lambda: iter([b"bo", b"dy"]),
        lambda: (part for part in [b"bo", b"dy"]),
        lambda: Pipe(b"body"),
        Reader,
        SeekOnly,
        TellOnly,
    ],
    ids=["iterator", "generator", "pipe", "reader", "seek-only", "tell-only"],
)
def test_body_that_is_gone_is_not_sent_again(make_body):
    """What can't be sent twice isn't; the 401 goes back, and the next call is right."""
    inner, source = FakeAdapter(401), MintingSource()
    session = make_session(inner, source)

    answer = session.post(PAY, data=make_body(), stream=True)
    gets = len(source.timeouts)
    session.get(PAY)

    assert (401, b"answer 1", 1) == (answer.status_code, answer.raw.read(), gets)
    assert ["Bearer token-1", "Bearer token-2"] == authorizations(inner)


def test_body_that_fails_to_rewind_is_not_sent_again():
    """A stream that only claims to rewind gets its 401 back, unread."""
    inner, source = FakeAdapter(401), MintingSource()

    answer = make_session(inner, source).post(PAY, data=StuckFile(b"x"), stream=True)

    assert (401, b"answer 1") == (answer.status_code, answer.raw.read())
    assert 1 == len(source.refused)
    assert "Authorization" not in inner.requests[0].headers


def test_no_token_nothing_sent():
    """Without a token the call fails as both kinds of error, and sends nothing."""
    source = MintingSource(before_get=outcomes(TokenTimeout("slow")))
    inner = FakeAdapter()
    session = make_session(inner, source)
    request = session.prepare_request(requests.Request("GET", PAY))

    with pytest.raises(requests.RequestException, match="slow") as raised:
        session.send(request)

    assert isinstance(raised.value, TokenTimeout)
    assert isinstance(raised.value, TokenError)
    assert raised.value.request is request
    assert (None, None) == (raised.value.__context__, raised.value.__cause__)
    assert [] == inner.sent


@pytest.mark.parametrize(
    ("timeout", "asked"), [(None, None), (3.0, 3.0), ((2.0, 9.0), 2.0)]
)
def test_wait_for_a_token_ends_with_the_connect_timeout(timeout, asked):
    """The source may take the call's connect timeout, at both tokens."""
    source = MintingSource()

    make_session(FakeAdapter(401), source).get(PAY, timeout=timeout)

    assert [asked, asked] == source.timeouts


def test_wait_shortens_the_connect_timeout():
    """Half a second spent on the token is half a second less for connecting."""
    clock, inner = FakeClock(), FakeAdapter()
    source = MintingSource(before_get=lambda _timeout: clock.advance(0.5))

    make_session(inner, source, clock=clock).get(PAY, timeout=(2.0, 9.0))

    assert (1.5, 9.0) == inner.sent[0].options["timeout"]


def test_options_go_on():
    """What requests gives an adapter reaches the one below, both times."""
    inner = FakeAdapter(401)
    adapter = BearerAdapter(MintingSource(), PAY, inner=inner, clock=FakeClock())
    request = requests.Request("GET", PAY).prepare()
    options: dict[str, Any] = {
        "stream": True,
        "timeout": 3.0,
        "verify": "/ca.pem",
        "cert": "/cert.pem",
        "proxies": {"https": "http://proxy"},
    }

    adapter.send(request, **options)
    adapter.send(requests.Request("GET", "https://else.where").prepare(), **options)

    assert [options] * 3 == [sent.options for sent in inner.sent]


def test_who_sends_more_on_the_connection_sends_a_token_too():
    """A hook that answers through `response.connection` goes through the adapter."""
    inner = FakeAdapter()
    answer = make_session(inner).get(PAY)

    answer.connection.send(answer.request)

    assert ["Bearer token-1"] * 2 == authorizations(inner)


def test_close_closes_the_adapter_below():
    """Closing the session closes what really holds connections."""
    inner = FakeAdapter()
    session = requests.Session()
    session.mount(
        "https://pay.internal/", BearerAdapter(MintingSource(), PAY, inner=inner)
    )

    session.close()

    assert 1 == inner.closed


@pytest.mark.parametrize(
    "copied", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
)
def test_adapter_cannot_be_copied(copied):
    """Pickling says what to do instead."""
    with pytest.raises(TypeError, match="build it anew"):
        copied(BearerAdapter(MintingSource(), PAY))


def test_session_with_it_cannot_be_pickled():
    """So does pickling the session it's mounted in."""
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(mount(requests.Session(), PAY, MintingSource()))


def test_repr_says_where_tokens_go():
    """A repr names the origin, and no token."""
    assert "<BearerAdapter https://pay.internal/>" == repr(
        BearerAdapter(MintingSource(), PAY)
    )


def test_mount_returns_the_session():
    """The session given is the session returned, whatever its class."""
    session = requests.Session()

    assert mount(session, PAY, MintingSource()) is session


def test_mount_wraps_what_the_session_has():
    """Pool sizes and retries that the session has for the origin stay in force."""
    session, own = requests.Session(), HTTPAdapter(pool_maxsize=3)
    session.mount("https://pay.internal/", own)

    mount(session, PAY, MintingSource())

    adapter = session.get_adapter(f"{PAY}/x")
    assert isinstance(adapter, BearerAdapter)
    assert adapter.inner is own


def test_mount_again_replaces_the_source():
    """Mounted twice, the second source's tokens go out, through the same adapter."""
    session, inner = requests.Session(), FakeAdapter()
    mount(session, PAY, MintingSource("old-"), inner=inner)

    mount(session, PAY, MintingSource("new-")).get(PAY)

    assert ["Bearer new-1"] == authorizations(inner)


def test_mount_holds_both_spellings_of_the_port():
    """`https://pay.internal` and `https://pay.internal:443` are one origin."""
    inner = FakeAdapter()
    session = mount(requests.Session(), PAY, MintingSource(), inner=inner)

    session.get("https://pay.internal:443/x")
    session.get("https://pay.internal/x")

    assert ["Bearer token-1"] * 2 == authorizations(inner)


@pytest.mark.parametrize(
    "url", ["https://pay.internal.evil.example/", "https://pay.internal:8443/"]
)
def test_mount_leaves_other_hosts_to_the_session(url):
    """A lookalike host keeps the adapter that the session had for it."""
    session = requests.Session()
    before = session.get_adapter(url)

    mount(session, PAY, MintingSource())

    assert session.get_adapter(url) is before


@pytest.mark.parametrize(
    ("origin", "source", "why"),
    [
        ("http://pay.internal", MintingSource(), "origin_url is plain http"),
        (PAY, "token", "source must be a TokenSource"),
    ],
)
def test_mount_refuses_bad_arguments(origin, source, why):
    """Mistakes are found when mounting, and the session stays as it was."""
    session = requests.Session()
    before = dict(session.adapters)

    with pytest.raises(ConfigurationError, match=why):
        mount(session, origin, source)

    assert before == dict(session.adapters)


def test_mount_takes_plain_http_when_allowed():
    """`allow_insecure=True` reaches the adapter."""
    inner = FakeAdapter()
    session = mount(
        requests.Session(),
        "http://pay.internal",
        MintingSource(),
        inner=inner,
        allow_insecure=True,
    )

    session.get("http://pay.internal/x")

    assert ["Bearer token-1"] == authorizations(inner)
