"""`s2sauth doctor`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from s2sauth.cli.doctor.configured import Wish, examine
from s2sauth.cli.doctor.road import Road
from s2sauth.cli.options import (
    Reach,
    algorithm_option,
    config_option,
    reach_options,
    scope_option,
)
from s2sauth.cli.steps import State, row, walk

__all__ = ["doctor"]

_WIDTH = 110  # where nobody looks at a terminal
_A_STEP_FAILED = 1


@click.command()
@config_option
@scope_option
@click.option("--audience", help="Whom to ask a token for, as audience= in source().")
@click.option(
    "--expect-audience",
    "expected",
    metavar="AUDIENCE",
    help="The audience of the called service's verifier, where it isn't --audience.",
)
@algorithm_option
@reach_options
def doctor(
    *,
    config: Path | None,
    scopes: tuple[str, ...],
    audience: str | None,
    expected: str | None,
    algorithms: tuple[str, ...],
    ca: Path | None,
    allow_insecure: bool,
) -> None:
    """Find out why no token comes, or why it's refused.

    Walks the road of a service with this configuration: its secret, the name and
    port and certificate of the authorization server, both clocks, discovery, a
    token, and all that a verifier would say of it. Stops at the first step that
    fails, and says how to mend it. Shows neither secret nor token.

    \b
    As the order service would:
        s2sauth doctor --config client.toml --scope payments:write \\
            --audience https://payment-service.internal

    Ends with 0 if all is well, with 1 if a step failed, with 2 if the configuration
    makes no sense.
    """  # noqa: D301 - click wants the character itself: keep the line breaks
    wish = Wish(scopes, audience, expected or audience, algorithms)
    # What it raises ends the command with 2: nothing was sent.
    road = Road(examine(wish, Reach(ca, allow_insecure), config))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    try:
        failed = _walked(road, console)
    finally:
        road.close()
    if failed:
        sys.exit(_A_STEP_FAILED)
    console.print("all is well", style="green")


def _walked(road: Road, console: Console) -> bool:
    failed = False
    for outcome in walk(road.steps()):
        console.print(row(outcome))
        failed = outcome.state is State.FAILED
    return failed
