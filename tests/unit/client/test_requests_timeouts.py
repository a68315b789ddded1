"""Waiting for a token counts as connecting."""

import pytest
import urllib3

from s2sauth.client.requests.timeouts import ConnectBudget
from s2sauth.testing import FakeClock


@pytest.mark.parametrize(
    ("timeout", "wait", "expected"),
    [
        (None, None, None),
        (5.0, 5.0, (3.0, 5.0)),
        (5, 5, (3, 5)),
        ((5.0, 30.0), 5.0, (3.0, 30.0)),
        ((5.0, None), 5.0, (3.0, None)),
        ((None, 30.0), None, (None, 30.0)),
        ((1.0, 30.0), 1.0, (0.001, 30.0)),
    ],
)
def test_wait_is_taken_off_the_connect_timeout(timeout, wait, expected):
    """After a wait of 2 s the connect timeout is 2 s shorter, the read one isn't."""
    clock = FakeClock()
    budget = ConnectBudget(timeout, clock)

    asked = budget()
    clock.advance(2.0)

    assert (wait, expected) == (asked, budget.rest())


@pytest.mark.parametrize("timeout", [None, 5.0, (5.0, 30.0)])
def test_cached_token_leaves_the_timeout_as_it_is(timeout):
    """Without a wait the very timeout that was given goes on."""
    budget = ConnectBudget(timeout, FakeClock())
    budget()

    assert timeout is budget.rest()


def test_each_wait_counts_by_itself():
    """The second sending has its own connect timeout, less its own wait."""
    clock = FakeClock()
    budget = ConnectBudget(5.0, clock)
    budget()
    clock.advance(60.0)

    budget()
    clock.advance(1.0)

    assert (4.0, 5.0) == budget.rest()


@pytest.mark.parametrize(
    ("timeout", "wait"),
    [
        (urllib3.Timeout(connect=2.0, read=9.0), 2.0),
        (urllib3.Timeout(3.0), 3.0),
        (urllib3.Timeout(total=1.0, connect=2.0), 1.0),
        (urllib3.Timeout(connect=None), None),
        (urllib3.Timeout(), None),
    ],
)
def test_urllib3_timeout_bounds_the_wait(timeout, wait):
    """urllib3's own object says how long to wait, and is passed on as it is."""
    clock = FakeClock()
    budget = ConnectBudget(timeout, clock)

    asked = budget()
    clock.advance(0.5)

    assert wait == asked
    assert timeout is budget.rest()


@pytest.mark.parametrize("timeout", ["5", (1.0, 2.0, 3.0), (), [1.0, 2.0]])
def test_what_requests_refuses_is_left_to_requests(timeout):
    """A timeout that is none sets no limit here; requests has its own error for it."""
    clock = FakeClock()
    budget = ConnectBudget(timeout, clock)

    asked = budget()
    clock.advance(2.0)

    assert asked is None
    assert timeout is budget.rest()
