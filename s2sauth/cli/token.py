"""`s2sauth token`: gets a token, and says what it is without showing it."""

import os
import sys
from pathlib import Path

import click

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.cures import cure_for
from s2sauth.cli.options import Reach, config_option, reach_options, scope_option
from s2sauth.cli.words import in_words, printable
from s2sauth.client.environment import ClientConfiguration, configuration_from
from s2sauth.client.manager import TokenManager
from s2sauth.errors import TokenError
from s2sauth.server.compact import is_jwt
from s2sauth.values import AccessToken

__all__ = ["token"]

_PATIENCE = 25.0  # seconds: longer than a fetch with all its retries takes
_NO_TOKEN = 1


@click.command()
@config_option
@scope_option
@click.option("--audience", help="Whom to ask a token for, as audience= in source().")
@click.option(
    "--resource",
    "resources",
    metavar="URI",
    multiple=True,
    help="The same by RFC 8707, as resource= in source(); may be repeated.",
)
@click.option(
    "--show/--hide",
    default=None,
    help="Whether the token itself goes to stdout. Else: to a pipe or a file it "
    "does, to a terminal it doesn't.",
)
@reach_options
def token(
    *,
    config: Path | None,
    scopes: tuple[str, ...],
    audience: str | None,
    resources: tuple[str, ...],
    show: bool | None,
    ca: Path | None,
    allow_insecure: bool,
) -> None:
    """Get a token, and say what it is.

    What it is goes to stderr: client, issuer, scopes, lifetime. The token alone
    goes to stdout, but to a terminal only with --show. Where stdout is a log, as in
    most CI jobs, say --hide, or use s2sauth doctor.

    \b
        s2sauth token --config client.toml --scope payments:write
        s2sauth token --config client.toml | s2sauth inspect --config client.toml

    Ends with 0 with a token, with 1 without one, with 2 if the configuration makes
    no sense.
    """  # noqa: D301 - click wants the character itself: keep the line breaks
    reach = Reach(ca, allow_insecure)
    configuration = configuration_from(
        os.environ, path=config, ca=ca, allow_insecure=allow_insecure
    )
    with _manager(configuration, reach) as manager:
        source = manager.source(scope=scopes, audience=audience, resource=resources)
        try:
            got = source.get(timeout=_PATIENCE)
        except TokenError as error:
            problem, cure = str(error), cure_for(error.reason)
        else:
            shown = not sys.stdout.isatty() if show is None else show
            _tell(got, configuration, shown=shown)
            return
    click.echo(f"s2sauth: no token: {printable(problem)}", err=True)
    click.echo(f"how to fix it: {cure}", err=True)
    sys.exit(_NO_TOKEN)


def _manager(configuration: ClientConfiguration, reach: Reach) -> TokenManager:
    return TokenManager(
        configuration.provider,
        client_id=configuration.client_id,
        credential=configuration.credential,
        ca=reach.ca,
        allow_insecure=reach.allow_insecure,
    )


def _tell(got: AccessToken, configuration: ClientConfiguration, *, shown: bool) -> None:
    lifetime = in_words(got.expires_at - SYSTEM_CLOCK.wall())
    facts = {
        "client": configuration.client_id,
        "issuer": configuration.provider.issuer,
        "scopes": " ".join(sorted(got.scopes)) or "none",
        "ends in": lifetime,
        "kind": "JWT" if is_jwt(got.value) else "opaque",
    }
    for name, fact in facts.items():
        click.echo(f"{name:8} {printable(fact)}", err=True)
    if shown:
        click.echo(got.value)
    else:
        click.echo("The token itself isn't shown: --show does.", err=True)
