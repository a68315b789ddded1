"""What fetching a token costs beside the bare POST, at an endpoint that takes no time.

First the fetches of clients that have fetched before, then the very first one.
"""

from collections.abc import Callable
from time import perf_counter

import requests

from harness import peers
from harness.clients import CLIENT_ID, OBTAINING, SCOPE, SECRET, Client, factories
from harness.rows import US, Result, Row
from harness.services import Loopback, loopback
from harness.timing import Case, Samples, Scale, interleave

_BARE = "requests: session.post(…).json()"
_COLD_BARE = "requests: session.post(…).json(): first"


def measure(scale: Scale) -> Result:
    with loopback() as server:
        warm = interleave(_warm(server, scale.number(5)), scale.rounds(150))
        cold = interleave(_cold(server), scale.rounds(20))
    rows = [_row(name, samples, warm[_BARE]) for name, samples in warm.items()]
    rows += [_row(name, samples, cold[_COLD_BARE]) for name, samples in cold.items()]
    return Result(
        name="fetch",
        title="one fetch, on a connection that's kept; and a client's first",
        baseline="bare",
        rows=tuple(rows),
        left_out=peers.missing(OBTAINING),
    )


def _warm(server: Loopback, number: int) -> dict[str, Case]:
    fetches = {_BARE: _bare(server)}
    for name, make in factories().items():
        client = make(server.token_url(name))
        client.use()
        fetches[name] = client.fetch
    return {name: _repeated(fetch, number) for name, fetch in fetches.items()}


def _cold(server: Loopback) -> dict[str, Case]:
    cases = {_COLD_BARE: lambda: _timed(_bare(server))}
    for name, make in factories().items():
        cases[f"{name}: first"] = _first(make, server.token_url(name))
    return cases


def _first(make: Callable[[str], Client], token_url: str) -> Case:
    return lambda: _timed(make(token_url).use)


def _timed(fetch: Callable[[], object]) -> float:
    started = perf_counter()
    fetch()
    return perf_counter() - started


def _bare(server: Loopback) -> Callable[[], object]:
    session = requests.Session()
    url, form = server.token_url("bare"), {"grant_type": "client_credentials"}
    form["scope"] = SCOPE
    return lambda: session.post(url, data=form, auth=(CLIENT_ID, SECRET)).json()


def _repeated(fetch: Callable[[], object], number: int) -> Case:
    def run() -> float:
        started = perf_counter()
        for _ in range(number):
            fetch()
        return (perf_counter() - started) / number

    return run


def _row(name: str, samples: Samples, bare: Samples) -> Row:
    return Row(
        what=name,
        unit="µs",
        best=samples.best * US,
        median=samples.median * US,
        ratio=samples.best / bare.best,
    )
