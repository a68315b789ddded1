"""The command: which families run, what is printed, what is written."""

import argparse
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from families import NAMES
from harness import machine, peers
from harness.rows import Result
from harness.table import show, show_targets
from harness.timing import Scale

_RESULTS = Path(__file__).parent.parent / "results.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the families asked for; 0, whether targets are met or not."""
    options = _parser().parse_args(arguments)
    facts = machine.describe()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    missing = peers.missing()
    if missing:
        print(f"not installed, so their rows are left out: {', '.join(missing)}")
    results = []
    for name in options.only or NAMES:
        print()
        results.append(_measure(name, Scale(quick=options.quick)))
    print(f"\n{show_targets(results, quick=options.quick)}")
    _write(options.json, facts, results, quick=options.quick)
    if options.picture is not None:
        # Here, since only who wants a picture needs matplotlib.
        from harness.picture import draw

        draw(options.json, options.picture)
        print(f"drawn: {options.picture}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Measures s2sauth beside its peers, in one run."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=NAMES,
        metavar="NAME",
        help=f"a family; may be repeated; one of {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="just enough to see that everything works; the figures mean little",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=_RESULTS,
        metavar="FILE",
        help="where the figures go (default: %(default)s)",
    )
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="draw the figures, too (.svg or .png; needs matplotlib)",
    )
    return parser


def _measure(name: str, scale: Scale) -> Result:
    result: Result = importlib.import_module(f"families.{name}").measure(scale)
    print(show(result), end="", flush=True)
    return result


def _write(
    path: Path, facts: dict[str, Any], results: list[Result], *, quick: bool
) -> None:
    document = {
        "machine": facts,
        "versions": peers.versions(),
        "missing": list(peers.missing()),
        "quick": quick,
        "families": [result.as_json() for result in results],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\nwritten: {path}")
