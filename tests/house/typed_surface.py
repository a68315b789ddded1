"""Checks how much of the package pyright knows the types of, as users' editors do.

mypy strict holds the package itself; this holds what a user's type checker sees of
the installed one. Attributes assigned without an annotation are what's missing: each
could be inferred differently by another checker. The floor only ever rises.
"""

import json
import subprocess
import sys

FLOOR = 0.92
_COMMAND = ("pyright", "--verifytypes", "s2sauth", "--ignoreexternal", "--outputjson")


def main() -> int:
    """Return how the process should end: 1 below the floor."""
    done = subprocess.run(_COMMAND, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)["typeCompleteness"]
    except (ValueError, KeyError):
        print("pyright gave no report:", done.stdout, done.stderr)
        return 1
    score = report["completenessScore"]
    if score < FLOOR:
        for symbol in report["symbols"]:
            if symbol["isExported"] and not symbol["isTypeKnown"]:
                print(symbol["name"])
    print(
        f"pyright knows {score:.1%} of what s2sauth exports; the floor is {FLOOR:.0%}"
    )
    return int(score < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
