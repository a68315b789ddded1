"""Which answers are asked again for, when, and when it's enough."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request
from s2sauth._base.retry import RetryingClient, is_passing, retry_after
from s2sauth.errors import Reason
from s2sauth.testing import FakeClock

NOW = 1_700_000_000.0
OK = Answer(200, {}, b"{}")
BUSY = Answer(503, {}, b"")
BROKEN = ExchangeFailed("reset", reason=Reason.SERVER_UNAVAILABLE, retryable=True)
BAD_CA = ExchangeFailed("bad CA", reason=Reason.TLS_FAILED, retryable=False)


class _Server(HttpClient):
    """One that sends nothing, and says what it was told to, one after the other.

    Each try takes `takes` seconds of the fake clock.
    """

    def __init__(self, clock, *outcomes, takes=0.0):
        super().__init__()
        self.clock = clock
        self.outcomes = list(outcomes)
        self.takes = takes
        self.timeouts = []
        self.requests = []

    def send(self, request, timeout):
        self.requests.append(request)
        self.timeouts.append(timeout)
        self.clock.advance(min(self.takes, timeout))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class _Road:
    """A retrying client before such a server, with waits that are only noted."""

    def __init__(self, *outcomes, takes=0.0, timeout=5.0, draw=max):
        self.clock = FakeClock(wall=NOW, elapsed=0.0)
        self.server = _Server(self.clock, *outcomes, takes=takes)
        self.waits = []
        self.client = RetryingClient(
            self.server,
            timeout=timeout,
            clock=self.clock,
            pause=self.pause,
            uniform=draw,
        )

    def pause(self, seconds):
        self.waits.append(seconds)
        self.clock.advance(seconds)

    def send(self, deadline=60.0):
        return self.client.send(lambda: Request("POST", "https://as.test"), deadline)


def _asking(value, status=503):
    return Answer(status, {"retry-after": value}, b"")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_these_pass(status):
    """Timeouts, rate limits and server faults may be gone in a moment."""
    assert is_passing(status)


@pytest.mark.parametrize("status", [200, 204, 301, 307, 400, 401, 403, 404, 409, 425])
def test_these_stay(status):
    """Any other answer is the same however often one asks."""
    assert not is_passing(status)


@pytest.mark.parametrize("passing", [BUSY, _asking("soon"), BROKEN])
def test_asks_again(passing):
    """What passes is asked again for, until there's an answer that stays."""
    road = _Road(passing, passing, OK)

    assert OK == road.send()
    assert 3 == len(road.server.requests)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404])
def test_asks_once_for_what_stays(status):
    """An answer that no retry mends costs one request and no wait."""
    road = _Road(Answer(status, {}, b""))

    assert status == road.send().status
    assert [] == road.waits


def test_a_bad_certificate_is_not_asked_again():
    """A failure that no retry mends is raised after one try, as it was."""
    road = _Road(BAD_CA)

    with pytest.raises(ExchangeFailed, match="bad CA") as caught:
        road.send()

    assert BAD_CA is caught.value
    assert 1 == len(road.server.requests)


def test_gives_up_after_four_tries():
    """The last answer comes back, whatever its status."""
    road = _Road(BUSY, BUSY, BUSY, BUSY)

    assert BUSY == road.send()
    assert 4 == len(road.server.requests)
    assert 3 == len(road.waits)


def test_raises_the_last_failure():
    """When no try brought an answer, the last failure is raised, as it was."""
    last = ExchangeFailed("last", reason=Reason.SERVER_UNAVAILABLE, retryable=True)
    road = _Road(BROKEN, BROKEN, BROKEN, last)

    with pytest.raises(ExchangeFailed) as caught:
        road.send()

    assert last is caught.value


def test_backs_off_further_each_time():
    """The longest possible wait doubles, from a quarter of a second."""
    road = _Road(BUSY, BUSY, BUSY, OK)

    road.send()

    assert [0.25, 0.5, 1.0] == road.waits


def test_jitter_is_full():
    """A wait is drawn from nothing to the ceiling, so that a fleet spreads out."""
    drawn = []

    def draw(low, high):
        drawn.append((low, high))
        return low

    road = _Road(BUSY, BUSY, OK, draw=draw)
    road.send()

    assert [(0.0, 0.25), (0.0, 0.5)] == drawn
    assert [0.0, 0.0] == road.waits


def test_waits_as_long_as_the_server_asks():
    """Retry-After takes the place of our own wait."""
    road = _Road(_asking("7"), OK)

    road.send()

    assert [7.0] == road.waits


def test_a_wait_past_the_end_ends_it_at_once():
    """A Retry-After beyond the deadline isn't waited out: the answer comes back."""
    road = _Road(_asking("30"))

    assert 503 == road.send(deadline=20.0).status
    assert [] == road.waits


def test_tries_share_the_time_that_is_left():
    """A try has its own limit, and never more than the whole has left."""
    road = _Road(BUSY, BUSY, OK, takes=4.0, draw=min)

    road.send(deadline=10.0)

    assert [5.0, 5.0, 2.0] == road.server.timeouts


def test_each_try_makes_its_own_request():
    """An assertion is never sent twice: every try asks for a new request."""
    road = _Road(BUSY, OK)
    made = []

    def make_request():
        made.append(Request("POST", f"https://as.test/{len(made)}"))
        return made[-1]

    road.client.send(make_request, 60.0)

    assert 2 == len(made)
    assert made == road.server.requests


def test_a_request_that_cannot_be_made_is_not_tried_again():
    """A failure of our own, while making the request, goes straight up."""
    road = _Road(OK)

    def make_request():
        raise LookupError("no secret")

    with pytest.raises(LookupError):
        road.client.send(make_request, 60.0)

    assert [] == road.server.requests


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("60", 60.0),
        ("61", 60.0),
        ("9" * 500, 60.0),
        (format_datetime(datetime.fromtimestamp(NOW + 9, UTC), usegmt=True), 9.0),
        (format_datetime(datetime.fromtimestamp(NOW - 9, UTC), usegmt=True), 0.0),
        ("Wed, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:13:29 -0000", 9.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Wed, 99 Xyz 2023 22:13:29 GMT", None),
    ],
)
def test_reads_retry_after(value, seconds):
    """Seconds and dates are understood, capped at 60 s; the rest is as if absent."""
    assert seconds == retry_after(_asking(value), NOW)


def test_without_retry_after_there_is_none():
    """An answer that asks for no wait gives none."""
    assert retry_after(BUSY, NOW) is None


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\w]+"))
def test_no_header_breaks_it(value):
    """Whatever a server writes there, it's a wait of 0 to 60 s, or none."""
    seconds = retry_after(_asking(value), NOW)

    assert seconds is None or 0.0 <= seconds <= 60.0
