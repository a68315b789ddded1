"""FakeClock."""

import pytest

from s2sauth._base.clock import Clock
from s2sauth.testing import FakeClock


def test_stands_still():
    """Without being told to, no time goes by."""
    clock = FakeClock(wall=50.0, elapsed=7.0)

    assert [(7.0, 50.0), (7.0, 50.0)] == [(clock.elapsed(), clock.wall())] * 2


def test_advances_both():
    """Time that goes by moves both readings."""
    clock: Clock = FakeClock(wall=50.0, elapsed=7.0)

    assert isinstance(clock, FakeClock)
    clock.advance(2.5)

    assert (9.5, 52.5) == (clock.elapsed(), clock.wall())


def test_steps_the_wall_alone():
    """A wall clock set back leaves the elapsed time alone."""
    clock = FakeClock(wall=50.0, elapsed=7.0)

    clock.step_wall(-20.0)

    assert (7.0, 30.0) == (clock.elapsed(), clock.wall())


def test_refuses_to_go_backwards():
    """Elapsed time never runs backwards, not even by mistake."""
    clock = FakeClock()

    with pytest.raises(ValueError, match="step_wall"):
        clock.advance(-1)
