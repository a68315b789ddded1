"""The pure rules: when to refresh, when to try again."""

import random

import pytest

from s2sauth.client.lifetime import (
    refresh_moment,
    refresh_retry_delay,
    retry_delay,
)
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    TokenError,
    TokenRequestRefused,
)

ERROR = TokenError("x")


@pytest.mark.parametrize(
    ("lifetime", "margin", "first", "last"),
    [(300.0, 60.0, 180.0, 240.0), (60.0, 60.0, 30.0, 45.0), (8.0, 1.0, 6.0, 7.0)],
)
def test_refreshes_spread_over_the_window(
    lifetime: float, margin: float, first: float, last: float
) -> None:
    """A fleet deployed in one second spreads evenly over the window."""
    draw = random.Random(7)  # the same draws in every run
    moments = [
        refresh_moment(lifetime, lifetime, margin, draw.uniform) for _ in range(500)
    ]
    assert first <= min(moments)
    assert max(moments) <= last
    tenth = (last - first) / 10
    for start in range(10):
        low = first + start * tenth
        share = sum(low <= moment < low + tenth for moment in moments)
        assert 20 <= share <= 80, (start, share)


def test_delays_never_overflow() -> None:
    """After a year of failures the delay is still the longest one."""
    assert retry_delay(ERROR, 10**6, max) == 10.0
    assert refresh_retry_delay(ERROR, 10**6, 3600.0, max) == 30.0


def test_refusals_wait_30_seconds() -> None:
    """What the server refused isn't asked again for 30 s, in either role."""
    refused = TokenRequestRefused("no")
    assert retry_delay(refused, 1, max) == 30.0
    assert refresh_retry_delay(refused, 1, 300.0, max) == 30.0


def test_a_servers_wish_comes_first_but_not_zero() -> None:
    """Retry-After sets the delay; Retry-After: 0 is no leave to storm."""
    asked = AuthorizationServerUnavailable("x", retry_after=17.0)
    assert retry_delay(asked, 1, max) == 17.0
    assert refresh_retry_delay(asked, 1, 300.0, max) == 17.0
    at_once = AuthorizationServerUnavailable("x", retry_after=0.0)
    assert retry_delay(at_once, 1, max) == 0.5


def test_short_tokens_retry_their_refresh_sooner() -> None:
    """The delay fits into a short token's window."""
    assert refresh_retry_delay(ERROR, 5, 8.0, max) == 0.4
