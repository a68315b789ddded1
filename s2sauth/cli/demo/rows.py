"""What the acts report: what was expected, and what was seen."""

from dataclasses import dataclass

__all__ = ["Report", "Row", "Section"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was tried.

    Args:
        what: In words.
        over: `HTTP`, `gRPC`, or both.
        expected: What should have come of it.
        seen: What did.
        note: What else there is to say.
    """

    what: str
    over: str
    expected: str
    seen: str
    note: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether it went as it should."""
        return self.expected == self.seen


@dataclass(frozen=True, slots=True)
class Section:
    """What one act reports."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What the whole demo reports."""

    sections: tuple[Section, ...]

    @property
    def differing(self) -> tuple[Row, ...]:
        """The rows that didn't go as they should."""
        return tuple(
            row for one in self.sections for row in one.rows if not row.as_expected
        )

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(one.rows) for one in self.sections)
