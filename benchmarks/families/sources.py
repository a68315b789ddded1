"""What 10 000 sources of one manager cost: time, and memory, with and without a token.

In a fresh interpreter each time, so that nothing freed before is used again.
"""

import json
import sys
from time import perf_counter

from harness.clients import manager_for
from harness.memory import resident
from harness.rows import US, Result, Row
from harness.services import loopback, run_python
from harness.timing import Samples, Scale

_NUMBER = 10_000
_WITH_TOKEN = 1_000
_SOURCE = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from families.sources import count
print(json.dumps(count(*json.loads(sys.argv[2]))))
"""


def measure(scale: Scale) -> Result:
    number, fetched = scale.number(_NUMBER), scale.number(_WITH_TOKEN)
    with loopback() as server:
        url = server.token_url("ours")
        runs = [
            json.loads(
                run_python(
                    _SOURCE, json.dumps(sys.path), json.dumps([url, number, fetched])
                )
            )
            for _ in range(scale.rounds(3))
        ]
    made, empty, full, token = (
        Samples(tuple(column)) for column in zip(*runs, strict=True)
    )
    return Result(
        name="sources",
        title=f"{number} sources of one manager, each for another scope",
        baseline="",
        rows=(
            Row(
                what="time for each",
                unit="µs",
                best=made.best * US,
                median=made.median * US,
            ),
            _memory("memory of each, no token yet", empty),
            _memory("memory of each, with a token", full),
            _memory("  of which the token's own text", token),
        ),
    )


def _memory(what: str, samples: Samples) -> Row:
    return Row(what=what, unit="bytes", best=samples.best, median=samples.median)


def count(token_url: str, number: int, fetched: int) -> list[float]:
    """Return seconds and bytes for each source, and what a token adds to that.

    Args:
        token_url: Where tokens come from.
        number: How many sources are made.
        fetched: How many of them get a token.
    """
    manager = manager_for(token_url)
    token = manager.source(scope="warm").get().value
    scopes = [f"payments:{turn}" for turn in range(number)]
    before, began = resident(), perf_counter()
    sources = [manager.source(scope=scope) for scope in scopes]
    took = perf_counter() - began
    made = resident()
    for source in sources[:fetched]:
        source.get()
    empty = (made - before) / number
    full = empty + (resident() - made) / fetched
    return [took / number, empty, full, sys.getsizeof(token)]
