"""Fuzzes one target in this process: what `run.py` starts.

Not to be imported: atheris ends the process itself.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(include=["s2sauth"]):
    import support.fuzzing

REPORT_EVERY = 1000  # inputs
EDITED = 0.7  # so many of the mutations make sense; the others are libFuzzer's own


def main() -> None:
    """Run as `one.py TARGET REPORT` and libFuzzer's own arguments."""
    name, report, *options = sys.argv[1:]
    target = support.fuzzing.TARGETS[name]()
    reached: Counter[str] = Counter()
    inputs = 0

    def once(data: bytes) -> None:
        nonlocal inputs
        inputs += 1
        reached.update(target(data))
        if inputs % REPORT_EVERY == 0:  # libFuzzer's exit runs nothing of Python's
            counted = {"inputs": inputs, "reached": dict(reached)}
            Path(report).write_text(json.dumps(counted), encoding="utf-8")

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        choice = random.Random(seed)
        if choice.random() < EDITED:
            data = support.fuzzing.with_one_more(data, target.words, choice)
            return data[:longest]
        return bytes(atheris.Mutate(data, longest))

    atheris.Setup([sys.argv[0], *options], once, custom_mutator=mutate)
    atheris.Fuzz()


main()
