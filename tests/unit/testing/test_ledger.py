"""What the server remembers of its tokens."""

import pytest

from s2sauth.testing import ledger as ledger_module
from s2sauth.testing.ledger import Entry, TokenLedger


def _entry(**claims):
    return Entry("order", claims, None)


@pytest.mark.parametrize(
    ("claims", "live"),
    [
        ({"exp": 101}, True),
        ({"exp": 100}, False),
        ({"exp": 99.5}, False),
        ({"exp": 101, "nbf": 100}, True),
        ({"exp": 101, "nbf": 100.5}, False),
        ({}, True),
        ({"exp": "soon", "nbf": []}, True),
    ],
)
def test_a_token_lives_between_nbf_and_exp(claims, live):
    """At 100 s a token lives if it has begun and not ended; spoilt claims don't limit."""
    ledger = TokenLedger()
    entry = _entry(**claims)
    ledger.record("t", entry, 100.0)

    assert (entry if live else None) is ledger.live("t", 100.0)


def test_a_revoked_token_is_dead():
    """Revocation ends one token, and no other."""
    ledger = TokenLedger()
    for token in ("a", "b"):
        ledger.record(token, _entry(exp=200), 100.0)

    ledger.revoke("a")

    assert (None, True) == (ledger.live("a", 100.0), bool(ledger.live("b", 100.0)))


def test_an_unknown_token_is_dead():
    """What was never given out is never live, revoked or not."""
    ledger = TokenLedger()
    ledger.revoke("x")

    assert (None, None) == (ledger.find("x"), ledger.live("x", 0.0))


def test_ended_tokens_are_forgotten_where_there_are_many():
    """A server that runs for weeks doesn't keep every token it ever gave."""
    ledger = TokenLedger()
    for number in range(ledger_module._PRUNE_AT):
        ledger.record(f"old{number}", _entry(exp=50), 10.0)
    ledger.revoke("old1")
    ledger.record("new", _entry(exp=200), 100.0)

    assert (None, True) == (ledger.find("old0"), bool(ledger.find("new")))
    assert {"new"} == set(ledger._entries)
    assert set() == ledger._revoked


def test_live_tokens_are_never_forgotten():
    """However many there are, each live token is still known."""
    ledger = TokenLedger()
    for number in range(ledger_module._PRUNE_AT + 5):
        ledger.record(str(number), _entry(exp=200), 100.0)

    assert ledger.live("0", 100.0) is not None


def test_entries_show_no_claims():
    """An entry's repr names the owner alone."""
    assert "secret" not in repr(_entry(secret="secret"))
