"""A few threads of ours for many jobs."""

import threading

import pytest

from s2sauth._base.concurrency import WorkerPool

SOON = 10.0  # seconds that a thread of ours may take; never waited out


class _Watched:
    """Starts threads for a pool and keeps them, with what broke in them."""

    def __init__(self):
        self.threads = []
        self.broke = threading.Semaphore(0)

    def start(self, run):
        thread = threading.Thread(target=self._run, args=(run,), daemon=True)
        self.threads.append(thread)
        thread.start()
        return True

    def _run(self, run):
        try:
            run()
        except ZeroDivisionError:
            self.broke.release()


@pytest.fixture
def watched():
    return _Watched()


def _busy(pool):
    """Occupy one thread of the pool; return what lets it go."""
    started, go_on = threading.Event(), threading.Event()

    def job():
        started.set()
        go_on.wait(SOON)

    assert pool.submit(job)
    assert started.wait(SOON)
    return go_on


def _runs(pool):
    """Tell whether a job given to the pool is run."""
    done = threading.Event()
    return pool.submit(done.set) and done.wait(SOON)


def test_runs_every_job():
    """More jobs than threads are all run."""
    pool = WorkerPool(size=2)
    done = threading.Semaphore(0)

    assert [True] * 20 == [pool.submit(done.release) for _ in range(20)]

    assert all(done.acquire(timeout=SOON) for _ in range(20))


def test_starts_no_more_threads_than_its_size(watched):
    """However many jobs come, there are no more than `size` threads."""
    pool = WorkerPool(size=2, start=watched.start)
    releases = [_busy(pool), _busy(pool)]
    done = threading.Semaphore(0)

    for _ in range(5):
        pool.submit(done.release)

    assert not done.acquire(blocking=False)
    for go_on in releases:
        go_on.set()
    assert all(done.acquire(timeout=SOON) for _ in range(5))
    assert 2 == len(watched.threads)


def test_an_idle_thread_is_used_again(watched):
    """A job that comes while a thread is idle starts no other."""
    pool = WorkerPool(size=4, idle=60.0, start=watched.start)
    assert _runs(pool)
    while not pool._idle:  # a few microseconds: it's on its way back
        watched.threads[0].join(0.001)

    assert _runs(pool)

    assert 1 == len(watched.threads)


def test_a_job_that_breaks_takes_no_place_along(watched):
    """A pool whose jobs broke still runs what comes next."""
    pool = WorkerPool(size=1, start=watched.start)

    def job():
        raise ZeroDivisionError

    for _ in range(3):
        assert pool.submit(job)
        assert watched.broke.acquire(timeout=SOON)

    assert _runs(pool)


def test_a_closed_pool_takes_nothing():
    """After `close` a job is refused, and what waited is dropped."""
    pool = WorkerPool(size=1)
    go_on = _busy(pool)
    ran = threading.Event()
    pool.submit(ran.set)

    pool.close()
    go_on.set()

    assert not pool.submit(ran.set)
    assert not ran.wait(0.05)


def test_close_ends_idle_threads(watched):
    """Closing keeps no idle thread waiting for work."""
    pool = WorkerPool(size=1, idle=3600.0, start=watched.start)
    assert _runs(pool)

    pool.close()

    watched.threads[0].join(SOON)
    assert not watched.threads[0].is_alive()


def test_idle_threads_end(watched):
    """A thread without work ends, and the next job gets a new one."""
    pool = WorkerPool(size=1, idle=0.0, start=watched.start)

    for _ in range(2):
        assert _runs(pool)
        watched.threads[-1].join(SOON)

    assert 2 == len(watched.threads)
    assert 0 == pool._threads


def test_a_forked_child_starts_threads_of_its_own(watched):
    """After a fork the parent's threads don't count, busy ones neither."""
    pool = WorkerPool(size=1, start=watched.start)
    go_on = _busy(pool)

    pool.after_fork()

    assert _runs(pool)
    go_on.set()
    assert 2 == len(watched.threads)
