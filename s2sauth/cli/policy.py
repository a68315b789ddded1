"""`s2sauth policy`: who may call what, and whether that fits the services."""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Policy

__all__ = ["policy"]

_FOUND_PROBLEMS = 1


@click.group()
def policy() -> None:
    """Show and check who may call what.

    MODULE is a generated module (payments_pb2, shop.v1.payments_pb2), found as
    Python finds it from here.
    """


@policy.command()
@click.argument("sources", metavar="MODULE_OR_FILE...", nargs=-1, required=True)
def show(sources: tuple[str, ...]) -> None:
    """Print what each method and route needs, and what callers must be granted.

    MODULE_OR_FILE is a generated module (payments_pb2) or a policy file
    (policy.toml).
    """
    together = _joined(_policy_from(source) for source in sources)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(_rules_table(together))
    console.print(_grants(together), highlight=False, markup=False)


@policy.command()
@click.argument("modules", metavar="MODULE...", nargs=-1, required=True)
@click.option(
    "--policy",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The policy that the server enforces, in place of the .proto options.",
)
@click.option(
    "--with-options",
    is_flag=True,
    help="The server enforces the .proto options as well as FILE.",
)
def check(
    *, modules: tuple[str, ...], files: tuple[Path, ...], with_options: bool
) -> None:
    """Find what is uncovered, misspelt, or declared by nobody.

    Prints one finding a line, and ends with 1 where there's any.
    """
    services = [_module(name) for name in modules]
    enforced = [Policy.from_file(path) for path in files]
    if with_options or not files:
        enforced.append(Policy.from_protos(*services))
    findings = _joined(enforced).check(services)
    for finding in findings:
        click.echo(f"{finding.kind}: {finding}")
    if findings:
        sys.exit(_FOUND_PROBLEMS)
    click.echo("nothing found")


def _policy_from(source: str) -> Policy:
    if source.endswith(".toml"):
        return Policy.from_file(source)
    return Policy.from_protos(_module(source))


def _joined(policies: Iterable[Policy]) -> Policy:
    joined = Policy({})
    for one in policies:
        joined |= one
    return joined


def _module(name: str) -> ModuleType:
    """Import a module as `python -c` would from here.

    Raises:
        ConfigurationError: There's none of that name.
    """
    if os.sep in name or name.endswith((".py", ".proto")):
        message = f"{name!r} is no module's name: say payments_pb2, not its file"
        raise ConfigurationError(message)
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
    message = (
        f"there's no module {name!r} here: go to the folder that it's in, or set "
        "PYTHONPATH"
    )
    raise ConfigurationError(message)


def _rules_table(shown: Policy) -> Table:
    table = Table("operation", "needs", "clients", "audiences", box=SIMPLE_HEAD)
    for row in shown.describe():
        table.add_row(*map(Text, row))
    return table


def _grants(shown: Policy) -> str:
    """Say what a client that calls all of it must be granted."""
    rules = shown.rules.values()
    scopes = frozenset[str]().union(*(rule.all_scopes for rule in rules))
    choices = {tuple(sorted(rule.any_scopes)) for rule in rules}
    open_choices = [one for one in choices if one and scopes.isdisjoint(one)]
    audiences = frozenset[str]().union(*(rule.audiences for rule in rules))
    lines = [
        *(f"  scope     {scope}" for scope in sorted(scopes)),
        *(f"  scope     {' or '.join(choice)}" for choice in sorted(open_choices)),
        *(f"  audience  {audience}" for audience in sorted(audiences)),
    ]
    if not lines:
        return "No client needs to be granted anything."
    return "\n".join(["A client that calls all of these must be granted", *lines])
