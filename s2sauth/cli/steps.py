"""Steps of a check: each says what it found, or what's wrong and how to mend it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from rich.table import Table
from rich.text import Text

from s2sauth.cli.cures import cure_for
from s2sauth.cli.words import printable
from s2sauth.errors import Reason, S2SAuthError

__all__ = ["NotChecked", "Outcome", "State", "Step", "Trouble", "row", "walk"]


class NotChecked(Exception):
    """A step can't be taken, and nothing is wrong; the message says why."""


class Trouble(Exception):
    """A step failed.

    Attributes:
        cure: How to mend it.
        reason: Its code, where a verifier would give one.
    """

    def __init__(self, problem: str, cure: str, reason: Reason | None = None) -> None:
        super().__init__(problem)
        self.cure = cure
        self.reason = reason


Step: TypeAlias = tuple[str, Callable[[], str]]


class State(Enum):
    """What came of a step, as it's shown."""

    GOOD = ("✓", "green")
    FAILED = ("✗", "bold red")
    UNCHECKED = ("-", "yellow")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step.

    Args:
        name: The step's.
        state: Whether it went well.
        said: What was found, or what's wrong.
        cure: How to mend that, or "".
        reason: Its code, where it has one.
    """

    name: str
    state: State
    said: str
    cure: str = ""
    reason: Reason | None = None


def walk(steps: Iterable[Step], *, to_the_end: bool = False) -> Iterator[Outcome]:
    """Take one step after the other.

    Args:
        steps: In their order.
        to_the_end: Whether to go on after one that failed.
    """
    for name, take in steps:
        outcome = _taken(name, take)
        yield outcome
        if outcome.state is State.FAILED and not to_the_end:
            return


def _taken(name: str, take: Callable[[], str]) -> Outcome:
    try:
        return Outcome(name, State.GOOD, take())
    except NotChecked as why:
        return Outcome(name, State.UNCHECKED, str(why))
    except Trouble as trouble:
        return Outcome(name, State.FAILED, str(trouble), trouble.cure, trouble.reason)
    except S2SAuthError as error:
        cure = cure_for(error.reason)
        return Outcome(name, State.FAILED, str(error), cure, error.reason)


def row(outcome: Outcome) -> Table:
    """Return an outcome as a line of a table, with the cure below it."""
    mark, style = outcome.state.value
    table = Table.grid(padding=(0, 1), expand=True)
    for width in (1, 13, None):
        table.add_column(width=width, ratio=None if width else 1, overflow="fold")
    bad = style if outcome.state is State.FAILED else ""
    # As text, so that no bracket of a server's is taken for markup.
    said = Text(printable(outcome.said), bad)
    table.add_row(Text(mark, style), Text(outcome.name), said)
    if outcome.cure:
        table.add_row("", Text("how to fix it", "bold"), Text(outcome.cure))
    return table
