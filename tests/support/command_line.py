"""The commands in this process: quick, with an environment of their own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from click.testing import CliRunner

from s2sauth.cli.app import s2sauth
from s2sauth.testing import AuthorizationServer

__all__ = ["AUDIENCE", "SECRET", "Ended", "client_of", "invoke"]

SECRET = "canary-of-the-client"
AUDIENCE = "https://payment-service.internal"


@dataclass(frozen=True)
class Ended:
    """What a command came to.

    Args:
        code: Its exit code.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    code: int
    out: str
    err: str

    @property
    def steps(self) -> dict[str, str]:
        """The marks of the steps shown, by their names, in their order."""
        lines = [line for line in self.out.splitlines() if line[:2] in MARKS]
        return {line[1:].lstrip()[:13].strip(): line[0] for line in lines}

    @property
    def failed(self) -> list[str]:
        """The steps that failed."""
        return [name for name, mark in self.steps.items() if mark == "✗"]

    @property
    def words(self) -> str:
        """Everything said on stdout, whatever lines it was broken into."""
        return " ".join(self.out.split())


MARKS = ("✓ ", "✗ ", "- ")


def invoke(
    *arguments: str, env: Mapping[str, str] | None = None, stdin: str | bytes = ""
) -> Ended:
    """Run `s2sauth`; nothing that it writes may show the client's secret."""
    alone = {name: None for name in os.environ if name.startswith("S2SAUTH_")}
    runner = CliRunner(env={**alone, "NO_PROXY": "*", "no_proxy": "*", **(env or {})})
    done = runner.invoke(s2sauth, arguments, input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert SECRET not in done.output
    return Ended(done.exit_code, done.stdout, done.stderr)


def client_of(server: AuthorizationServer, **changes: str) -> dict[str, str]:
    """Return the variables of an order service at a server that's like Keycloak."""
    return {
        "S2SAUTH_PROVIDER": "keycloak",
        "S2SAUTH_PROVIDER_URL": server.issuer.partition("/realms/")[0],
        "S2SAUTH_PROVIDER_REALM": "test",
        "S2SAUTH_CLIENT_ID": "order-service",
        "S2SAUTH_CLIENT_SECRET": SECRET,
        **changes,
    }
