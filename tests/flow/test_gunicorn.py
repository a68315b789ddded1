"""gunicorn with preload and several workers: a real process tree."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from s2sauth.testing import AuthorizationServer

APP = """
import os
from s2sauth import ClientSecret, Provider, TokenManager

manager = TokenManager(
    Provider(issuer=os.environ["ISSUER"], token_url=os.environ["TOKEN_URL"]),
    client_id="c", credential=ClientSecret("s"),
)
kept = manager.source(scope="early").get()      # before the fork: preload

def app(environ, start_response):
    scope = environ["PATH_INFO"].strip("/")
    token = manager.source(scope=scope).get(timeout=10)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {token is kept} {len(token.value) > 0}".encode()]
"""


@contextmanager
def gunicorn(folder: Path, idp: AuthorizationServer, kind: str) -> Iterator[str]:
    """Run the application under gunicorn, and end it by its process id."""
    (folder / "service.py").write_text(APP, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "service:app", "--preload"]
    options = ["--workers=3", f"--worker-class={kind}", "--threads=4"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, *options, f"--bind=127.0.0.1:{port}", "--no-control-socket"],
            cwd=folder,
            env={
                "ISSUER": idp.issuer,
                "TOKEN_URL": idp.url("token"),
                "PYTHONPATH": str(folder),
                "PATH": "",
            },
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = "gunicorn never listened"
    raise AssertionError(message)


@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_workers_keep_the_preloaded_token_and_get_their_own(
    tmp_path: Path, kind: str
) -> None:
    """Each worker keeps the token of before the fork, and fetches others itself."""
    with AuthorizationServer(dialect="keycloak") as idp:
        idp.add_client("c", secret="s", scopes=["early", "late"])
        with gunicorn(tmp_path, idp, kind) as url:
            early = [requests.get(f"{url}/early", timeout=10).text for _ in range(30)]
            preloaded = idp.token_requests
            late = [requests.get(f"{url}/late", timeout=10).text for _ in range(30)]
    assert {answer.split()[1] for answer in early} == {"True"}
    assert preloaded == 1
    workers = {answer.split()[0] for answer in late}
    assert idp.token_requests == 1 + len(workers)
    assert {answer.split()[2] for answer in late} == {"True"}
