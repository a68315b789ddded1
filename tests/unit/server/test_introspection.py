"""IntrospectionVerifier: what is asked, what's remembered, what is refused."""

import traceback
from typing import Any

import pytest

from s2sauth import ClientSecret
from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import Event, TokenRejected
from s2sauth.providers import GENERIC, KEYCLOAK, Provider
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import FakeClock
from support.key_rigs import error_of
from support.tokens import AUDIENCE, WITHOUT

ISSUER = "https://as.example.com"
TOKEN = "opaque-token-0123456789"


class Rig:
    """A verifier over an authorization server in memory."""

    def __init__(self, dialect=GENERIC, **options: Any) -> None:
        self.clock = FakeClock()
        self.asked: list[str] = []
        self.answer: Any = self.good()
        self.events: list[Event] = []
        usual = {
            "audience": AUDIENCE,
            "client_id": "payment-service",
            "credential": ClientSecret("s3cret"),
            "ask": self._ask,
            "observers": [self.events.append],
            "clock": self.clock,
        }
        provider = Provider(issuer=ISSUER, dialect=dialect)
        self.verifier = IntrospectionVerifier(provider, **{**usual, **options})

    def good(self, **changes: Any) -> dict[str, Any]:
        claims = {
            "active": True,
            "client_id": "order-service",
            "scope": "payments:write",
            "aud": AUDIENCE,
            "iss": ISSUER,
            "sub": "s-1",
            "jti": "t-1",
            "exp": int(self.clock.wall()) + 300,
            "token_type": "Bearer",
        }
        merged = {**claims, **changes}
        return {name: value for name, value in merged.items() if value is not WITHOUT}

    def _ask(self, token: str, deadline: float) -> dict[str, Any]:
        self.asked.append(token)
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)

    def reason(self, token: Any = TOKEN) -> Reason | None:
        try:
            self.verifier.verify(token)
        except AccessError as error:
            return error.reason
        return None


def test_identity():
    """A good answer becomes an identity, as a JWT does."""
    identity = Rig().verifier.verify(TOKEN)

    assert "order-service" == identity.client_id
    assert "s-1" == identity.subject
    assert ISSUER == identity.issuer
    assert frozenset({"payments:write"}) == identity.scopes
    assert (AUDIENCE,) == identity.audience
    assert "t-1" == identity.token_id
    with pytest.raises(TypeError):
        identity.claims["exp"] = 0  # type: ignore[index]  # that's the point


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"active": False}, Reason.TOKEN_INACTIVE),
        ({"active": "true"}, Reason.TOKEN_INACTIVE),
        ({"active": "false"}, Reason.TOKEN_INACTIVE),
        ({"active": 1}, Reason.TOKEN_INACTIVE),
        ({"active": None}, Reason.TOKEN_INACTIVE),
        ({"active": WITHOUT}, Reason.TOKEN_INACTIVE),
        ({"exp": 1}, Reason.TOKEN_EXPIRED),
        ({"exp": "1999999999"}, Reason.TOKEN_CLAIMS),
        ({"exp": None}, Reason.TOKEN_CLAIMS),
        ({"exp": True}, Reason.TOKEN_CLAIMS),
        ({"nbf": 1_700_000_031}, Reason.TOKEN_NOT_YET_VALID),
        ({"nbf": "soon"}, Reason.TOKEN_CLAIMS),
        ({"aud": "https://elsewhere.example"}, Reason.AUDIENCE),
        ({"aud": WITHOUT}, Reason.AUDIENCE),
        ({"aud": []}, Reason.AUDIENCE),
        ({"aud": 7}, Reason.TOKEN_CLAIMS),
        ({"iss": "https://elsewhere.example"}, Reason.ISSUER),
        ({"iss": 7}, Reason.ISSUER),
        ({"scope": 7}, Reason.TOKEN_CLAIMS),
        ({"client_id": 7}, Reason.TOKEN_CLAIMS),
        ({"sub": []}, Reason.TOKEN_CLAIMS),
        ({"jti": 7}, Reason.TOKEN_CLAIMS),
        ({"token_type": "DPoP"}, Reason.TOKEN_BOUND),
        ({"token_type": "mac"}, Reason.TOKEN_TYPE),
        ({"token_type": 7}, Reason.TOKEN_CLAIMS),
        ({"cnf": {"jkt": "A"}}, Reason.TOKEN_BOUND),
    ],
)
def test_bad_answer(changes, reason):
    """An answer with one fault refuses the token for its exact reason."""
    rig = Rig()
    rig.answer = rig.good(**changes)

    assert reason == rig.reason()
    assert None is Rig().reason()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": WITHOUT},
        {"exp": WITHOUT},
        {"sub": WITHOUT},
        {"scope": WITHOUT},
        {"token_type": WITHOUT},
        {"token_type": "bearer"},
        {"token_type": "access_token"},
        {"aud": [AUDIENCE, "b"]},
        {"exp": 1_699_999_971},
    ],
)
def test_good_answer(changes):
    """What RFC 7662 leaves optional may be missing, and leeway holds."""
    rig = Rig()
    rig.answer = rig.good(**changes)

    assert None is rig.reason()


def test_no_audience_said_explicitly():
    """With `audience=None` there must be no `aud`."""
    rig = Rig(audience=None)
    assert Reason.AUDIENCE == rig.reason()

    rig.answer = rig.good(aud=WITHOUT)
    assert None is rig.reason("another")


def test_users():
    """A user's token is refused where the dialect knows one, unless users may."""
    rig = Rig(dialect=KEYCLOAK)
    rig.answer = rig.good(azp="order-service", sid="s-1")
    assert Reason.USER_TOKEN == rig.reason()

    rig = Rig(dialect=KEYCLOAK, users=True)
    rig.answer = rig.good(azp="order-service", sid="s-1")
    assert None is rig.reason()


@pytest.mark.parametrize(
    "token", ["", "a b", "a\n", "a,b", "é", "\ud800", "a" * 16_385, None, 7, b"abc"]
)
def test_what_never_goes_out(token):
    """What can be no bearer token is refused without a question."""
    rig = Rig()

    assert Reason.TOKEN_MALFORMED == rig.reason(token)
    assert [] == rig.asked


# -- what is remembered -----------------------------------------------------------------


def test_a_good_answer_is_remembered():
    """For `active_ttl` the same token isn't asked about again."""
    rig = Rig()
    rig.reason()
    rig.clock.advance(59.9)
    rig.reason()
    assert 1 == len(rig.asked)

    rig.clock.advance(0.1)
    rig.reason()
    assert 2 == len(rig.asked)


def test_a_refusal_is_remembered_more_shortly():
    """For `inactive_ttl` a refused token isn't asked about again, nor let in."""
    rig = Rig()
    rig.answer = {"active": False}
    rig.reason()
    rig.answer = rig.good()
    rig.clock.advance(29.9)
    assert Reason.TOKEN_INACTIVE == rig.reason()

    rig.clock.advance(0.1)
    assert None is rig.reason()
    assert 2 == len(rig.asked)


def test_never_past_exp():
    """A remembered answer ends with the token, and without leeway."""
    rig = Rig()
    rig.answer = rig.good(exp=int(rig.clock.wall()) + 10)
    rig.reason()

    rig.clock.advance(9.9)
    rig.reason()
    assert 1 == len(rig.asked)

    rig.clock.advance(0.1)
    rig.reason()
    assert 2 == len(rig.asked)


def test_a_wall_clock_set_forth():
    """A wall clock that's put right ends what is remembered of an expired token."""
    rig = Rig()
    rig.reason()

    rig.clock.step_wall(301)
    rig.answer = {"active": False}

    assert Reason.TOKEN_INACTIVE == rig.reason()


def test_a_wall_clock_set_back():
    """A wall clock that's set back doesn't prolong what is remembered."""
    rig = Rig()
    rig.answer = rig.good(exp=int(rig.clock.wall()) + 10)
    rig.reason()
    rig.clock.step_wall(-20)

    rig.clock.advance(10)
    rig.answer = {"active": False}

    assert Reason.TOKEN_INACTIVE == rig.reason()


def test_not_yet_valid_is_not_remembered():
    """A token that isn't valid yet is asked about again the next time."""
    rig = Rig()
    rig.answer = rig.good(nbf=int(rig.clock.wall()) + 31)
    rig.reason()
    rig.clock.advance(1)

    assert None is rig.reason()


def test_no_answer_is_not_remembered():
    """A failure is no refusal: the next call asks again."""
    rig = Rig()
    rig.answer = VerifierUnavailable(
        "HTTP 500", reason=Reason.INTROSPECTION_UNAVAILABLE, retry_after=3.0
    )

    error = error_of(lambda: rig.verifier.verify(TOKEN))
    assert isinstance(error, VerifierUnavailable)
    assert (Reason.INTROSPECTION_UNAVAILABLE, 3.0) == (error.reason, error.retry_after)
    assert not rig.verifier.status().ready
    assert "HTTP 500" == str(rig.verifier.status().last_error)

    rig.answer = rig.good()
    assert None is rig.reason()
    assert rig.verifier.status().ready


def test_tokens_are_told_apart():
    """What's remembered of one token says nothing of another."""
    rig = Rig()
    rig.reason("one")
    rig.answer = {"active": False}

    assert Reason.TOKEN_INACTIVE == rig.reason("two")
    assert None is rig.reason("one")


def test_memory_is_bounded():
    """No more answers are remembered than `cache_size`."""
    rig = Rig(cache_size=10)
    for number in range(50):
        rig.reason(f"token-{number}")

    assert 10 == len(rig.verifier._cache)


def test_no_memory():
    """With `cache_size=0` every call asks."""
    rig = Rig(cache_size=0)

    assert [None, None] == [rig.reason(), rig.reason()]
    assert 2 == len(rig.asked)


def test_deny():
    """Who is denied is out at once, remembered or not."""
    rig = Rig()
    rig.reason()

    rig.verifier.deny(client_id="order-service")

    assert [Reason.TOKEN_DENIED] * 2 == [rig.reason(), rig.reason("another")]


# -- arguments, events, ends --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"audience": ""}, "audience"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"credential": "s3cret"}, "credential"),
        ({"active_ttl": -1}, "active_ttl"),
        ({"inactive_ttl": "1"}, "inactive_ttl"),
        ({"leeway": -1}, "leeway"),
        ({"timeout": 0}, "timeout"),
        ({"cache_size": None}, "cache_size"),
        ({"ask": None}, "introspection_url"),
    ],
)
def test_wrong_argument(options, argument):
    """A wrong argument is refused at construction, by its name."""
    with pytest.raises(ConfigurationError, match=argument):
        Rig(**options)


def test_audience_is_required():
    """Leaving out the audience is an error that says what to do."""
    with pytest.raises(ConfigurationError, match="audience is required"):
        IntrospectionVerifier(
            Provider(issuer=ISSUER),
            client_id="a",
            credential=ClientSecret("b"),
            ask=lambda _token, _deadline: {},
        )


def test_refusals_are_told():
    """Every refusal is one event with its reason, and no token."""
    rig = Rig()
    rig.answer = {"active": False}
    rig.reason()
    rig.reason()

    rejected = [event for event in rig.events if isinstance(event, TokenRejected)]

    assert [Reason.TOKEN_INACTIVE] * 2 == [event.reason for event in rejected]
    assert TOKEN not in repr(rejected)


@pytest.mark.parametrize("answer", [{"active": False}, VerifierUnavailable("HTTP 500")])
def test_no_token_in_traceback_or_context(answer):
    """Neither the error's frames of ours nor its context hold the token."""
    rig = Rig()
    rig.answer = answer

    with pytest.raises(AccessError) as caught:
        rig.verifier.verify(TOKEN)

    assert None is caught.value.__context__
    frames = [
        frame.f_locals
        for frame, _ in traceback.walk_tb(caught.tb)
        if "s2sauth/server" in frame.f_code.co_filename
    ]
    assert frames
    assert TOKEN not in repr(frames)


def test_closed():
    """After `close` nothing is asked any more, and nothing hangs."""
    rig = Rig()
    rig.reason()
    rig.verifier.close()

    assert None is rig.reason()
    error = error_of(lambda: rig.verifier.verify("another"))
    assert Reason.INTROSPECTION_UNAVAILABLE == error.reason


def test_after_fork():
    """A child keeps the answers and can ask."""
    rig = Rig()
    rig.reason()

    rig.verifier.after_fork()

    assert [None, None] == [rig.reason(), rig.reason("another")]
    assert [TOKEN, "another"] == rig.asked


def test_unauthenticated_is_ones_own():
    """A remembered refusal is raised as an object of each caller's own."""
    rig = Rig()
    rig.answer = {"active": False}

    errors = [error_of(lambda: rig.verifier.verify(TOKEN)) for _ in range(2)]

    assert [Unauthenticated] * 2 == [type(error) for error in errors]
    assert errors[0] is not errors[1]
