"""Events reach every observer, and no observer harms a call."""

import logging

from s2sauth._base.notify import Notifier
from s2sauth.events import Event

HAPPENED = Event(at=1.0)


def _breaks(_event):
    raise RuntimeError("broken observer")


def test_tells_everyone_in_order():
    """Each observer gets each event, in the order given."""
    seen = []
    notify = Notifier([lambda e: seen.append((1, e)), lambda e: seen.append((2, e))])

    notify(HAPPENED)

    assert [(1, HAPPENED), (2, HAPPENED)] == seen


def test_is_false_without_observers():
    """Without observers it's false, so that no event need be built."""
    assert not Notifier([])
    assert Notifier([_breaks])


def test_a_broken_observer_harms_nobody(caplog):
    """One that raises is counted and logged, and the next is still told."""
    seen = []
    notify = Notifier([_breaks, seen.append])

    with caplog.at_level(logging.ERROR, "s2sauth"):
        notify(HAPPENED)

    assert [HAPPENED] == seen
    assert 1 == notify.failures
    assert ["an observer raised on Event"] == caplog.messages


def test_takes_any_iterable_once():
    """Observers may come from a generator; they're told every time."""
    seen = []
    notify = Notifier(observer for observer in [seen.append])

    notify(HAPPENED)
    notify(HAPPENED)

    assert [HAPPENED, HAPPENED] == seen
