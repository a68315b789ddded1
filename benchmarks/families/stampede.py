"""64 threads that start cold, at a token endpoint that takes 200 ms."""

import threading
from collections.abc import Callable
from time import perf_counter

from harness import peers
from harness.clients import OBTAINING, Client, factories
from harness.rows import MS, Result, Row, Target
from harness.services import Loopback, loopback
from harness.timing import Samples, Scale

_THREADS = 64
_LATENCY = 0.2
_LIMIT = _LATENCY * MS * 1.1


def measure(scale: Scale) -> Result:
    rows: list[Row] = []
    with loopback() as server:
        rounds = scale.rounds(5)
        found = _rounds(server, rounds)
    for name, (slowest, fetches) in found.items():
        rows += _rows(name, slowest, fetches)
    return Result(
        name="stampede",
        title=f"{_THREADS} threads start cold, at an endpoint that takes 200 ms",
        baseline="200 ms",
        rows=tuple(rows),
        left_out=peers.missing(OBTAINING),
    )


def _rounds(server: Loopback, rounds: int) -> dict[str, tuple[list[float], list[int]]]:
    found: dict[str, tuple[list[float], list[int]]] = {}
    for turn in range(rounds):
        for name, make in factories().items():
            counted = f"{name}-{turn}"
            client = make(server.token_url(counted, _LATENCY))
            slowest, fetches = found.setdefault(name, ([], []))
            slowest.append(_slowest_of_all(client))
            fetches.append(server.fetches(counted))
    return found


def _slowest_of_all(client: Client) -> float:
    barrier = threading.Barrier(_THREADS)
    took: list[float] = []
    run: Callable[[], None] = lambda: _wait_and_use(client, barrier, took)  # noqa: E731 - a thread's target
    threads = [threading.Thread(target=run) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) < _THREADS:
        message = f"{client.name}: {_THREADS - len(took)} threads got no token"
        raise RuntimeError(message)
    return max(took)


def _wait_and_use(
    client: Client, barrier: threading.Barrier, took: list[float]
) -> None:
    barrier.wait()
    started = perf_counter()
    client.use()
    took.append(perf_counter() - started)


def _rows(name: str, slowest: list[float], fetches: list[int]) -> list[Row]:
    times = Samples(tuple(slowest))
    ours = name == "s2sauth"
    worst = times.worst * MS
    served = Target("all served ≤ 220 ms", _LIMIT, worst) if ours else None
    return [
        Row(
            what=f"{name}: slowest of all threads",
            unit="ms",
            best=times.best * MS,
            median=times.median * MS,
            ratio=times.best / _LATENCY,
            target=served,
            facts={"worst round": f"{worst:.0f} ms"},
        ),
        Row(
            what=f"{name}: fetches",
            unit="",
            best=min(fetches),
            median=max(fetches),
            target=Target("1 fetch", 1, max(fetches)) if ours else None,
        ),
    ]
