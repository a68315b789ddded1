"""The clocks: which one is read, and that lifetimes never come out too long."""

import time

import pytest

from s2sauth._base import clock as clock_module
from s2sauth._base.clock import SYSTEM_CLOCK, SystemClock


class _Machine:
    """A stand-in for the module `time`: what a machine's clocks show."""

    def __init__(self):
        self.now = 1_000.0
        self.set_to = 1_700_000_000.0

    def monotonic(self):
        return self.now

    def time(self):
        return self.set_to

    def passes(self, seconds):
        self.now += seconds
        self.set_to += seconds

    def sleeps(self, seconds):
        self.set_to += seconds  # a suspended machine's monotonic clock stands still


@pytest.fixture
def machine():
    return _Machine()


@pytest.fixture
def elapsed(machine):
    return clock_module._CarefulElapsed(machine)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux only")
def test_counts_suspended_time_on_linux():
    """On Linux, elapsed time is the boot clock: no one sets it, and it never stops."""
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    shown = SYSTEM_CLOCK.elapsed()
    after = time.clock_gettime(time.CLOCK_BOOTTIME)

    assert before <= shown <= after


def test_wall_is_posix_time():
    """`wall` shows POSIX seconds."""
    before = time.time()  # noqa: TID251 - what it's compared with

    assert before <= SystemClock().wall() < before + 60


def test_elapsed_counts_what_passes(machine, elapsed):
    """Without a boot clock, seconds that pass are counted once."""
    before = elapsed()

    machine.passes(7.0)

    assert 7.0 == elapsed() - before


def test_elapsed_counts_a_suspended_machine(machine, elapsed):
    """Without a boot clock, time spent suspended counts too."""
    before = elapsed()

    machine.sleeps(3600.0)

    assert 3600.0 == elapsed() - before


def test_a_clock_set_back_gives_no_time(machine, elapsed):
    """A wall clock set back takes nothing away: no token lives longer for it."""
    machine.set_to += 50.0
    before = elapsed()

    machine.set_to -= 3600.0
    machine.passes(5.0)

    assert 5.0 == elapsed() - before


def test_a_suspension_counts_after_a_step_back(machine, elapsed):
    """A clock set back hides no later suspension."""
    machine.set_to -= 3600.0
    before = elapsed()

    machine.sleeps(1800.0)

    assert 1800.0 == elapsed() - before


def test_jitter_adds_nothing(machine, elapsed):
    """A wall clock that trembles doesn't make time run faster."""
    before = elapsed()

    for _ in range(1000):
        machine.set_to += 0.001
        elapsed()
        machine.set_to -= 0.001
        elapsed()

    assert 0.0 == elapsed() - before
