"""The command `s2sauth` and what belongs to it."""

import sys
from typing import Any

import click

from s2sauth._version import VERSION
from s2sauth.cli.demo.command import demo
from s2sauth.cli.doctor.command import doctor
from s2sauth.cli.inspect import inspect
from s2sauth.cli.policy import policy
from s2sauth.cli.serve import serve
from s2sauth.cli.token import token
from s2sauth.errors import S2SAuthError

__all__ = ["s2sauth"]

_NOTHING_SENT = 2  # the exit code of a wrong command line, or a wrong file


class _Group(click.Group):
    """Ends with one line, not a traceback, where something is configured wrongly."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except S2SAuthError as error:
            problem = str(error)
        click.echo(f"s2sauth: {problem}", err=True)
        sys.exit(_NOTHING_SENT)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="s2sauth")
def s2sauth() -> None:
    """Service-to-service authentication with OAuth 2.0 client credentials.

    \b
    See it work, on this machine alone:
        s2sauth demo
    \b
    An authorization server for development, with the clients of a file:
        s2sauth serve --config idp.toml
    \b
    Who may call what, as .proto options or a policy file say:
        s2sauth policy show payments_pb2
        s2sauth policy check payments_pb2 --policy policy.toml
    \b
    Why no token comes, or why it's refused:
        s2sauth doctor --config client.toml --scope payments:write
        s2sauth token --config client.toml | s2sauth inspect --config client.toml
    """  # noqa: D301 - click wants the character itself: keep the line breaks


s2sauth.add_command(demo)
s2sauth.add_command(serve)
s2sauth.add_command(policy)
s2sauth.add_command(doctor)
s2sauth.add_command(token)
s2sauth.add_command(inspect)
