"""The table for people."""

from collections.abc import Sequence

from harness.rows import Result, Row, targets_of

_WIDTH = 50


def show(result: Result) -> str:
    """Return the lines of one family."""
    lines = [f"{result.name}: {result.title}"]
    if result.left_out:
        lines.append(f"  not installed, so left out: {', '.join(result.left_out)}")
    heading = f"x {result.baseline}" if result.baseline else ""
    lines.append(f"  {'':{_WIDTH}} {'best':>9} {'median':>9}         {heading}")
    lines += [_line(row) for row in result.rows]
    return "\n".join(lines) + "\n"


def show_targets(results: Sequence[Result], *, quick: bool) -> str:
    """Return every target, and whether this run met it."""
    judged = targets_of(results)
    met = sum(target.met for _, _, target in judged)
    lines = [f"targets: {met} of {len(judged)} met in this run"]
    if quick:
        lines[0] += ", which was too short to judge by"
    lines += [
        f"  {'   ' if target.met else '-> '}{result.name}: {row.what}: {target}"
        for result, row, target in judged
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    median = "" if row.median is None else _number(row.median)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    told = [f"{name} {_fact(value)}" for name, value in row.facts.items()]
    if row.target is not None:
        told.append(f"[{row.target}]")
    return (
        f"  {row.what:{_WIDTH}} {_number(row.best):>9} {median:>9} {row.unit:<5}"
        f" {ratio:>7}  {'; '.join(told)}"
    ).rstrip()


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _fact(value: object) -> str:
    return _number(value) if isinstance(value, (int, float)) else str(value)
