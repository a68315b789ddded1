"""A key set that's looked at out of turn: for an unknown id, or on demand."""

from functools import partial

from s2sauth.errors import VerifierUnavailable
from s2sauth.events import KeysRefreshFailed
from support.key_rigs import KeyRig, error_of
from support.tokens import PROVIDER, jwk_of, key_set, rsa_key

GOOD = ("ec", "rsa")


def test_rotation_soon_after_the_start_is_seen_at_once():
    """A key that's published three seconds after the start is found at its first use."""
    rig = KeyRig()
    rig.keys.trusted()
    rig.rotate("new")
    rig.clock.advance(3)

    assert "new" in rig.keys.search("new").key_ids
    assert [True, False] == rig.fetch.calls


def test_unknown_ids_cost_the_budget_and_no_more():
    """A flood of unknown ids costs two fetches at once, and one per cooldown after."""
    rig = KeyRig()
    rig.keys.trusted()

    for number in range(1000):
        rig.keys.search(f"bogus-{number}")
    assert 1 + 2 == rig.fetches

    rig.clock.advance(30)
    for number in range(1000):
        rig.keys.search(f"more-{number}")
    assert 1 + 3 == rig.fetches


def test_the_same_unknown_id_is_fetched_for_once_per_cooldown():
    """One bogus id, however often, leaves a fetch for a real rotation."""
    rig = KeyRig(ttl=10_000)
    rig.keys.trusted()
    for _ in range(20):
        rig.keys.search("bogus")
        rig.clock.advance(15)

    rig.rotate("new")
    found = rig.keys.search("new")

    assert "new" in found.key_ids
    assert 1 + 10 + 1 == rig.fetches


def test_the_memory_of_an_unknown_id_lapses_within_a_cooldown():
    """A token that came before its key was published is accepted a cooldown later."""
    rig = KeyRig()
    rig.keys.trusted()
    rig.keys.search("early")
    rig.rotate("early")

    rig.clock.advance(29.9)
    assert "early" not in rig.keys.search("early").key_ids

    rig.clock.advance(0.1)
    assert "early" in rig.keys.search("early").key_ids


def test_scheduled_fetches_are_not_paid_from_the_budget():
    """Cold and background fetches leave the budget whole."""
    rig = KeyRig()
    rig.keys.trusted()
    for _ in range(5):
        rig.clock.advance(290)
        rig.keys.trusted()
    scheduled = rig.fetches

    for name in ("a", "b", "c"):
        rig.keys.search(name)

    assert scheduled + 2 == rig.fetches


def test_flood_during_an_outage():
    """Unknown ids while the endpoint fails are no 401, and cost no more than tries."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.fetch.fail()

    errors = [error_of(partial(rig.keys.search, f"b{n}")) for n in range(500)]

    assert {VerifierUnavailable} == {type(error) for error in errors}
    assert 2 == rig.fetches
    assert before is rig.keys.trusted()


def test_outage_with_the_budget_spent():
    """With no fetch left and the last one failed, it can't be told: no 401."""
    rig = KeyRig(draw=0.0)
    rig.keys.trusted()
    rig.fetch.fail()
    error_of(lambda: rig.keys.search("a"))
    rig.clock.advance(1)
    error_of(lambda: rig.keys.search("b"))
    rig.clock.advance(1)

    error = error_of(lambda: rig.keys.search("c"))

    assert 3 == rig.fetches
    assert type(error) is VerifierUnavailable


def test_an_id_sought_in_an_outage_is_sought_again_after_it():
    """A fetch that failed says nothing of an id: it's paid for again, and found."""
    rig = KeyRig(draw=0.0)
    rig.keys.trusted()
    good = rig.fetch.document
    rig.fetch.fail()
    error_of(lambda: rig.keys.search("new"))
    rig.fetch.document = good
    rig.rotate("new")
    rig.clock.advance(1)

    assert "new" in rig.keys.search("new").key_ids


def test_a_failed_search_does_not_hurry_the_schedule():
    """Fresh keys aren't fetched again early because an unknown id's fetch failed."""
    rig = KeyRig()
    rig.keys.trusted()
    rig.fetch.fail()
    error_of(lambda: rig.keys.search("bogus"))

    rig.clock.advance(100)
    rig.keys.trusted()

    assert 2 == rig.fetches


def test_an_id_of_a_skipped_key_is_not_searched_for():
    """A key that's in the set and unusable needs no fetch to be known as such."""
    rig = KeyRig(key_set(jwk_of(rsa_key(), kid="enc", use="enc")))
    rig.keys.trusted()

    rig.keys.search("enc")

    assert 1 == rig.fetches


def test_refresh_drops_a_removed_key_at_once():
    """After `refresh` a key that's gone from the set is gone here."""
    rig = KeyRig()
    rig.keys.trusted()
    rig.rotate("new", keep_old=False)

    rig.keys.refresh(5.0)

    assert ("new",) == rig.keys.trusted().key_ids


def test_refresh_ignores_the_backoff():
    """A refresh that's demanded is made although a fetch failed just now."""
    rig = KeyRig()
    rig.fetch.fail()
    error_of(rig.keys.trusted)
    rig.fetch.document = key_set()

    rig.keys.refresh(5.0)

    assert GOOD == rig.keys.trusted().key_ids


def test_refresh_that_fails_says_so():
    """A refresh that fails raises, and the old keys serve on."""
    rig = KeyRig()
    before = rig.keys.trusted()
    rig.fetch.fail("no answer")

    error = error_of(lambda: rig.keys.refresh(5.0))

    assert "no answer" == str(error)
    assert before is rig.keys.trusted()


def test_warm_up_fetches_once():
    """`warm_up` fetches where there's nothing fresh, and else not."""
    rig = KeyRig()

    rig.keys.warm_up(5.0)
    rig.keys.warm_up(5.0)
    assert 1 == rig.fetches

    rig.clock.advance(301)
    rig.keys.warm_up(5.0)
    assert 2 == rig.fetches


def test_a_fetch_that_overruns_is_given_up():
    """The next caller replaces a fetch beyond its limit; its late answer is dropped."""
    rig = KeyRig()
    rig.by_hand()

    def overrun() -> None:
        rig.fetch.during = lambda: None
        rig.clock.advance(11)
        error_of(lambda: rig.keys.refresh(0.0))

    rig.fetch.during = overrun
    error_of(lambda: rig.keys.refresh(0.0))

    rig.pool.jobs.popleft()()
    assert not rig.keys.status().ready
    assert [f"the key set of {PROVIDER.issuer} came too late"] == [
        event.message for event in rig.told(KeysRefreshFailed)
    ]

    rig.pool.run_all()
    assert rig.keys.status().ready


def test_no_thread_is_a_failure():
    """Where no thread can be started the call fails, and doesn't hang."""
    rig = KeyRig(start=lambda _job: False)

    error = error_of(rig.keys.trusted)

    assert "no thread" in str(error)
