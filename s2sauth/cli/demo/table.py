"""Shows what the acts report."""

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from s2sauth.cli.demo.rows import Row, Section

__all__ = ["section_table"]

_WITH_NOTES = 100  # columns that a terminal must have to show the notes as well
_WIDTHS = {"": 1, "what": None, "over": 4, "expected": 18, "seen": 18}


def section_table(section: Section, terminal_width: int) -> Group:
    """Return a section as a table; all of them have the same columns."""
    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1, 0, 0))
    for name, width in _WIDTHS.items():
        table.add_column(name, width=width, ratio=None if width else 5)
    if terminal_width >= _WITH_NOTES:
        table.add_column(ratio=4, style="dim")
    for row in section.rows:
        table.add_row(*_cells(row)[: len(table.columns)])
    return Group(Text(f"  {section.title}", "bold"), table)


def _cells(row: Row) -> tuple[Text, ...]:
    if row.as_expected:
        mark, style = Text("✓", "green"), ""
    else:
        mark, style = Text("✗", "bold red"), "bold red"
    texts = (row.what, row.over, row.expected)
    return mark, *map(Text, texts), Text(row.seen, style), Text(row.note)
