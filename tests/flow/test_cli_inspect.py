"""`s2sauth inspect`: what a token says, and what a verifier would say of it."""

import os
import pty
import select
import subprocess
import termios
import threading

import pytest

from s2sauth.testing import AuthorizationServer
from support.command_line import AUDIENCE, SECRET, invoke
from support.commands import environment, s2sauth_command
from support.key_material import private_key

pytestmark = pytest.mark.cli

CHECKS = ["header", "issuer", "key set", "signature", "claims", "audience", "scopes"]
WISH = ("--audience", AUDIENCE, "--scope", "payments:write")


@pytest.fixture
def server():
    """Run a server that knows the order service."""
    with AuthorizationServer() as running:
        add_order_service(running)
        yield running


def add_order_service(server):
    server.add_client(
        "order-service", SECRET, scopes=["payments:write"], audiences=[AUDIENCE]
    )


def provider_of(server):
    """Return the variables of the provider: a service that only verifies has these."""
    return {
        "S2SAUTH_PROVIDER": "keycloak",
        "S2SAUTH_PROVIDER_URL": server.issuer.partition("/realms/")[0],
        "S2SAUTH_PROVIDER_REALM": "test",
    }


def inspect(token, *arguments, env=None):
    """Run it; what's shown of a token can't be used: its signature is missing."""
    ended = invoke("inspect", *arguments, env=env, stdin=token)
    signature = token.rpartition(".")[2].strip()
    assert not signature or signature not in ended.out + ended.err
    return ended


def test_a_good_token(server):
    """Every check says what it found, and a verifier would accept it."""
    ended = inspect(server.mint("order-service"), *WISH, env=provider_of(server))
    assert (dict.fromkeys(CHECKS, "✓"), 0) == (ended.steps, ended.code), ended.out
    assert "A verifier would accept it\n" in ended.out
    assert '"azp": "order-service"' in ended.out
    assert f'"kid": "{server.signing_kid}"' in ended.out
    assert "exp: ends in" in ended.out


def test_the_issuer_may_be_named_alone(server):
    """--issuer looks the keys up by discovery."""
    token = server.mint("order-service")
    ended = inspect(token, "--issuer", server.issuer, *WISH)
    assert (dict.fromkeys(CHECKS, "✓"), 0) == (ended.steps, ended.code), ended.out


def test_a_clients_file_names_the_provider(server, tmp_path):
    """--config takes the provider of a client's file, and needs no client there."""
    path = tmp_path / "client.toml"
    url = provider_of(server)["S2SAUTH_PROVIDER_URL"]
    path.write_text(f'[provider]\nkind = "keycloak"\nurl = "{url}"\nrealm = "test"\n')
    ended = inspect(server.mint("order-service"), "--config", str(path), *WISH)
    assert "✓" == ended.steps["signature"]


def test_without_keys_the_signature_is_not_checked(server):
    """Where nobody says whom to trust, that's said loudly, and nothing is asked."""
    forged = server.mint("order-service", key=private_key("rsa"))
    ended = inspect(forged, *WISH)
    unchecked = {"issuer", "key set", "signature"}
    expected = {name: "-" if name in unchecked else "✓" for name in CHECKS}
    assert (expected, 0) == (ended.steps, ended.code)
    assert "signature was NOT checked" in ended.words
    assert "accept" not in ended.words
    assert 0 == server.jwks_requests


def test_what_is_not_named_is_shown(server):
    """Without --audience and --scope the token's own are shown, and not judged."""
    ended = inspect(server.mint("order-service"), env=provider_of(server))
    assert ("-", "-") == (ended.steps["audience"], ended.steps["scopes"])
    assert "accept it (not checked: audience, scopes)" in ended.words


@pytest.mark.parametrize(
    ("changes", "failed", "reasons"),
    [
        ({"expires_in": -600}, ["claims", "audience", "scopes"], "TOKEN_EXPIRED"),
        ({"aud": "https://shop.internal"}, ["audience"], "AUDIENCE"),
        ({"aud": None}, ["audience"], "AUDIENCE"),
        ({"scope": "payments:read"}, ["scopes"], "INSUFFICIENT_SCOPE"),
        (
            {"aud": "x", "scope": "y"},
            ["audience", "scopes"],
            "AUDIENCE, INSUFFICIENT_SCOPE",
        ),
        ({"iss": "https://sso.other.example"}, ["issuer"], "ISSUER"),
        ({"headers": {"alg": "none"}}, ["header"], "TOKEN_ALGORITHM"),
        ({"headers": {"typ": "dpop+jwt"}}, ["header"], "TOKEN_TYPE"),
        ({"headers": {"kid": "nobody's"}}, ["signature"], "KEY_UNKNOWN"),
        ({"key": private_key("rsa")}, ["signature"], "TOKEN_SIGNATURE"),
        (
            {"key": private_key("rsa"), "aud": "x"},
            ["signature", "audience"],
            "TOKEN_SIGNATURE, AUDIENCE",
        ),
    ],
)
def test_each_reason_is_told(server, changes, failed, reasons):
    """Every rule that a token breaks is named with its reason, and the code is 1."""
    token = server.mint("order-service", **changes)
    ended = inspect(token, *WISH, env=provider_of(server))
    assert (failed, 1) == (ended.failed, ended.code), ended.out
    assert f"A verifier would refuse it: {reasons}" in ended.words
    assert "how to fix it" in ended.out


def test_a_signature_is_not_reached_where_the_issuer_is_another(server):
    """A verifier looks for no key of an issuer that it doesn't trust."""
    token = server.mint("order-service", iss="https://sso.other.example")
    ended = inspect(token, *WISH, env=provider_of(server))
    assert "-" == ended.steps["signature"]
    assert "refuses the token before" in ended.words


def test_an_expired_token_still_has_a_signature(server):
    """A good signature is told also where the claims fail."""
    token = server.mint("order-service", expires_in=-600)
    ended = inspect(token, env=provider_of(server))
    assert "✓" == ended.steps["signature"]
    assert "exp: ended 10 min" in ended.out


def test_keys_that_cannot_be_had(server):
    """A key set out of reach is a failed check; the rest is judged."""
    server.fail(404, endpoint="jwks", times=None)
    token = server.mint("order-service")
    ended = inspect(token, *WISH, env=provider_of(server))
    assert (["key set", "signature"], 1) == (ended.failed, ended.code)


def test_an_opaque_token_says_nothing():
    """What's no JWT isn't decoded, nor shown."""
    ended = inspect("canary-3-opaque\n")
    assert 0 == ended.code
    assert "introspection" in ended.out
    assert "canary-3" not in ended.out + ended.err


@pytest.mark.parametrize(
    "broken",
    ["eyJ9.e30.QUJD", "eyJhbGciOiJSUzI1NiJ9.e30", "eyJhbGciOiJSUzI1NiJ9.ZQ.QUJD"],
)
def test_a_broken_token_is_told_what_is_wrong(broken):
    """What can't be decoded fails with the reason, and without a traceback."""
    ended = inspect(broken)
    assert (1, "") == (ended.code, ended.err)
    assert 1 == len(ended.failed)
    assert "A verifier would refuse it: TOKEN_" in ended.words


@pytest.mark.parametrize("before", ["Bearer ", "Authorization: Bearer ", " \n"])
def test_a_copied_header_will_do(server, before):
    """What stands before a token in a request is left out."""
    ended = inspect(f"{before}{server.mint('order-service')}\n")
    assert "✓" == ended.steps["header"]


def test_a_file_will_do(server, tmp_path):
    """FILE holds the token."""
    path = tmp_path / "token"
    path.write_text(server.mint("order-service"))
    assert "✓" == inspect("", str(path)).steps["header"]


def test_a_token_as_an_argument_is_refused_and_not_repeated(server):
    """A token on the command line is no file: it says so, without the token."""
    token = server.mint("order-service")
    for argument in (token, "x" * 5000):
        ended = inspect("", argument)
        assert (2, "") == (ended.code, ended.out)
        assert argument not in ended.err
        assert "history" in ended.err


@pytest.mark.parametrize(
    ("token", "arguments", "named"),
    [
        ("", [], "no token"),
        (" \n", [], "no token"),
        ("x", ["--issuer", "sso"], "issuer_url must be an absolute https URL"),
        ("x.y.z", ["--issuer", "https://x", "--config", __file__], "give one"),
        ("eyJhbGciOiJSUzI1NiJ9.e30.x", ["--algorithm", "none"], "algorithms"),
    ],
)
def test_what_makes_no_sense_ends_with_2(token, arguments, named):
    """No token, or a wrong command line, is said on stderr."""
    ended = inspect(token, *arguments)
    assert (2, "") == (ended.code, ended.out)
    assert named in ended.err


def test_a_token_does_nothing_to_the_terminal(server):
    """Control characters in claims are shown as escapes."""
    token = server.mint("order-service", scope="a\x1b[31mb", iss="\u202e\x1b]0;x\x07")
    ended = inspect(token)
    assert "a\\x1b[31mb" in ended.words
    assert all(one.isprintable() or one == "\n" for one in ended.out)


def wait_until(condition):
    """Wait for something that another process does, 20 s at most."""
    patience = threading.Event()
    for _ in range(2000):
        if condition():
            return
        patience.wait(0.01)
    message = "it never came"
    raise AssertionError(message)


def test_a_token_pasted_at_a_terminal_is_not_shown(server):
    """At a terminal it's asked for, and not echoed."""
    ours, theirs = pty.openpty()
    token = server.mint("order-service")
    command = s2sauth_command("inspect")
    with subprocess.Popen(
        command,
        env=environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert b"token" in process.stderr.read(5)
        try:
            # The prompt comes first; what is typed before echo is off gets flushed.
            wait_until(lambda: not termios.tcgetattr(theirs)[3] & termios.ECHO)
            os.write(ours, f"{token}\n".encode())
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    echoed = os.read(ours, 65536) if select.select([ours], [], [], 0)[0] else b""
    for end in (ours, theirs):
        os.close(end)
    assert 0 == process.returncode
    assert b"order-service" in out
    assert b"eyJ" not in echoed


def test_help_says_where_tokens_come_from():
    """`--help` explains itself."""
    assert "shell's history" in " ".join(invoke("inspect", "--help").out.split())
