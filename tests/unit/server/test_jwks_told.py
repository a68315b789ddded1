"""What a key set tells, and what it does at forks and ends."""

import pytest

from s2sauth.events import KeySkipped, KeysRefreshed, KeysRefreshFailed
from support.key_rigs import KeyRig, error_of
from support.lifecycles import at_once
from support.tokens import jwk_of, key_set, rsa_key

GOOD = ("ec", "rsa")


@pytest.mark.parametrize(
    ("max_age", "ttl"), [(None, 300), (60, 60), (0, 30), (450, 450), (86_400, 600)]
)
def test_max_age_moves_the_ttl_inside_bounds(max_age, ttl):
    """`Cache-Control` shortens the TTL to one cooldown at least, and doubles it at most."""
    rig = KeyRig()
    rig.fetch.max_age = max_age
    rig.keys.trusted()

    rig.clock.advance(ttl - 0.1)
    assert not rig.keys.status().stale
    rig.clock.advance(0.1)
    assert rig.keys.status().stale


def test_status_before_and_after():
    """The status says what is there, how old it is, and what failed."""
    rig = KeyRig()
    cold = rig.keys.status()
    rig.keys.trusted()
    rig.clock.advance(40)
    warm = rig.keys.status()
    rig.fetch.fail("no answer")
    error_of(lambda: rig.keys.refresh(5.0))
    failing = rig.keys.status()

    assert (False, None, False) == (cold.ready, cold.age, cold.stale)
    assert (True, 40.0, GOOD) == (warm.ready, warm.age, warm.key_ids)
    assert "no answer" == str(failing.last_error)
    assert failing.ready


def test_events():
    """Every fetch is told: what came, what went, what was skipped, what failed."""
    rig = KeyRig(key_set(jwk_of(rsa_key(), kid="enc", use="enc")))
    rig.keys.trusted()
    rig.rotate("new", keep_old=False)
    rig.keys.refresh(5.0)
    rig.fetch.fail("no answer")
    error_of(lambda: rig.keys.refresh(5.0))

    skipped, first, second, failed = rig.events

    assert isinstance(skipped, KeySkipped)
    assert ("enc", "its use isn't sig") == (skipped.key_id, skipped.why)
    assert isinstance(first, KeysRefreshed)
    assert (GOOD, ()) == (first.key_ids, first.removed)
    assert isinstance(second, KeysRefreshed)
    assert (("new",), GOOD) == (second.key_ids, second.removed)
    assert isinstance(failed, KeysRefreshFailed)
    assert ("no answer", True) == (failed.message, failed.serving_stale)


def test_a_skipped_key_is_told_once():
    """The same bad key isn't told again at every refresh."""
    rig = KeyRig(key_set(jwk_of(rsa_key(), kid="enc", use="enc")))
    rig.keys.trusted()
    rig.keys.refresh(5.0)
    rig.rotate("new")
    rig.keys.refresh(5.0)

    assert 1 == len(rig.told(KeySkipped))


def test_all_bad_keys_are_told():
    """A set of nothing but bad keys says of each what's wrong, then that it failed."""
    rig = KeyRig({"keys": [jwk_of(rsa_key(), kid="enc", use="enc"), 7]})

    error_of(rig.keys.trusted)

    kinds = [type(event) for event in rig.events]
    assert [KeySkipped, KeySkipped, KeysRefreshFailed] == kinds


def test_after_fork_keys_stay_and_fetches_start_anew():
    """A child keeps the keys, and isn't kept from fetching by its parent's fetch."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.by_hand()
    rig.clock.advance(290)
    rig.keys.trusted()
    abandoned = rig.pool.jobs.popleft()
    rig.rotate("new")

    rig.keys.after_fork()
    assert before is rig.keys.trusted()
    rig.start = at_once
    rig.keys.refresh(5.0)
    abandoned()

    assert "new" in rig.keys.trusted().key_ids


def test_closed_keys_serve_on():
    """After `close` the keys that are there serve, and nothing hangs."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.keys.close()

    assert before is rig.keys.trusted()
