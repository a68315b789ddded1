"""`s2sauth demo`."""

import os
import sys

import click
from rich.console import Console

from s2sauth._base.clock import SYSTEM_CLOCK

__all__ = ["demo"]

_WIDTH = 110  # where nobody looks at a terminal
_SOMETHING_DIFFERED = 1


@click.command()
@click.option(
    "--grant",
    metavar="SCOPE",
    multiple=True,
    help="Grant the order service one more scope: with payments:refund, see the demo "
    "notice that a call went through which shouldn't have.",
)
def demo(grant: tuple[str, ...]) -> None:
    """Show the whole road on this machine, in a few seconds.

    Starts an authorization server that speaks as Keycloak does, a payment service
    over HTTP (Flask) and one over gRPC, and an order service whose threads call
    both. Shows what was allowed and refused, and why; one fetch for many calls; a
    signing key rotated, and the server stopped, while calls go on.

    Ends with 0 if all of it went as expected, else with 1.
    """
    _stay_on_this_machine()
    from s2sauth.cli.demo.run import run_demo
    from s2sauth.cli.demo.stage import Scenario
    from s2sauth.cli.demo.table import section_table

    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    start = SYSTEM_CLOCK.elapsed()
    scenario = Scenario(order_scopes=("payments:write", *grant))
    with console.status("playing"):
        report = run_demo(
            scenario,
            tell=lambda section: console.print(section_table(section, console.width)),
        )
    took = SYSTEM_CLOCK.elapsed() - start
    differing = len(report.differing)
    if differing:
        console.print(f"[bold red]✗ {differing} of {report.count} rows differ[/]")
        sys.exit(_SOMETHING_DIFFERED)
    console.print(f"[green]✓[/] all {report.count} as expected, in {took:.1f} s")


def _stay_on_this_machine() -> None:
    """Keep a proxy out of it: nothing here goes further than 127.0.0.1."""
    for name in ("no_proxy", "NO_PROXY"):
        others = os.environ.get(name)
        os.environ[name] = f"127.0.0.1,{others}" if others else "127.0.0.1"
