"""A token for a single call."""

import copy
import datetime as dt
import pickle

import pytest
import requests

from s2sauth.client.requests import BearerAuth
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    TokenTimeout,
)
from s2sauth.testing import FakeClock
from support.fake_adapters import FakeAdapter
from support.sources import MintingSource, outcomes

PAY = "https://pay.internal"


def make_session(inner):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", inner)
    return session


def make_auth(source=None, **options):
    return BearerAuth(source or MintingSource(), origin=PAY, **options)


def wire(inner):
    """Return the Authorization of each request as its bytes went out."""
    return [sent.authorization and sent.authorization.encode() for sent in inner.sent]


def test_call_bears_the_token():
    """A call to the origin goes out with the token of the source."""
    inner = FakeAdapter()

    answer = make_session(inner).get(f"{PAY}/x", auth=make_auth())

    assert (200, [b"Bearer token-1"]) == (answer.status_code, wire(inner))


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.internal.evil.example/",
        "https://pay.internal:8443/",
        "https://pay.internal@evil.example/",
    ],
)
def test_other_origins_get_no_token(url):
    """Given for another URL by mistake, it does nothing, not even fetch."""
    inner, source = FakeAdapter(401), MintingSource()

    make_session(inner).get(url, auth=make_auth(source))

    assert [False] == ["token-" in str(value) for value in wire(inner)]
    assert 0 == source.minted


def test_header_hides_the_token():
    """Text, repr, pickles and copies of the header value show nothing of it."""
    request = requests.Request("GET", PAY, auth=make_auth()).prepare()
    value = request.headers["Authorization"]

    shown = [
        str(value),
        repr(value),
        f"{value}",
        repr(request.headers),
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        value[:],
        value + "",
    ]

    assert [] == [text for text in shown if "token-1" in text]


def test_answer_keeps_no_header():
    """After the call nothing that comes back has the header, hidden or not."""
    inner = FakeAdapter((302, {"Location": "/b"}), (302, {"Location": "/c"}))

    answer = make_session(inner).get(f"{PAY}/a", auth=make_auth())

    handed_back = [answer, *answer.history]
    assert [b"Bearer token-1"] * 3 == wire(inner)
    assert [False] * 3 == [
        "Authorization" in one.request.headers for one in handed_back
    ]


def test_redirect_elsewhere_carries_none():
    """A redirect to another origin goes without a token, and its 401 goes back."""
    inner = FakeAdapter((302, {"Location": "https://evil.example/"}), 401)
    source = MintingSource()

    answer = make_session(inner).get(PAY, auth=make_auth(source))

    assert (401, [b"Bearer token-1", None]) == (answer.status_code, wire(inner))
    assert [] == source.refused


def test_redirect_from_http_to_https_carries_none():
    """Another scheme is another origin, also where requests keeps credentials."""
    inner = FakeAdapter((302, {"Location": "https://localhost/"}))
    session = make_session(inner)
    session.mount("http://", inner)

    session.get(
        "http://localhost/",
        auth=BearerAuth(MintingSource(), origin="http://localhost"),
    )

    assert [b"Bearer token-1", None] == wire(inner)


def test_refused_token_is_replaced_and_the_call_sent_again():
    """After a 401 the same call goes out once more, with another token."""
    inner, source = FakeAdapter(401), MintingSource()

    answer = make_session(inner).post(PAY, data=b"x", auth=make_auth(source))

    assert [b"Bearer token-1", b"Bearer token-2"] == wire(inner)
    assert (200, b"answer 2") == (answer.status_code, answer.content)
    assert "Authorization" not in answer.request.headers


def test_second_refusal_goes_back():
    """Two 401s are enough."""
    inner = FakeAdapter(401, 401)

    answer = make_session(inner).get(PAY, auth=make_auth())

    assert (401, b"answer 2", 2) == (
        answer.status_code,
        answer.content,
        len(inner.sent),
    )


def test_body_that_is_gone_is_not_sent_again():
    """A generator gets its 401 back, and the next call has another token."""
    inner, auth = FakeAdapter(401), make_auth()
    session = make_session(inner)

    answer = session.post(PAY, data=iter([b"x"]), auth=auth)
    session.get(PAY, auth=auth)

    assert (401, b"answer 1") == (answer.status_code, answer.content)
    assert [b"Bearer token-1", b"Bearer token-2"] == wire(inner)


def test_refusal_after_a_redirect_is_answered():
    """A 401 at the end of a redirect costs one more call, not the whole chain."""
    inner = FakeAdapter((302, {"Location": "/b"}), 401)

    answer = make_session(inner).get(f"{PAY}/a", auth=make_auth())

    assert [b"Bearer token-1", b"Bearer token-1", b"Bearer token-2"] == wire(inner)
    assert (200, f"{PAY}/b") == (answer.status_code, answer.url)


def test_request_that_is_sent_twice_finds_its_token():
    """A request prepared once and sent again gets a token after its 401."""
    inner, source = FakeAdapter(200, 401, 200), MintingSource()
    session = make_session(inner)
    request = session.prepare_request(
        requests.Request("GET", PAY, auth=make_auth(source))
    )

    answers = [session.send(request).status_code for _ in range(2)]

    assert ([200, 200], [b"Bearer token-1", None, b"Bearer token-1"]) == (
        answers,
        wire(inner),
    )


def test_request_that_is_sent_twice_follows_refusals_too():
    """Found late, the token may be refused like any other."""
    inner = FakeAdapter(200, 401, 401, 200)
    session = make_session(inner)
    request = session.prepare_request(requests.Request("GET", PAY, auth=make_auth()))

    answers = [session.send(request).status_code for _ in range(2)]

    assert ([200, 200], b"Bearer token-2") == (answers, wire(inner)[-1])


def test_late_token_that_fails_leaves_the_refusal():
    """When the token for a second sending isn't to be had, its 401 goes back."""
    down = AuthorizationServerUnavailable("down")
    source = MintingSource(before_get=outcomes(None, down))
    inner = FakeAdapter(200, 401)
    session = make_session(inner)
    request = session.prepare_request(
        requests.Request("GET", PAY, auth=make_auth(source))
    )

    answers = [session.send(request).status_code for _ in range(2)]

    assert ([200, 401], 2) == (answers, len(inner.sent))


def test_waits_by_its_own_timeout_and_then_by_the_calls():
    """requests tells the call's timeout only with the answer."""
    source = MintingSource()

    make_session(FakeAdapter(401)).get(
        PAY, auth=make_auth(source, timeout=7.0), timeout=(2.0, 9.0)
    )

    assert [7.0, 2.0] == source.timeouts


def test_default_wait_is_five_seconds():
    """Nobody waits for ever because they forgot to say how long."""
    source = MintingSource()

    make_session(FakeAdapter()).get(PAY, auth=make_auth(source))

    assert [5.0] == source.timeouts


def test_no_token_nothing_sent():
    """Without a token the call fails as both kinds of error, and sends nothing."""
    source = MintingSource(before_get=outcomes(TokenTimeout("slow")))
    inner = FakeAdapter()

    with pytest.raises(requests.ConnectTimeout, match="slow") as raised:
        make_session(inner).get(PAY, auth=make_auth(source))

    assert isinstance(raised.value, TokenTimeout)
    assert (None, []) == (raised.value.__context__, inner.sent)


def test_elapsed_counts_both_calls():
    """`elapsed` is the whole time, the second token and call included."""
    clock = FakeClock()
    source = MintingSource(before_get=lambda _timeout: clock.advance(2.0))

    answer = make_session(FakeAdapter(401)).get(
        PAY, auth=make_auth(source, clock=clock)
    )

    assert dt.timedelta(seconds=2) <= answer.elapsed


def test_answers_can_be_pickled():
    """A pickled answer has no token, and what is left of the hook does nothing."""
    answer = make_session(FakeAdapter(401)).get(PAY, auth=make_auth())

    pickled = pickle.dumps(answer)
    hooks = pickle.loads(pickled).request.hooks["response"]

    assert b"token-" not in pickled
    assert [answer] == [hook(answer, timeout=1) for hook in hooks]


def test_auth_cannot_be_pickled():
    """Pickling says what to do instead."""
    with pytest.raises(TypeError, match="build it anew"):
        pickle.dumps(make_auth())


def test_repr_says_where_tokens_go():
    """A repr names the origin, and no token."""
    assert "<BearerAuth https://pay.internal/>" == repr(make_auth())


def test_bad_arguments_are_found_at_construction():
    """A plain http origin beyond loopback has to be allowed out loud."""
    with pytest.raises(ConfigurationError, match="origin is plain http"):
        BearerAuth(MintingSource(), origin="http://pay.internal")

    BearerAuth(MintingSource(), origin="http://pay.internal", allow_insecure=True)
