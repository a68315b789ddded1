"""What must stay bounded whatever callers send, and what must not be tried."""

from collections.abc import Callable

from s2sauth.server.keys import BoundKey, read_jwk
from s2sauth.server.refetch_budget import RefetchBudget
from s2sauth.server.token_cache import CacheEntry, TokenCache
from s2sauth.testing import FakeClock
from support.tokens import ec_key, jwk_of


def recorder(tried: list[bytes]) -> Callable[[bytes, bytes], bool]:
    """Return the mathematics of a key: it notes what's tried, and refuses it."""

    def verify(_signed: bytes, signature: bytes) -> bool:
        tried.append(signature)
        return False

    return verify


def test_lengths_come_before_mathematics():
    """A signature of another length is refused without any computation."""
    key = BoundKey(read_jwk(jwk_of(ec_key())), ["ES256"])
    tried: list[bytes] = []
    key._verify = {"ES256": recorder(tried)}

    for length in (0, 1, 63, 65, 96, 10_000):
        assert not key.verifies("ES256", b"e30.e30", bytes(length))
    assert [] == tried

    key.verifies("ES256", b"e30.e30", bytes(64))
    assert 1 == len(tried)


def test_unknown_ids_are_remembered_in_bounds():
    """However many ids are sought in the course of time, a hundred are remembered."""
    clock = FakeClock()
    budget = RefetchBudget(30.0, clock)
    for number in range(1000):
        clock.advance(30.0)
        assert budget.spend_on(f"kid-{number}")

    assert 100 == len(budget._remembered)


def test_what_was_thrown_out_is_remembered_in_bounds():
    """A flood leaves no more traces of itself than the cache has entries."""
    cache: TokenCache[CacheEntry] = TokenCache(10)
    for number in range(1000):
        cache.put(number.to_bytes(4, "big"), CacheEntry(100))

    assert 10 == len(cache)
    assert 10 == len(cache._ghosts)
