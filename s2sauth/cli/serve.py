"""`s2sauth serve`: the embedded authorization server, in the foreground."""

import shlex
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from s2sauth.errors import ConfigurationError
from s2sauth.testing import AuthorizationServer
from s2sauth.testing.clients import AUTH_METHODS
from s2sauth.testing.config import read_settings
from s2sauth.testing.dialects import DIALECTS

__all__ = ["serve", "token_command"]

SECRET_VARIABLE = "S2SAUTH_CLIENT_SECRET"  # the name, not the secret


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="A TOML file with the server's clients, scopes and audiences.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Where to listen; wins over the file's. 0: any free port.",
)
@click.option(
    "--dialect",
    type=click.Choice(sorted(DIALECTS)),
    help="Whom to sound like; wins over the file's.",
)
def serve(config: Path, port: int | None, dialect: str | None) -> None:
    """Run an authorization server for development, until Ctrl-C.

    It listens on 127.0.0.1 only, signs with a key made at its start, and forgets
    everything at its end: not for production.

    \b
    idp.toml:
        dialect = "keycloak"          # or auth0, cognito, entra, generic, okta
        port = 8180
        [clients.order-service]
        secret = "dev"
        scopes = ["payments:write"]
        audiences = ["https://payment-service.internal"]
    """  # noqa: D301 - click wants the character itself: keep the line breaks
    stop = threading.Event()
    _stop_on_signals(stop)
    with _started(config, port, dialect) as server:
        _introduce(server, config)
        # In steps: not every platform interrupts a wait without an end for a signal.
        while not stop.wait(1.0):
            pass
    click.echo("stopped")


def token_command(url: str, client_id: str) -> str:
    """Return a shell command that gets a token; the secret stays in a variable.

    By post: for Basic, the secret would have to be form-urlencoded first
    (RFC 6749 §2.3.1).
    """
    client = shlex.quote(f"client_id={client_id}")
    return (
        f"curl -sS {url} -d grant_type=client_credentials "
        f"--data-urlencode {client} "
        f'--data-urlencode "client_secret=${SECRET_VARIABLE}"'
    )


def _started(
    config: Path, port: int | None, dialect: str | None
) -> AuthorizationServer:
    server = AuthorizationServer.from_config(config, port=port, dialect=dialect)
    try:
        return server.start()
    except ConfigurationError as error:
        problem = str(error)
    message = f"{config if port is None else '--port'}: {problem}"
    raise ConfigurationError(message)


def _stop_on_signals(stop: threading.Event) -> None:
    # Set by hand: a shell starts background commands with SIGINT ignored, and
    # Python would leave it so.
    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _introduce(server: AuthorizationServer, config: Path) -> None:
    click.echo(f"issuer  {server.issuer}")
    click.echo(f"token   {server.url('token')}")
    click.echo(f"keys    {server.url('jwks')}")
    clients = read_settings(config).clients
    if clients:
        Console().print(_table(clients))
    posting = [name for name, facts in clients.items() if _may_post(facts)]
    if posting:
        click.echo(f"A token for {posting[0]}, whose secret stands in {config}:\n")
        click.echo(f"  export {SECRET_VARIABLE}=…")
        click.echo(f"  {token_command(server.url('token'), posting[0])}\n")
    click.echo("Ctrl-C ends it.")


def _may_post(facts: Mapping[str, Any]) -> bool:
    return "post" in facts.get("auth_methods", AUTH_METHODS)


def _table(clients: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("client", "scopes", "audiences", box=SIMPLE_HEAD)
    for name, facts in clients.items():
        scopes, audiences = (facts.get(key, ()) for key in ("scopes", "audiences"))
        # As text, so that no bracket is taken for markup.
        table.add_row(Text(name), Text("\n".join(scopes)), Text("\n".join(audiences)))
    return table
