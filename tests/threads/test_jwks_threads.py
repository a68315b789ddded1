"""Many threads, one verifier: counts are equalities, and nobody waits in vain."""

import threading
from collections import Counter
from collections.abc import Callable

from s2sauth import ClientSecret
from s2sauth._base.concurrency import start_thread
from s2sauth.errors import AccessError, Reason
from s2sauth.providers import Provider
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import FakeClock
from support.key_rigs import KeyRig
from support.races import PATIENCE, at_the_same_time
from support.tokens import AUDIENCE, jwk_of, key_set, rsa_key
from support.verifiers import VerifierRig

THREADS = 32


def gate(expected: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what holds a fetch until `expected` callers have arrived, and arrival."""
    arrived = threading.Semaphore(0)

    def hold() -> None:
        for _ in range(expected):
            assert arrived.acquire(timeout=PATIENCE)

    return hold, arrived.release


def test_cold_threads_make_one_fetch() -> None:
    """32 threads that start cold cost one fetch, and all get its keys."""
    rig = KeyRig(start=start_thread)
    rig.fetch.during, arrive = gate(THREADS)

    def work(_number: int) -> object:
        arrive()
        return rig.keys.trusted()

    rings = at_the_same_time(THREADS, work)

    assert 1 == rig.fetches
    assert {id(rig.keys.trusted())} == {id(ring) for ring in rings}


def test_cold_failure_is_everybodys_own() -> None:
    """A cold fetch that fails gives each thread an error of its own, and is one."""
    rig = KeyRig(start=start_thread)
    rig.fetch.fail()
    rig.fetch.during, arrive = gate(THREADS)

    def work(_number: int) -> object:
        arrive()
        try:
            return rig.keys.trusted()
        except AccessError as error:
            return error

    errors = at_the_same_time(THREADS, work)

    assert 1 == rig.fetches
    assert THREADS == len({id(error) for error in errors})
    assert {Reason.KEYS_UNAVAILABLE} == {
        error.reason for error in errors if isinstance(error, AccessError)
    }


def test_a_refresh_holds_nobody_up() -> None:
    """While a background fetch hangs, threads with known keys go on with them."""
    rig = KeyRig(start=start_thread)
    before = rig.keys.trusted()
    release = threading.Event()

    def hang() -> None:
        assert release.wait(PATIENCE)

    rig.fetch.during = hang
    rig.clock.advance(290)

    rings = at_the_same_time(THREADS, lambda _n: rig.keys.trusted())

    assert {id(before)} == {id(ring) for ring in rings}
    release.set()
    rig.keys.refresh(PATIENCE)
    assert 3 == rig.fetches


def test_refresh_is_not_answered_by_an_older_fetch() -> None:
    """A refresh that's called while a fetch runs makes another one after it."""
    rig = KeyRig(start=start_thread)
    rig.keys.trusted()
    asked, release = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        assert release.wait(PATIENCE)

    rig.fetch.during = hang
    rig.clock.advance(290)
    rig.keys.trusted()
    assert asked.wait(PATIENCE)  # its answer is the old set
    rig.fetch.during = lambda: None
    rig.rotate("new", keep_old=False)

    refresh = threading.Thread(target=rig.keys.refresh, args=(PATIENCE,))
    refresh.start()
    refresh.join(0.05)
    assert refresh.is_alive()
    release.set()
    refresh.join(PATIENCE)

    assert ("new",) == rig.keys.trusted().key_ids


def test_a_rotation_costs_one_fetch() -> None:
    """32 threads with tokens of a new key join one fetch, and none is refused."""
    rig = VerifierRig()
    rig.verifier.warm_up()
    rig.fetch.document = key_set(jwk_of(rsa_key("twin"), kid="new", alg="RS256"))
    rig.fetch.during, arrive = gate(THREADS)
    tokens = [
        rig.signer.token({"kid": "new"}, {"jti": f"t{n}"}, key=rsa_key("twin"))
        for n in range(THREADS)
    ]

    def work(number: int) -> object:
        arrive()
        return rig.verifier.verify(tokens[number]).token_id

    results = at_the_same_time(THREADS, work)

    assert [f"t{n}" for n in range(THREADS)] == results
    assert [True, False] == rig.fetch.calls


def test_a_flood_of_unknown_ids() -> None:
    """32 threads with 100 unknown ids each cost two fetches; known keys go on."""
    rig = VerifierRig()
    rig.verifier.warm_up()
    good = rig.signer.token()
    bogus = [rig.signer.token({"kid": f"bogus-{n}"}) for n in range(100)]

    def work(_number: int) -> object:
        reasons = Counter(rig.reason(token) for token in bogus)
        return reasons, rig.reason(good)

    results = at_the_same_time(THREADS, work)

    assert [(Counter({Reason.KEY_UNKNOWN: 100}), None)] * THREADS == results
    assert 1 + 2 == len(rig.fetch.calls)


def test_removed_key_under_load() -> None:
    """Once a refresh has returned, no thread accepts a token of the removed key."""
    rig = VerifierRig()
    old = rig.signer.token()
    rig.verifier.verify(old)
    fresh = rig.signer.ec_token()
    removed = threading.Event()

    def work(number: int) -> object:
        if number == 0:
            rig.fetch.document = {"keys": [key_set()["keys"][1]]}
            rig.verifier.refresh_keys(PATIENCE)
            removed.set()
            return None
        seen = []
        for _ in range(200):
            late = removed.is_set()
            seen.append((late, rig.reason(old)))
            assert None is rig.reason(fresh)
        return seen

    results = at_the_same_time(THREADS, work)

    after = {
        reason
        for seen in results
        if isinstance(seen, list)
        for late, reason in seen
        if late
    }
    assert after <= {Reason.KEY_UNKNOWN}
    assert Reason.KEY_UNKNOWN == rig.reason(old)


def test_cache_under_load() -> None:
    """32 threads over a cache that's too small for their tokens keep it in bounds."""
    rig = VerifierRig(cache_size=20)
    tokens = [rig.signer.ec_token(jti=f"t{n}") for n in range(100)]

    def work(number: int) -> object:
        right = 0
        for step in range(200):
            index = (number * 7 + step * 3) % 100
            right += f"t{index}" == rig.verifier.verify(tokens[index]).token_id
        return right

    assert [200] * THREADS == at_the_same_time(THREADS, work)
    assert 20 == rig.cached()


def test_one_question_per_token() -> None:
    """32 threads with the same opaque token cost one question; others don't wait."""
    hold, arrive = gate(THREADS)
    asked: list[str] = []

    def ask(token: str, _deadline: float) -> dict[str, object]:
        asked.append(token)
        if token == "popular":
            hold()
        return {"active": True, "aud": AUDIENCE, "client_id": token}

    verifier = IntrospectionVerifier(
        Provider(issuer="https://as.example.com"),
        audience=AUDIENCE,
        client_id="payment-service",
        credential=ClientSecret("s3cret"),
        ask=ask,
        clock=FakeClock(),
    )

    def work(number: int) -> object:
        own = verifier.verify(f"own-{number}").client_id
        arrive()
        return own, verifier.verify("popular").client_id

    results = at_the_same_time(THREADS, work)

    assert [(f"own-{n}", "popular") for n in range(THREADS)] == results
    assert {"popular": 1, **{f"own-{n}": 1 for n in range(THREADS)}} == Counter(asked)
    verifier.close()
