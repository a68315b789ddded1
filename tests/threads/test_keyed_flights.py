"""One flight for each key, and no more of them than there may be."""

import threading

import pytest

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.server.keyed_flights import KeyedFlights, TooManyFlights

PATIENCE = 20.0


def test_no_more_flights_than_there_may_be() -> None:
    """Beyond the bound a caller fails at once, and not after the others."""
    kept: dict[bytes, str] = {}
    flights: KeyedFlights[str] = KeyedFlights(
        SYSTEM_CLOCK, limit=PATIENCE, most=2, recall=kept.get, keep=kept.__setitem__
    )
    release = threading.Event()
    under_way = threading.Barrier(3)

    def call(_deadline: float) -> str:
        under_way.wait(PATIENCE)
        release.wait(PATIENCE)
        return "answer"

    callers = [
        threading.Thread(target=flights.result, args=(key, call))
        for key in (b"1", b"2")
    ]
    for caller in callers:
        caller.start()
    under_way.wait(PATIENCE)
    with pytest.raises(TooManyFlights):
        flights.result(b"3", lambda _deadline: "never asked")
    release.set()
    for caller in callers:
        caller.join(PATIENCE)

    assert {b"1": "answer", b"2": "answer"} == kept
    assert "asked" == flights.result(b"3", lambda _deadline: "asked")
    flights.close()
