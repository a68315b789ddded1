"""Our own bad tokens: each refused for its exact reason, each sibling accepted."""

import pytest

from s2sauth.errors import Reason, Unauthenticated
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from support.bad_tokens import BadToken
from support.bad_tokens.more import (
    ALL_BAD_TOKENS,
    MORE_ALGORITHMS,
    MORE_BAD_TOKENS,
    key_set_for_more,
)
from support.tokens import AUDIENCE, PROVIDER, FakeKeys, Signer

CLOCK = FakeClock()
SIGNER = Signer(CLOCK)
KEYS = key_set_for_more()


@pytest.fixture(scope="module")
def verifier():
    """A verifier that allows what all entries need, and remembers tokens."""
    with_keys = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=MORE_ALGORITHMS,
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


@pytest.mark.parametrize("entry", ALL_BAD_TOKENS, ids=lambda entry: entry.id)
def test_bad_token(verifier, entry: BadToken):
    """Refused for its exact reason also after its sibling was remembered."""
    sibling = entry.sibling(SIGNER)

    assert None is outcome(verifier, sibling)
    assert entry.reason == outcome(verifier, entry.make(SIGNER))
    assert None is outcome(verifier, sibling)


def test_there_are_at_least_150_more():
    """Beside the survey's 85, under numbers and names of their own."""
    assert 150 <= len(MORE_BAD_TOKENS)
    assert len(ALL_BAD_TOKENS) == len({entry.id for entry in ALL_BAD_TOKENS})
