"""`s2sauth token`: facts for everyone, the token itself only where it's wanted."""

import os
import pty
import subprocess

import pytest

from s2sauth.server import JwtVerifier
from s2sauth.testing import AuthorizationServer
from support.command_line import AUDIENCE, SECRET, client_of, invoke
from support.commands import environment, s2sauth_command
from support.tls import make_ca

pytestmark = pytest.mark.cli


@pytest.fixture
def server():
    """Run a server that knows the order service."""
    with AuthorizationServer() as running:
        scopes = ["payments:read", "payments:write"]
        running.add_client("order-service", SECRET, scopes=scopes, audiences=[AUDIENCE])
        yield running


def token(env, *arguments):
    return invoke("token", *arguments, env=env)


def at_a_terminal(env, *arguments):
    """Run it with stdout and stderr at a terminal; return what's seen there."""
    ours, theirs = pty.openpty()
    command = s2sauth_command("token", *arguments)
    with subprocess.Popen(
        command, env=environment(env), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        while part := _read(ours):
            seen += part
    os.close(ours)
    assert 0 == process.returncode, seen
    return seen.decode()


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so at the end of a terminal
        return b""


def test_to_a_pipe_goes_the_token_alone(server):
    """Stdout has the token, one line; stderr says what it is."""
    ended = token(client_of(server), "--scope", "payments:write")
    identity = JwtVerifier(server.provider, audience=AUDIENCE).verify(ended.out[:-1])
    assert (0, "order-service") == (ended.code, identity.client_id)
    assert [
        ["client", "order-service"],
        ["issuer", server.issuer],
        ["scopes", "payments:write"],
        ["ends", "in", "5", "min"],
        ["kind", "JWT"],
    ] == [line.split() for line in ended.err.splitlines()]


def test_a_terminal_shows_no_token(server):
    """At a terminal there are the facts, and how to see the token."""
    seen = at_a_terminal(client_of(server))
    assert "payments:read payments:write" in seen
    assert "eyJ" not in seen
    assert "--show" in seen


def test_a_terminal_shows_the_token_if_told_to(server):
    """With --show the token is seen at a terminal as well."""
    assert "eyJ" in at_a_terminal(client_of(server), "--show")


def test_a_log_gets_no_token(server):
    """With --hide it goes nowhere, whatever stdout is."""
    ended = token(client_of(server), "--hide")
    assert (0, "") == (ended.code, ended.out)
    assert "eyJ" not in ended.err


def test_an_opaque_token_is_called_so():
    """What isn't a JWT is told apart."""
    with AuthorizationServer("keycloak", token_format="opaque") as server:
        server.add_client("order-service", SECRET)
        ended = token(client_of(server), "--hide")
    assert "kind     opaque" in ended.err
    assert "scopes   none" in ended.err


def test_an_authority_of_ones_own(tmp_path):
    """--ca reaches a server that the environment doesn't trust."""
    ca = make_ca()
    tls = ca.issue("localhost").server_context(tmp_path)
    with AuthorizationServer(tls=tls) as server:
        server.add_client("order-service", SECRET)
        trusted = token(client_of(server), "--hide", "--ca", str(ca.write(tmp_path)))
        untrusted = token(client_of(server), "--hide")
    assert (0, 1) == (trusted.code, untrusted.code)
    assert "--ca" in untrusted.err


def test_audience_and_resource_are_asked_for():
    """What the server chooses the audience by reaches it."""
    audiences = [AUDIENCE, "https://shop.internal"]
    with AuthorizationServer("generic", token_format="jwt") as server:
        server.add_client("order-service", SECRET, audiences=audiences)
        env = client_of(server, S2SAUTH_ISSUER=server.issuer)
        for name in ("", "_URL", "_REALM"):
            del env[f"S2SAUTH_PROVIDER{name}"]
        for option in ("--audience", "--resource"):
            ended = token(env, option, audiences[1])
            verifier = JwtVerifier(server.provider, audience=audiences[1])
            assert (audiences[1],) == verifier.verify(ended.out[:-1]).audience


def test_no_token_is_said_with_a_cure(server):
    """A refusal ends with 1, and says what the server said and what helps."""
    ended = token(client_of(server, S2SAUTH_CLIENT_SECRET="canary-2"))
    assert (1, "") == (ended.code, ended.out)
    assert "no token: " in ended.err
    assert "how to fix it: Check that client id and secret" in ended.err
    assert "canary-2" not in ended.err


@pytest.mark.parametrize(
    ("changes", "arguments", "named"),
    [
        ({"S2SAUTH_CLIENT_ID": ""}, [], "S2SAUTH_CLIENT_ID is not set"),
        ({}, ["--scope", "a b"], "scope: 'a b' is not one scope"),
        ({}, ["--resource", "shop"], "resource must be an absolute URI"),
        ({}, ["--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_makes_no_sense_ends_with_2(server, changes, arguments, named):
    """A wrong configuration or command line is named, and nothing is sent."""
    ended = token(client_of(server, **changes), *arguments)
    assert (2, "") == (ended.code, ended.out)
    assert named in ended.err
    assert 0 == server.token_requests
