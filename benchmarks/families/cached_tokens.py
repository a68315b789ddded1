"""What 10 000 remembered tokens cost in memory, in a fresh interpreter each time."""

import json
import sys

from harness.memory import resident
from harness.rows import Result, Row
from harness.services import run_python
from harness.timing import Samples, Scale
from harness.tokens import signing_key
from harness.verifiers import verifier_for

_NUMBER = 10_000
_SOURCE = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from families.cached_tokens import count
print(count(int(sys.argv[2])))
"""


def measure(scale: Scale) -> Result:
    number = scale.number(_NUMBER)
    paths = json.dumps(sys.path)
    sizes = Samples(
        tuple(
            float(run_python(_SOURCE, paths, str(number)))
            for _ in range(scale.rounds(3))
        )
    )
    total = sizes.median * number / 1e6
    return Result(
        name="cached_tokens",
        title=f"{number} verified tokens remembered",
        baseline="",
        rows=(
            Row(
                what="memory of each, identity and claims included",
                unit="bytes",
                best=sizes.best,
                median=sizes.median,
                facts={"in all": f"{total:.1f} MB"},
            ),
        ),
    )


def count(number: int) -> float:
    """Return the bytes that each remembered token takes."""
    key = signing_key("ES256")  # signs faster
    verifier = verifier_for(key)
    for turn in range(100):  # what's made once isn't counted
        verifier.verify(key.token(number + turn))
    before = resident()
    for turn in range(number):
        verifier.verify(key.token(turn))
    return (resident() - before) / number
