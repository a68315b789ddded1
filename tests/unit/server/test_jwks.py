"""The life of a key set, with a clock and threads that stand still."""

import pytest

from s2sauth.errors import Reason, VerifierUnavailable
from support.key_rigs import KeyRig, error_of
from support.tokens import jwk_of, key_set, rsa_key

GOOD = ("ec", "rsa")


def test_first_read_fetches():
    """Keys are fetched when first needed, with patience, and then they are there."""
    rig = KeyRig()

    ring = rig.keys.trusted()

    assert GOOD == ring.key_ids
    assert ring is rig.keys.trusted()
    assert [True] == rig.fetch.calls


def test_fresh_keys_cost_nothing():
    """Until a refresh is due nothing is fetched."""
    rig = KeyRig(draw=0.0)
    rig.keys.trusted()

    rig.clock.advance(0.74 * 300)
    rig.keys.trusted()

    assert 1 == rig.fetches


@pytest.mark.parametrize(("draw", "due"), [(0.0, 0.75), (1.0, 0.95)])
def test_refresh_is_spread(draw, due):
    """The refresh comes before the TTL ends, at a moment drawn for each snapshot."""
    rig = KeyRig(draw=draw)
    rig.keys.trusted()
    rig.by_hand()

    rig.clock.advance(due * 300 - 0.1)
    rig.keys.trusted()
    assert 0 == len(rig.pool.jobs)

    rig.clock.advance(0.2)
    rig.keys.trusted()
    assert 1 == len(rig.pool.jobs)


def test_ageing_keys_are_served_at_once():
    """While one background fetch runs, callers get the keys that are there."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.by_hand()
    rig.clock.advance(290)
    rig.rotate("new")

    assert [before] * 5 == [rig.keys.trusted() for _ in range(5)]
    assert 1 == len(rig.pool.jobs)

    rig.pool.run_all()
    assert ("ec", "new", "rsa") == rig.keys.trusted().key_ids


def test_unchanged_keys_are_the_same_ring():
    """A set that comes again unchanged is the same ring: nothing need be judged anew."""
    rig = KeyRig()
    before = rig.keys.trusted()

    rig.keys.refresh(5.0)

    assert before is rig.keys.trusted()
    assert 2 == rig.fetches


def test_unchanged_key_in_a_changed_set_is_the_same_key():
    """A key that stays is the very same object beside new ones."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.rotate("new")

    rig.keys.refresh(5.0)

    after = rig.keys.trusted()
    assert before is not after
    assert all(key in after for key in before.keys)


def test_same_id_with_another_key_is_another_key():
    """A kid that now names another key doesn't stand for the old one."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.fetch.document = {"keys": [jwk_of(rsa_key("new"), kid="rsa", alg="RS256")]}

    rig.keys.refresh(5.0)

    assert ("rsa",) == rig.keys.trusted().key_ids
    assert not any(key in rig.keys.trusted() for key in before.keys)


# -- outage -------------------------------------------------------------------------


def test_stale_keys_serve_to_the_hard_limit():
    """In an outage the last good keys serve until max_stale after their TTL."""
    rig = KeyRig(ttl=300, max_stale=3600)
    before = rig.keys.trusted()
    rig.fetch.fail()

    for _ in range(389):
        rig.clock.advance(10)
        assert before is rig.keys.trusted()
    rig.clock.advance(10)
    error = error_of(rig.keys.trusted)

    assert type(error) is VerifierUnavailable
    assert Reason.KEYS_UNAVAILABLE == error.reason
    assert not rig.keys.status().ready


def test_failed_refreshes_back_off():
    """In an outage refreshes come ever more seldom, to about one per cooldown."""
    rig = KeyRig(draw=1.0)
    rig.keys.trusted()
    rig.fetch.fail()
    rig.clock.advance(0.95 * 300)
    moments = []

    for second in range(120):
        before = rig.fetches
        rig.keys.trusted()
        if rig.fetches > before:
            moments.append(second)
        rig.clock.advance(1)

    assert [0, 1, 2, 4, 8, 16, 32, 62, 92] == moments


def test_recovers_by_itself():
    """After an outage the next refresh brings keys, and the old backoff is over."""
    rig = KeyRig()
    rig.keys.trusted()
    rig.fetch.fail()
    rig.clock.advance(290)
    rig.keys.trusted()
    rig.rotate("new")
    rig.clock.advance(30)

    rig.keys.trusted()

    assert ("ec", "new", "rsa") == rig.keys.trusted().key_ids
    assert None is rig.keys.status().last_error


@pytest.mark.parametrize(
    "document",
    [
        {"keys": []},
        {},
        {"keys": "none"},
        {"keys": [jwk_of(rsa_key(), kid="x", use="enc")]},
        {"keys": [jwk_of(rsa_key(), kid="x", alg="RS512")]},
    ],
)
def test_a_useless_set_replaces_nothing(document):
    """A set without any usable key is a failure, and the good keys stay."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.fetch.document = document

    error = error_of(lambda: rig.keys.refresh(5.0))

    assert type(error) is VerifierUnavailable
    assert before is rig.keys.trusted()


def test_a_fetch_that_raises_anything_is_a_failure():
    """An error that a fetch isn't meant to raise is told as one it is."""
    rig = KeyRig()
    rig.fetch.document = ZeroDivisionError("secret detail")

    error = error_of(rig.keys.trusted)

    assert type(error) is VerifierUnavailable
    assert "ZeroDivisionError" in str(error)
    assert "secret" not in str(error)


# -- nothing there ------------------------------------------------------------------


def test_cold_failures_fail_fast_for_a_while():
    """Without keys a failed fetch is followed by quick refusals, then by another try."""
    rig = KeyRig(draw=1.0)
    rig.fetch.fail("the key set: HTTP 503")

    first = error_of(rig.keys.trusted)
    again = error_of(rig.keys.trusted)

    assert 1 == rig.fetches
    assert "the key set: HTTP 503" == str(first) == str(again)
    assert first is not again
    assert isinstance(again, VerifierUnavailable)
    assert isinstance(first, VerifierUnavailable)
    assert (0.5, 0.5) == (first.retry_after, again.retry_after)

    rig.clock.advance(0.5)
    error_of(rig.keys.trusted)
    assert 2 == rig.fetches


def test_cold_backoff_grows_to_ten_seconds():
    """The time between tries doubles, and stays at ten seconds."""
    rig = KeyRig(draw=1.0)
    rig.fetch.fail()
    waits = []

    for _ in range(7):
        error_of(rig.keys.trusted)
        waits.append(rig.keys._retry_at - rig.clock.elapsed())
        rig.clock.advance(waits[-1])

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == waits


def test_retry_after_is_heeded():
    """A server that says when to come back isn't asked before, within ten seconds."""
    rig = KeyRig()
    rig.fetch.document = VerifierUnavailable("HTTP 503", retry_after=7.0)
    error_of(rig.keys.trusted)

    rig.clock.advance(6.9)
    error_of(rig.keys.trusted)
    assert 1 == rig.fetches

    rig.clock.advance(0.1)
    error_of(rig.keys.trusted)
    assert 2 == rig.fetches


def test_cold_server_recovers_by_itself():
    """The first call after the pause finds the keys."""
    rig = KeyRig()
    rig.fetch.fail()
    error_of(rig.keys.trusted)
    rig.fetch.document = key_set()
    rig.clock.advance(1)

    assert GOOD == rig.keys.trusted().key_ids


# -- idle ---------------------------------------------------------------------------


def test_idle_keys_are_refreshed_before_they_are_trusted():
    """Keys over twice their TTL because nobody asked wait for a fetch first."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.rotate("new", keep_old=False)
    rig.clock.advance(601)

    after = rig.keys.trusted()

    assert ("new",) == after.key_ids
    assert not any(key in after for key in before.keys)


def test_idle_keys_serve_when_the_fetch_fails():
    """If that fetch fails the old keys serve, within the hard limit, without a wait."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.fetch.fail()
    rig.clock.advance(601)

    assert before is rig.keys.trusted()
    assert before is rig.keys.trusted()
    assert 2 == rig.fetches


def test_short_ttl_keys_serve_between_tries():
    """Keys that are idle by a tiny TTL serve while the backoff allows no fetch."""
    rig = KeyRig(ttl=1.0, draw=1.0)
    before = rig.keys.trusted()
    rig.fetch.fail()

    for _ in range(40):
        rig.clock.advance(2.5)
        assert before is rig.keys.trusted()
