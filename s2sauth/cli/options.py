"""What the commands share that speak to a real authorization server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "Reach",
    "algorithm_option",
    "config_option",
    "reach_options",
    "scope_option",
]

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reach:
    """How the authorization server is reached.

    Args:
        ca: A PEM file or folder that replaces the usual authorities.
        allow_insecure: Whether plain http beyond loopback is accepted.
    """

    ca: Path | None = None
    allow_insecure: bool = False


config_option = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A client's TOML file; else the S2SAUTH_… variables, as for from_env().",
)
scope_option = click.option(
    "--scope",
    "scopes",
    metavar="SCOPE",
    multiple=True,
    help="A scope that's needed; may be repeated.",
)
algorithm_option = click.option(
    "--algorithm",
    "algorithms",
    metavar="ALG",
    multiple=True,
    default=("RS256", "ES256"),
    show_default=True,
    help="A signature algorithm that the verifier allows; may be repeated.",
)


def reach_options(command: CommandT) -> CommandT:
    """Add `--ca` and `--allow-insecure`, the arguments of the constructors."""
    ca = click.option(
        "--ca",
        metavar="PEM",
        type=click.Path(exists=True, path_type=Path),
        help="A file or folder of authorities, as ca= in the code.",
    )
    insecure = click.option(
        "--allow-insecure",
        is_flag=True,
        help="Accept plain http beyond this machine, as allow_insecure= in the code.",
    )
    return ca(insecure(command))
