"""Faults, delays and counts, without a server."""

import threading

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.testing.faults import (
    FaultPlan,
    RequestCounts,
    check_endpoint,
    fault_answer,
)


def test_faults_queue_up_and_end():
    """Faults of an endpoint come one after the other, each as often as asked."""
    plan = FaultPlan()
    first, second = fault_answer(503), fault_answer(500)
    plan.add("token", first, 2)
    plan.add("token", second, 1)

    assert [first, first, second, None] == [plan.take("token") for _ in range(4)]


def test_faults_stay_at_their_endpoint():
    """A fault of one endpoint leaves the others alone."""
    plan = FaultPlan()
    plan.add("token", fault_answer(503), 1)

    assert plan.take("jwks") is None
    assert plan.take("token") is not None


def test_a_fault_without_end_is_cleared():
    """`times=None` lasts until everything is cleared."""
    plan = FaultPlan()
    answer = fault_answer(503)
    plan.add("jwks", answer, None)

    assert [answer] * 3 == [plan.take("jwks") for _ in range(3)]
    plan.clear()
    assert plan.take("jwks") is None


@pytest.mark.parametrize("end", ["clear", "end_delays"])
def test_a_delay_under_way_can_be_ended(end):
    """What waits for an hour is let go when faults are cleared or the server stops."""
    plan = FaultPlan()
    plan.delay("token", 3600.0)
    waiting = threading.Thread(target=plan.wait, args=["token"], daemon=True)
    waiting.start()
    while waiting.is_alive():  # it may not wait yet when first ended
        getattr(plan, end)()
        waiting.join(0.01)

    assert not waiting.is_alive()


def test_only_clearing_forgets_a_delay():
    """A delay is planned until it's cleared, whatever ended one under way."""
    plan = FaultPlan()
    plan.delay("token", 3600.0)
    plan.end_delays()
    waiting = threading.Thread(target=plan.wait, args=["token"], daemon=True)
    waiting.start()

    waiting.join(0.05)

    assert waiting.is_alive()
    plan.clear()
    waiting.join(5)
    assert not waiting.is_alive()
    again = threading.Thread(target=plan.wait, args=["token"], daemon=True)
    again.start()
    again.join(5)
    assert not again.is_alive()


def test_no_delay_is_no_wait():
    """An endpoint without a delay answers at once, whatever another one does."""
    plan = FaultPlan()
    plan.delay("jwks", 3600.0)

    waiting = threading.Thread(target=plan.wait, args=["token"], daemon=True)
    waiting.start()
    waiting.join(5)

    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("arguments", "body", "kind"),
    [
        ({}, b"<html><h1>503 Service Unavailable</h1></html>", "text/html"),
        ({"error": "oops"}, b'{"error": "oops"}', "application/json"),
        ({"body": {"a": 1}}, b'{"a": 1}', "application/json"),
        ({"body": "é"}, "é".encode(), "application/json"),
        ({"body": b"\xff"}, b"\xff", "application/json"),
        ({"headers": {"Content-Type": "x/y"}, "body": ""}, b"", "x/y"),
    ],
)
def test_an_answer_is_worded_as_asked(arguments, body, kind):
    """A fault's body is an error code, a mapping, text or bytes; else a proxy's page."""
    answer = fault_answer(503, **arguments)

    assert (503, body, kind) == (
        answer.status,
        answer.body,
        answer.headers["Content-Type"],
    )


@pytest.mark.parametrize(
    ("status", "phrase"), [(599, b"599 Error"), (502, b"Bad Gateway")]
)
def test_an_unknown_status_is_no_problem(status, phrase):
    """Statuses without a name can be answered too."""
    assert phrase in fault_answer(status).body


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status):
    """RFC 9110 gives these no body."""
    assert b"" == fault_answer(status, error="x").body


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"status": 199}, "status"),
        ({"status": 600}, "status"),
        ({"status": 400, "error": "a", "body": "b"}, "error and body"),
    ],
)
def test_what_cannot_be_answered_is_refused(arguments, named):
    """Mistakes in a test's own fault are told at once."""
    with pytest.raises(ConfigurationError, match=named):
        fault_answer(**arguments)


def test_endpoints_are_checked():
    """A misspelt endpoint is told, with the names that there are."""
    assert "jwks" == check_endpoint("jwks")
    with pytest.raises(ConfigurationError, match="token, jwks"):
        check_endpoint("tokens")


def test_counts_lose_nothing():
    """Requests that come at the same time are all counted."""
    counts, together = RequestCounts(), threading.Barrier(8)

    def count():
        together.wait()
        for _ in range(500):
            counts.add("token")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (4000, 0) == (counts.get("token"), counts.get("jwks"))
