"""`s2sauth serve`: the embedded server in the foreground."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest
import requests

from s2sauth import ClientSecret, TokenManager, discover
from s2sauth.server import JwtVerifier
from support.commands import Running, environment, run, s2sauth_command

pytestmark = pytest.mark.cli

SECRET = "s3cr3t + /%&=é $HOME 'quoted' \"twice\""
CONFIG = f"""
dialect = "keycloak"
port = 0

[clients.order-service]
secret = {json.dumps(SECRET, ensure_ascii=False)}
scopes = ["payments:write"]
audiences = ["https://payment-service.internal"]

[clients."who else?"]
secret = "another-secret"
"""


@pytest.fixture
def config(tmp_path):
    """Write a file for `--config`, and give its path."""
    path = tmp_path / "idp.toml"
    path.write_text(CONFIG, "utf-8")
    return path


def serving(config, *arguments):
    """Start the command."""
    return Running(s2sauth_command("serve", "--config", str(config), *arguments))


def ready(server):
    """Wait until it has said everything, and return the issuer."""
    server.find("(Ctrl-C ends it)")
    return server.find(r"issuer\s+(\S+)")


def test_it_serves_tokens_by_what_it_prints(config):
    """The issuer that it prints is all that the SDK needs."""
    with serving(config) as server:
        provider = discover(ready(server))
        credential = ClientSecret(SECRET)
        with TokenManager(
            provider, client_id="order-service", credential=credential
        ) as manager:
            token = manager.source(scope="payments:write").get()
        verifier = JwtVerifier(provider, audience="https://payment-service.internal")
        assert "order-service" == verifier.verify(token.value).client_id


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_line_with_curl_works_as_printed(config):
    """The printed line gets a token once the secret is put in, whatever is in it."""
    with serving(config) as server:
        ready(server)
        line = server.find(r"  (curl .+)")
        answer = subprocess.run(
            ["/bin/sh", "-c", line],
            env=environment({"S2SAUTH_CLIENT_SECRET": SECRET}),
            check=True,
            capture_output=True,
            timeout=30,
        )
    assert "payments:write" == json.loads(answer.stdout)["scope"]


def test_no_secret_is_printed(config):
    """Clients, scopes and audiences are printed; no secret and no token is."""
    with serving(config) as server:
        url = f"{ready(server)}/protocol/openid-connect/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": "who else?",
            "client_secret": "another-secret",
        }
        token = requests.post(url, data=form, timeout=10).json()["access_token"]
        server.end()
        shown = server.output
    expected = ("order-service", "payments:write", "https://payment-service.internal")
    assert [] == [one for one in (*expected, "who else?") if one not in shown]
    assert [] == [one for one in (SECRET, "another-secret", token) if one in shown]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(config, how):
    """Ctrl-C and SIGTERM end it with 0, and nothing listens any more."""
    with serving(config) as server:
        port = int(re.findall(r":(\d+)/", ready(server))[0])
        assert 0 == server.end(how)
        assert "Traceback" not in server.output
        assert server.output.endswith("stopped\n")
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))


@pytest.mark.skipif(os.name != "posix", reason="shells elsewhere don't do that")
def test_ctrl_c_ends_it_where_the_shell_had_it_ignored(config):
    """Started by a shell's `&`, which ignores SIGINT, it still ends by it."""
    command = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    serve = s2sauth_command("serve", "--config", str(config))
    with Running([*command, *serve]) as server:
        ready(server)
        assert 0 == server.end(signal.SIGINT)


def test_port_and_dialect_win_over_the_file(config):
    """`--port` and `--dialect` are stronger than the file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(config, "--port", str(port), "--dialect", "generic") as server:
        assert f"http://127.0.0.1:{port}" == ready(server)


def test_without_clients_it_says_no_line(tmp_path):
    """A file without clients is a server that knows nobody."""
    path = tmp_path / "idp.toml"
    path.write_text("port = 0")
    with serving(path) as server:
        ready(server)
        assert "curl" not in server.output


def test_the_line_is_for_a_client_that_may_post(tmp_path):
    """A client that must authenticate by Basic gets no line that can't work."""
    path = tmp_path / "idp.toml"
    path.write_text(
        '[clients.one]\nsecret = "a"\nauth_methods = ["basic"]\n'
        '[clients.two]\nsecret = "b"\n'
    )
    with serving(path, "--port", "0") as server:
        ready(server)
        assert "client_id=two" in server.find(r"  (curl .+)")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dialect = keycloak", "is no TOML"),
        ("colour = 1", "colour"),
        ('dialect = "klingon"', "dialect"),
        ('port = "8180"', "port"),
        ("port = 65536", "port"),
        ("[clients.one]", "clients.one.secret"),
        ("[clients]\none = 1", "clients.one"),
        ('[clients.one]\nsecret = "a"\nscope = "b"', "clients.one.scope"),
        ('[clients.one]\nsecret = ""', "clients.one: secret"),
        ('[clients.one]\nsecret = "a"\nscopes = ["b c"]', "clients.one: scopes"),
        ('[clients.one]\nsecret = "a"\naudiences = "b"', "clients.one.audiences"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, named):
    """The message names the file and the key; the exit code is 2."""
    path = tmp_path / "idp.toml"
    path.write_text(text)
    done = run(s2sauth_command("serve", "--config", str(path)))
    assert (2, "") == (done.code, done.out)
    assert str(path) in done.err
    assert named in done.err
    assert 1 == len(done.err.splitlines())


def test_a_port_in_use_is_said(config):
    """A port that's taken is an error that says so."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run(s2sauth_command("serve", "--config", str(config), "--port", port))
    assert 2 == done.code
    assert port in done.err
