"""What a benchmark finds: rows, with the targets that they are judged by."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

US, MS = 1e6, 1e3  # from seconds to what is shown


@dataclass(frozen=True)
class Target:
    """What DESIGN.md asks for, and what was measured.

    Args:
        text: As it's shown: "≤ 0.2 µs".
        limit: The number in it.
        measured: In the same unit.
    """

    text: str
    limit: float
    measured: float

    @property
    def met(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return f"{self.text}: {verdict} ({self.measured:.3g})"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        what: What was run.
        unit: Of `best` and `median`.
        best: The best round.
        median: The median round; None where there's only one figure.
        ratio: Of `best` to the family's baseline.
        target: What it's judged by.
        facts: Further figures, by name.
    """

    what: str
    unit: str
    best: float
    median: float | None = None
    ratio: float | None = None
    target: Target | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        found = asdict(self)
        if self.target is not None:
            found["target"]["met"] = self.target.met
        return found


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one family found.

    Args:
        name: Its module's name.
        title: What it measures, in a line.
        baseline: What the ratios are to.
        rows: Its lines.
        left_out: Peers that aren't installed.
    """

    name: str
    title: str
    baseline: str
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "baseline": self.baseline,
            "left_out": list(self.left_out),
            "rows": [row.as_json() for row in self.rows],
        }


def targets_of(results: Iterable[Result]) -> list[tuple[Result, Row, Target]]:
    """Return every target with the row that it judges."""
    return [
        (result, row, row.target)
        for result in results
        for row in result.rows
        if row.target is not None
    ]
