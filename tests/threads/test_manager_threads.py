"""Many threads, one source: counts are equalities."""

import threading

import pytest

from s2sauth._base.concurrency import WorkerPool, start_thread
from s2sauth.errors import AuthorizationServerUnavailable, TokenTimeout
from s2sauth.values import AccessToken
from support.lifecycles import Rig
from support.races import PATIENCE, at_the_same_time

THREADS = 64


def test_cold_threads_make_one_fetch() -> None:
    """64 threads that start cold cost one fetch, and all get its token."""
    rig = Rig(start=start_thread)
    release = threading.Event()
    rig.endpoint.script.append(lambda: release.wait(PATIENCE))
    waiting = threading.Semaphore(0)

    def work(_number: int) -> AccessToken:
        waiting.release()
        return rig.source.get()

    def let_go() -> None:
        for _ in range(THREADS):
            waiting.acquire(timeout=PATIENCE)
        release.set()

    threading.Thread(target=let_go).start()
    tokens = at_the_same_time(THREADS, work)
    assert len(set(map(id, tokens))) == 1
    assert rig.endpoint.fetches == 1


def test_all_waiters_get_the_failure_as_their_own() -> None:
    """If the one fetch fails, 64 callers get 64 errors, none with a shared past."""
    rig = Rig(start=start_thread)
    rig.endpoint.down = True
    errors = at_the_same_time(THREADS, lambda _number: rig.source.get())
    assert all(isinstance(error, AuthorizationServerUnavailable) for error in errors)
    assert len(set(map(id, errors))) == THREADS
    assert rig.endpoint.fetches == 1
    for error in errors:
        assert isinstance(error, AuthorizationServerUnavailable)
        assert error.__context__ is None


def test_impatient_callers_leave_the_flight_to_the_next() -> None:
    """Callers that give up don't end the fetch: the next ones get its token."""
    rig = Rig(start=start_thread)
    release = threading.Event()
    rig.endpoint.script.append(lambda: release.wait(PATIENCE))
    first = at_the_same_time(16, lambda _number: rig.source.get(timeout=0.01))
    assert all(isinstance(error, TokenTimeout) for error in first)
    release.set()
    second = at_the_same_time(16, lambda _number: rig.source.get(timeout=PATIENCE))
    assert {token.value for token in second} == {"t1"}  # type: ignore[attr-defined]  # an error would fail here
    assert rig.endpoint.fetches == 1


def test_different_keys_never_wait_for_each_other() -> None:
    """A source whose fetch hangs doesn't hold up another one."""
    stuck, free = Rig(start=start_thread), Rig(start=start_thread)
    release = threading.Event()
    stuck.endpoint.script.append(lambda: release.wait(PATIENCE))
    with pytest.raises(TokenTimeout):
        stuck.source.get(timeout=0)
    assert free.source.get(timeout=PATIENCE).value == "t1"
    release.set()
    assert stuck.source.get(timeout=PATIENCE).value == "t1"


def test_an_ageing_token_costs_one_refresh() -> None:
    """64 threads in the refresh window get the old token and cost one refresh."""
    rig = Rig(start=start_thread)
    old = rig.source.get()
    rig.clock.advance(250.0)
    tokens = at_the_same_time(THREADS, lambda _number: rig.source.get())
    assert tokens == [old] * THREADS
    assert len(rig.pool.jobs) == 1


def test_one_refused_token_is_dropped_once() -> None:
    """Of 64 threads that invalidate the same token, one is told True."""
    rig = Rig()
    token = rig.source.get()
    told = at_the_same_time(THREADS, lambda _number: rig.source.invalidate(token))
    assert told.count(True) == 1
    assert told.count(False) == THREADS - 1


def test_reads_across_expiries_are_never_torn() -> None:
    """8 threads with 2000 reads each over 200 expiries: one fetch each, no expired token."""
    rig = Rig(start=start_thread, lifetime=10.0)
    steps = 200
    barrier = threading.Barrier(8, action=lambda: rig.clock.advance(10.0))
    stale: list[float] = []

    def work(_number: int) -> int:
        for _ in range(steps):
            barrier.wait(PATIENCE)
            for _ in range(10):
                token = rig.source.get()
                if token.expires_at <= rig.clock.wall():
                    stale.append(token.expires_at)
        return steps

    results = at_the_same_time(8, work)
    assert results == [steps] * 8
    assert stale == []
    # Each step passed expiry (or began in the window, which the manual pool never
    # serves): exactly one fetch for each.
    assert rig.endpoint.fetches == steps


def test_the_pool_ends_its_idle_threads_and_starts_again() -> None:
    """A pool without work has no threads, and takes work again afterwards."""
    pool = WorkerPool(size=2, idle=0.01)
    for _ in range(2):
        done = threading.Barrier(3)
        for _ in range(2):
            assert pool.submit(lambda done=done: done.wait(PATIENCE) and None)  # type: ignore[misc]  # binds this round's
        done.wait(PATIENCE)
        while any(t.name == "s2sauth" for t in threading.enumerate()):
            threading.Event().wait(0.01)
    assert pool.submit(lambda: None)
    pool.close()
    assert not pool.submit(lambda: None)
