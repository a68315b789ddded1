"""`s2sauth inspect`: decodes a token, and says what a verifier would say of it."""

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.judge import Judge
from s2sauth.cli.options import (
    Reach,
    algorithm_option,
    config_option,
    reach_options,
    scope_option,
)
from s2sauth.cli.presented import read_token
from s2sauth.cli.steps import Outcome, State, Step, row, walk
from s2sauth.cli.words import in_words
from s2sauth.client.environment import provider_from
from s2sauth.errors import Unauthenticated
from s2sauth.providers import Provider, discover
from s2sauth.server.compact import is_jwt, read_segment, split

__all__ = ["inspect"]

_WIDTH = 110  # where nobody looks at a terminal
_REFUSED = 1
_OPAQUE = (
    "This is no JWT but an opaque token: it says nothing by itself, only its server "
    "can tell what it's worth (introspection). Nothing was checked."
)


@click.command()
@click.argument("file", default="-")
@click.option("--issuer", help="Whom to trust: its metadata and keys are looked up.")
@config_option
@click.option("--audience", help="What the called service's verifier calls itself.")
@scope_option
@algorithm_option
@reach_options
def inspect(
    *,
    file: str,
    issuer: str | None,
    config: Path | None,
    audience: str | None,
    scopes: tuple[str, ...],
    algorithms: tuple[str, ...],
    ca: Path | None,
    allow_insecure: bool,
) -> None:
    """Decode a token, and say what a verifier would say of it, and why.

    The token comes from standard input, or from FILE; never from the command line,
    which lands in the shell's history. It's shown without its signature, so that
    nobody can use what's shown.

    Keys come from the provider that --issuer, --config or the S2SAUTH_… variables
    name. Where none does, the signature isn't checked, and anyone may have written
    the token.

    \b
        s2sauth token | s2sauth inspect --audience https://payment-service.internal

    Ends with 0 if no check failed, with 1 if one did, with 2 if there was no token
    to check.
    """  # noqa: D301 - click wants the character itself: keep the line breaks
    reach = Reach(ca, allow_insecure)
    provider = _provider(issuer, config, reach)
    token = read_token(file)
    if not is_jwt(token):
        click.echo(_OPAQUE)
        return
    judge = Judge(token, provider, reach, algorithms, audience)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    decoded = _decoded(token)
    if decoded is not None:
        console.print(decoded, highlight=False, markup=False)
    outcomes: list[Outcome] = []
    try:
        # What can't be decoded would fail everywhere by the same words.
        for outcome in walk(_steps(judge, scopes), to_the_end=decoded is not None):
            console.print(row(outcome))
            outcomes.append(outcome)
    finally:
        judge.close()
    console.print(_verdict(outcomes, provider), highlight=False, markup=False)
    if _failed(outcomes):
        sys.exit(_REFUSED)


def _provider(issuer: str | None, config: Path | None, reach: Reach) -> Provider | None:
    if issuer is None:
        return provider_from(
            os.environ, path=config, ca=reach.ca, allow_insecure=reach.allow_insecure
        )
    if config is not None:
        message = "--issuer and --config both say whom to trust: give one"
        raise click.UsageError(message)
    return discover(issuer, ca=reach.ca, allow_insecure=reach.allow_insecure)


def _decoded(token: str) -> str | None:
    """Return what the token says, as ASCII: nothing in it reaches the terminal raw."""
    try:
        _, header, payload, _ = split(token)
        parts = read_segment(header, "header"), read_segment(payload, "payload")
    except Unauthenticated:
        return None  # the steps say why
    lines = [json.dumps(part, indent=2) for part in parts]
    return "\n".join([*lines, *_times(parts[1])])


def _times(claims: dict[str, Any]) -> Iterator[str]:
    """Say the moments in words; numbers that nobody can read at night."""
    now = SYSTEM_CLOCK.wall()
    for name, past, future in (
        ("iat", "issued {} ago", "issued {} from now"),
        ("nbf", "valid since {}", "valid only in {}"),
        ("exp", "ended {} ago", "ends in {}"),
    ):
        moment = claims.get(name)
        if isinstance(moment, (int, float)) and abs(moment) < 2**53:
            words = past if moment <= now else future
            yield f"{name}: {words.format(in_words(moment - now))}"


def _steps(judge: Judge, scopes: tuple[str, ...]) -> Iterator[Step]:
    yield "header", judge.header
    yield "issuer", judge.issuer
    yield "key set", judge.keys
    yield "signature", judge.signature
    yield "claims", lambda: f"client {judge.identity().client_id}"
    yield "audience", judge.audience
    yield "scopes", partial(judge.scopes, scopes)


def _failed(outcomes: list[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.state is State.FAILED]


def _verdict(outcomes: list[Outcome], provider: Provider | None) -> str:
    failed = _failed(outcomes)
    if failed:
        reasons = ", ".join(one.reason or one.name for one in failed)
        return f"A verifier would refuse it: {reasons}"
    if provider is None:
        return (
            "The signature was NOT checked: anyone may have written this. Name whom "
            "to trust: --issuer URL, or --config FILE."
        )
    unchecked = [one.name for one in outcomes if one.state is State.UNCHECKED]
    but = f" (not checked: {', '.join(unchecked)})" if unchecked else ""
    return f"A verifier would accept it{but}"
