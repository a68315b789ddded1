"""What callers feel while a token that still lives is renewed, which takes 200 ms.

Eight threads ask for the token about every millisecond. The first row is the same
loop without a library: what the machine alone makes a caller wait.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, sleep

from harness import peers
from harness.clients import (
    OBTAINING,
    Client,
    GoogleAuthInBackground,
    factories,
)
from harness.rows import MS, US, Result, Row, Target
from harness.services import Loopback, loopback
from harness.timing import Scale, percentile

_THREADS = 8
_PAUSE = 0.001
_LATENCY = 0.2
_WATCHED = 0.4  # seconds from the moment of ageing
_LIMIT = 5.0
_NOISE = "no library: the loop alone"


@dataclass
class Waits:
    """How long calls took, of all threads and rounds."""

    seconds: list[float] = field(default_factory=list)
    worst_of_rounds: list[float] = field(default_factory=list)
    fetches: int = 0

    def add(self, seconds: list[float], fetches: int) -> None:
        self.seconds += seconds
        self.worst_of_rounds.append(max(seconds))
        self.fetches = max(self.fetches, fetches)


def measure(scale: Scale) -> Result:
    found: dict[str, Waits] = {}
    with loopback() as server:
        for turn in range(scale.rounds(5)):
            found.setdefault(_NOISE, Waits()).add(_watch(lambda: None, lambda: None), 0)
            for name, make in _makers().items():
                counted = f"{name}-{turn}"
                client = make(_url(server, counted))
                client.use()
                waits = _watch(client.use, client.age)
                fetches = server.fetches(counted) - 1
                found.setdefault(name, Waits()).add(waits, fetches)
    return Result(
        name="refresh",
        title=f"callers on {_THREADS} threads while a refresh takes 200 ms: the longest",
        baseline="",
        rows=tuple(_row(name, waits) for name, waits in found.items()),
        left_out=peers.missing(OBTAINING),
    )


def _url(server: Loopback, counted: str) -> str:
    return server.token_url(counted.replace(" ", "_"), _LATENCY)


def _makers() -> dict[str, Callable[[str], Client]]:
    makers = factories()
    if "google-auth" in makers:
        makers[GoogleAuthInBackground.name] = GoogleAuthInBackground
    return makers


def _watch(use: Callable[[], object], age: Callable[[], object]) -> list[float]:
    """Return how long each call took from the moment that the token aged."""
    waits: list[list[float]] = [[] for _ in range(_THREADS)]
    barrier = threading.Barrier(_THREADS + 1)

    def ask(mine: list[float]) -> None:
        barrier.wait()
        end = perf_counter() + _WATCHED
        while (started := perf_counter()) < end:
            use()
            mine.append(perf_counter() - started)
            sleep(_PAUSE)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in waits]
    for thread in threads:
        thread.start()
    age()
    barrier.wait()
    for thread in threads:
        thread.join()
    return [seconds for mine in waits for seconds in mine]


def _row(name: str, waits: Waits) -> Row:
    worst = max(waits.worst_of_rounds) * MS
    target = Target("worst < 5 ms", _LIMIT, worst) if name == "s2sauth" else None
    return Row(
        what=name,
        unit="ms",
        best=min(waits.worst_of_rounds) * MS,
        median=percentile(waits.worst_of_rounds, 50) * MS,
        target=target,
        facts={
            "worst": f"{worst:.2f} ms",
            "p50": f"{percentile(waits.seconds, 50) * US:.2f} µs",
            "p99": f"{percentile(waits.seconds, 99) * MS:.3f} ms",
            "calls": len(waits.seconds),
            "fetches a round": waits.fetches,
        },
    )
