"""The cache of tokens: bounded, and not to be flooded."""

import hashlib

import pytest

from s2sauth.server.token_cache import CacheEntry, TokenCache, token_digest


def entry(weight: int = 100) -> CacheEntry:
    """Make an entry."""
    return CacheEntry(weight)


def read(cache: TokenCache[CacheEntry], digest: bytes) -> bool:
    """Read as verifiers do; say whether it was there."""
    found = cache.entries.get(digest)
    if found is None:
        return False
    found.used = True
    return True


def key(name: object) -> bytes:
    """Return a digest."""
    return token_digest(f"token-{name}")


def test_digest_is_keyed_and_complete():
    """A digest is no plain hash, and every character counts."""
    digest = token_digest("abc")

    assert 32 == len(digest)
    assert digest == token_digest("abc")
    assert digest != token_digest("abx")
    assert digest != hashlib.sha256(b"abc").digest()


@pytest.mark.parametrize("token", [None, 7, b"abc", "é", "\ud800", "a" * 16_385])
def test_no_digest_for_what_can_be_no_token(token):
    """What can be no token has the empty digest, under which nothing is kept."""
    assert b"" == token_digest(token)


@pytest.mark.parametrize("size", [1, 2, 10, 100])
def test_never_more_than_its_size(size):
    """However many are put in, no more than `size` are there."""
    cache: TokenCache[CacheEntry] = TokenCache(size)

    for number in range(5 * size):
        cache.put(key(number), entry())
        assert size >= len(cache)

    assert size == len(cache)


def test_size_0_keeps_nothing():
    """A cache of size 0 keeps nothing."""
    cache: TokenCache[CacheEntry] = TokenCache(0)

    cache.put(key(1), entry())

    assert 0 == len(cache)


def test_bounded_in_bytes():
    """Giant tokens leave before there are as many as `size`."""
    cache: TokenCache[CacheEntry] = TokenCache(100)

    for number in range(100):
        cache.put(key(number), entry(16_384))

    assert 25 == len(cache)


def test_one_giant_stays():
    """A single entry stays, whatever its weight."""
    cache: TokenCache[CacheEntry] = TokenCache(1)

    cache.put(key(1), entry(16_384))

    assert 1 == len(cache)


def test_replacing_an_entry():
    """Putting the same digest again replaces the entry and its weight."""
    cache: TokenCache[CacheEntry] = TokenCache(2)
    cache.put(key(1), entry(4000))
    again = entry(4000)
    cache.put(key(1), again)
    cache.put(key(2), entry(4000))

    assert again is cache.entries[key(1)]
    assert 2 == len(cache)


def test_a_flood_leaves_the_working_set_alone():
    """Ten caches full of tokens that come once push out none that come again."""
    cache: TokenCache[CacheEntry] = TokenCache(1000)
    working_set = [key(f"w{number}") for number in range(500)]
    for digest in working_set:
        cache.put(digest, entry())
        read(cache, digest)

    hits = 0
    for number in range(10_000):
        cache.put(key(number), entry())
        hits += read(cache, working_set[number % 500])

    assert 10_000 == hits


def test_who_returns_soon_is_taken_for_good():
    """What was thrown out and comes back at once survives the next flood."""
    cache: TokenCache[CacheEntry] = TokenCache(100)
    for number in range(150):
        cache.put(key(number), entry())
    returning = next(key(n) for n in range(150) if key(n) not in cache.entries)

    cache.put(returning, entry())
    for number in range(1000, 1090):
        cache.put(key(number), entry())

    assert returning in cache.entries


def test_what_is_no_longer_used_leaves():
    """An old working set makes room for a new one."""
    cache: TokenCache[CacheEntry] = TokenCache(100)
    for wave in ("old", "new"):
        for _ in range(4):
            for number in range(80):
                digest = key(f"{wave}{number}")
                if not read(cache, digest):
                    cache.put(digest, entry())

    assert 80 == sum(key(f"new{number}") in cache.entries for number in range(80))


def test_everything_used_still_makes_room():
    """Where every entry was just used, a newcomer still finds its place."""
    cache: TokenCache[CacheEntry] = TokenCache(200)
    for number in range(400):
        cache.put(key(number), entry())
        for digest in list(cache.entries):
            read(cache, digest)

    assert 200 == len(cache)


def test_clear():
    """After `clear` there's nothing, and all works as at the start."""
    cache: TokenCache[CacheEntry] = TokenCache(2)
    cache.put(key(1), entry())
    cache.clear()
    assert 0 == len(cache)

    for number in range(5):
        cache.put(key(number), entry())
    assert 2 == len(cache)


def test_after_fork():
    """A child keeps the entries, and their bound."""
    cache: TokenCache[CacheEntry] = TokenCache(10)
    for number in range(10):
        cache.put(key(number), entry())
        read(cache, key(number))
    cache.put(key("one more"), entry())

    cache.after_fork()
    assert 10 == len(cache)
    for number in range(100, 150):
        cache.put(key(number), entry())
    assert 10 == len(cache)
