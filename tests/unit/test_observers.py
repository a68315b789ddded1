"""Events as log lines, and a queue before a slow observer."""

import json
import logging
import threading
from typing import Any

import pytest

from s2sauth import events
from s2sauth.errors import ConfigurationError, Reason
from s2sauth.events import (
    AccessDecided,
    Event,
    KeySkipped,
    KeysRefreshed,
    KeysRefreshFailed,
    Observer,
    ScopesNotGranted,
    TokenFetched,
    TokenFetchFailed,
    TokenInvalidated,
    TokenRejected,
    TokenServedWhileRefreshFails,
    WouldDeny,
)
from s2sauth.observers import QueuedObserver, log_observer

AT = 1_700_000_000.25
TOKEN: dict[str, Any] = {
    "at": AT,
    "client_id": "orders",
    "scope": "a b",
    "audience": None,
}
ACCESS: dict[str, Any] = {
    "at": AT,
    "operation": "POST /charge",
    "transport": "http",
    "client_id": "orders",
    "subject": None,
    "issuer": "https://idp",
    "scopes": frozenset({"b", "a"}),
    "token_id": None,
}
WHEN = "at=2023-11-14T22:13:20.250+00:00"

LINES = [
    (
        TokenFetched(**TOKEN, lifetime=300.0, duration=0.01234, background=False),
        "INFO",
        (
            f'TokenFetched {WHEN} client_id=orders scope="a b" lifetime=300.0 '
            "duration=0.012 background=false"
        ),
    ),
    (
        TokenFetchFailed(
            **TOKEN,
            reason=Reason.SERVER_UNAVAILABLE,
            message="no answer",
            duration=1.0,
            background=True,
            retry_in=2.0,
        ),
        "WARNING",
        (
            f'TokenFetchFailed {WHEN} client_id=orders scope="a b" '
            'reason=SERVER_UNAVAILABLE message="no answer" duration=1.0 background=true '
            "retry_in=2.0"
        ),
    ),
    (
        TokenServedWhileRefreshFails(
            **TOKEN, reason=Reason.RATE_LIMITED, seconds_left=9.0
        ),
        "WARNING",
        (
            f'TokenServedWhileRefreshFails {WHEN} client_id=orders scope="a b" '
            "reason=RATE_LIMITED seconds_left=9.0"
        ),
    ),
    (
        ScopesNotGranted(**TOKEN, missing=frozenset({"b"})),
        "WARNING",
        f'ScopesNotGranted {WHEN} client_id=orders scope="a b" missing=b',
    ),
    (
        TokenInvalidated(**TOKEN),
        "INFO",
        f'TokenInvalidated {WHEN} client_id=orders scope="a b"',
    ),
    (
        KeysRefreshed(at=AT, issuer="i", key_ids=("a", "b"), removed=(), duration=0.1),
        "INFO",
        f'KeysRefreshed {WHEN} issuer=i key_ids="a b" removed="" duration=0.1',
    ),
    (
        KeysRefreshFailed(at=AT, issuer="i", message="m", serving_stale=True),
        "WARNING",
        f"KeysRefreshFailed {WHEN} issuer=i message=m serving_stale=true",
    ),
    (
        KeySkipped(at=AT, issuer="i", key_id=None, why="use: enc"),
        "WARNING",
        f'KeySkipped {WHEN} issuer=i why="use: enc"',
    ),
    (
        TokenRejected(at=AT, issuer="i", reason=Reason.TOKEN_EXPIRED, message="m"),
        "WARNING",
        f"TokenRejected {WHEN} issuer=i reason=TOKEN_EXPIRED message=m",
    ),
    (
        AccessDecided(**ACCESS, allowed=True, reason=None),
        "INFO",
        (
            f'AccessDecided {WHEN} operation="POST /charge" transport=http allowed=true '
            'client_id=orders issuer=https://idp scopes="a b"'
        ),
    ),
    (
        AccessDecided(**ACCESS, allowed=False, reason=Reason.NO_RULE),
        "WARNING",
        (
            f'AccessDecided {WHEN} operation="POST /charge" transport=http allowed=false '
            'reason=NO_RULE client_id=orders issuer=https://idp scopes="a b"'
        ),
    ),
    (
        WouldDeny(**ACCESS, allowed=True, reason=Reason.NO_RULE),
        "WARNING",
        (
            f'WouldDeny {WHEN} operation="POST /charge" transport=http allowed=true '
            'reason=NO_RULE client_id=orders issuer=https://idp scopes="a b"'
        ),
    ),
]


@pytest.mark.parametrize(
    ("event", "level", "line"), LINES, ids=lambda one: str(one)[:20]
)
def test_a_line_for_each_event(caplog, event, level, line):
    """Every event is one line of key=value, at the level that it deserves."""
    with caplog.at_level(logging.INFO, "s2sauth.events"):
        log_observer(event)

    assert [(level, line)] == [
        (one.levelname, one.getMessage()) for one in caplog.records
    ]


def test_every_kind_of_event_is_in_the_table():
    """A new kind of event must say how it's logged."""
    kinds = set(events.__all__) - {"Event", "Observer"}

    assert kinds == {type(event).__name__ for event, _, _ in LINES}


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        ("GET /a\nAccessDecided allowed=true", '"GET /a\\nAccessDecided allowed=true"'),
        ('GET /"', '"GET /\\""'),
        ("/a=b", '"/a=b"'),
        ("/a\u2028b", '"/a\\u2028b"'),
        ("/a\x1b[2J", '"/a\\u001b[2J"'),
        ("/käse", '"/k\\u00e4se"'),
        ("/a\\b", '"/a\\\\b"'),
        ("", '""'),
    ],
)
def test_no_value_breaks_a_line(caplog, operation, shown):
    """What a caller chose can't forge a line, or a field of it."""
    event = AccessDecided(
        **{**ACCESS, "operation": operation}, allowed=False, reason=Reason.NO_RULE
    )
    log_observer(event)

    assert f"operation={shown} transport" in caplog.records[0].getMessage()


def test_records_have_the_facts(caplog):
    """A formatter that writes JSON finds the same facts on the record."""
    log_observer(AccessDecided(**ACCESS, allowed=False, reason=Reason.NO_RULE))

    assert {
        "event": "AccessDecided",
        "at": "2023-11-14T22:13:20.250+00:00",
        "operation": "POST /charge",
        "transport": "http",
        "allowed": False,
        "reason": "NO_RULE",
        "client_id": "orders",
        "subject": None,
        "issuer": "https://idp",
        "scopes": ["a", "b"],
        "token_id": None,
    } == json.loads(json.dumps(caplog.records[0].event))


def test_logs_where_it_is_told(caplog):
    """With a logger it makes an observer that logs there."""
    logger = logging.getLogger("audit")
    observers: list[Observer] = [
        log_observer(logger=logger),
        log_observer(),
        log_observer,
    ]

    with caplog.at_level(logging.INFO):
        for observe in observers:
            observe(TokenInvalidated(**TOKEN))

    assert ["audit", "s2sauth.events", "s2sauth.events"] == [
        record.name for record in caplog.records
    ]


def test_a_level_that_is_off_costs_no_line(caplog):
    """What isn't logged isn't written either."""
    caplog.set_level(logging.WARNING, "s2sauth.events")
    log_observer(TokenInvalidated(**TOKEN))

    assert [] == caplog.records


# QueuedObserver


class Gate:
    """An observer that waits until it's told to go on."""

    def __init__(self):
        self.entered = threading.Event()
        self.open = threading.Event()
        self.seen = []

    def __call__(self, event):
        self.entered.set()
        assert self.open.wait(30)
        self.seen.append(event.at)


def test_delivers_in_order_on_a_thread_of_its_own():
    """Everything arrives, in order, and not on the reporting thread."""
    seen: list[Any] = []
    queued = QueuedObserver(lambda one: seen.append((one.at, threading.get_ident())))

    for at in range(100):
        queued(Event(at=at))

    assert queued.flush(30)
    assert list(range(100)) == [at for at, _ in seen]
    assert threading.get_ident() not in {thread for _, thread in seen}
    assert (0, 0) == (queued.dropped, queued.failures)
    assert queued.close()


def test_drops_what_is_too_much():
    """A full queue drops and counts, and whoever reports never waits."""
    gate = Gate()
    queued = QueuedObserver(gate, size=2)
    queued(Event(at=0))
    assert gate.entered.wait(30)

    for at in range(1, 6):
        queued(Event(at=at))

    assert 3 == queued.dropped
    gate.open.set()
    assert queued.flush(30)
    assert [0, 1, 2] == gate.seen
    queued(Event(at=6))
    assert queued.close(30)
    assert [0, 1, 2, 6] == gate.seen


def test_flush_says_when_time_ran_out():
    """A flush that can't be done in time says so, and the events still arrive."""
    gate = Gate()
    queued = QueuedObserver(gate)
    queued(Event(at=1))

    assert not queued.flush(0.0)
    gate.open.set()
    assert queued.flush(30)
    assert [1] == gate.seen
    queued.close()


def test_flush_waits_for_what_came_before_only():
    """Events that come after it don't hold up a flush."""
    gate = Gate()
    gate.open.set()
    queued: QueuedObserver

    def reports_more(event):
        gate(event)
        if event.at < 1000:
            queued(Event(at=event.at + 1))

    queued = QueuedObserver(reports_more, size=5000)
    queued(Event(at=0))

    assert queued.flush(30)
    queued.close(30)
    assert list(range(len(gate.seen))) == gate.seen


def test_nothing_to_flush():
    """An idle queue is flushed at once."""
    queued = QueuedObserver(Gate())

    assert queued.flush(0.0)
    assert queued.close(0.0)


def test_close_drops_what_is_left_and_what_comes():
    """After close nothing is taken; what couldn't be delivered in time is counted."""
    gate = Gate()
    queued = QueuedObserver(gate)
    queued(Event(at=0))
    assert gate.entered.wait(30)
    queued(Event(at=1))

    assert not queued.close(0.0)
    assert 1 == queued.dropped
    queued(Event(at=2))
    assert 2 == queued.dropped
    gate.open.set()
    queued.flush(30)
    assert [0] == gate.seen


def test_is_a_context_manager():
    """The end of its block delivers everything and closes."""
    seen: list[Event] = []
    with QueuedObserver(seen.append) as queued:
        queued(Event(at=0))
    queued(Event(at=1))

    assert [Event(at=0)] == seen
    assert 1 == queued.dropped


def test_an_observer_that_raises_goes_on(caplog):
    """A broken observer is counted, and gets the next event."""
    seen: list[float] = []

    def breaks(event):
        seen.append(event.at)
        raise RuntimeError("broken observer")

    with QueuedObserver(breaks) as queued:
        queued(Event(at=0))
        queued(Event(at=1))

    assert ([0, 1], 2) == (seen, queued.failures)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_observer_that_ends_its_thread():
    """Even SystemExit stops nothing: the next event starts another thread."""
    seen: list[float] = []

    def leaves(event):
        if event.at == 0:
            raise SystemExit
        seen.append(event.at)

    queued = QueuedObserver(leaves)
    queued(Event(at=0))
    queued.flush(0.1)
    queued(Event(at=1))

    assert queued.flush(30)
    assert [1] == seen
    queued.close()


def test_a_forked_child_starts_empty():
    """What the parent still has to deliver isn't delivered twice."""
    gate = Gate()
    queued = QueuedObserver(gate, size=1)
    queued(Event(at=0))
    assert gate.entered.wait(30)
    queued(Event(at=1))
    queued(Event(at=2))
    assert 1 == queued.dropped

    queued.after_fork()  # what a child runs first

    assert (0, True) == (queued.dropped, queued.flush(0.0))
    gate.open.set()


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "10", None])
def test_a_size_that_is_none(size):
    """A size that bounds nothing is an error that says the argument."""
    with pytest.raises(ConfigurationError, match="size"):
        QueuedObserver(print, size=size)
