"""The 85 inputs: each refused for its exact reason, each sibling accepted."""

from pathlib import Path

import pytest

from s2sauth._base.bearer import parse_authorization
from s2sauth.errors import (
    ConfigurationError,
    Reason,
    Unauthenticated,
)
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from support.bad_tokens import (
    ALGORITHMS,
    BAD_ARGUMENTS,
    BAD_HEADERS,
    BAD_TOKENS,
    ELSEWHERE,
    BadToken,
    all_numbers,
    key_set_with_bad_keys,
)
from support.tokens import AUDIENCE, PROVIDER, FakeKeys, Signer

CLOCK = FakeClock()
SIGNER = Signer(CLOCK)
KEYS = key_set_with_bad_keys()


@pytest.fixture
def verifier():
    """A verifier that allows what the table needs."""
    with_keys = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=ALGORITHMS,
        fetch_keys=FakeKeys(KEYS),
        clock=CLOCK,
    )
    yield with_keys
    with_keys.close()


def outcome(verifier: JwtVerifier, token) -> Reason | None:
    """Return why a token is refused, or None."""
    try:
        verifier.verify(token)
    except Unauthenticated as error:
        return error.reason
    return None


@pytest.mark.parametrize("entry", BAD_TOKENS, ids=lambda entry: entry.id)
def test_bad_token(verifier, entry: BadToken):
    """A spoilt token is refused for its exact reason, before and after a good one."""
    token = entry.make(SIGNER)

    assert entry.reason == outcome(verifier, token)
    assert None is outcome(verifier, SIGNER.token())
    assert entry.reason == outcome(verifier, token)


@pytest.mark.parametrize("entry", BAD_TOKENS, ids=lambda entry: entry.id)
def test_sibling(verifier, entry: BadToken):
    """Without its one fault the same token is accepted, twice."""
    token = entry.sibling(SIGNER)

    assert None is outcome(verifier, token)
    assert None is outcome(verifier, token)


@pytest.mark.parametrize(("number", "bad", "good"), BAD_ARGUMENTS)
def test_bad_arguments(number, bad, good):
    """What can't be meant is refused at construction, and its sibling isn't."""
    usual = {"audience": AUDIENCE}

    JwtVerifier(PROVIDER, **{**usual, **good}).close()
    with pytest.raises(ConfigurationError):
        JwtVerifier(PROVIDER, **{**usual, **bad})


@pytest.mark.parametrize(("number", "headers", "reason"), BAD_HEADERS)
def test_bad_headers(number, headers, reason):
    """A request says one bearer token, or is refused for the exact reason."""
    if reason is None:
        assert "a.b.c" == parse_authorization(headers)
        return
    with pytest.raises(Unauthenticated) as caught:
        parse_authorization(headers)

    assert reason == caught.value.reason


def test_all_85_are_held():
    """Every number of the survey stands in the table, or where it says."""
    root = Path(__file__).parents[3]

    assert set(range(1, 86)) == all_numbers()
    assert all((root / path).is_file() for path in ELSEWHERE.values())


def test_messages_quote_nothing(verifier):
    """No message of a refusal holds any part of the token."""
    for entry in BAD_TOKENS:
        token = entry.make(SIGNER)
        if not isinstance(token, str) or entry.reason is None or not token:
            continue
        with pytest.raises(Unauthenticated) as caught:
            verifier.verify(token)
        parts = [part for part in token[:20_000].split(".") if len(part) > 8]
        assert [] == [part for part in parts if part in str(caught.value)]
