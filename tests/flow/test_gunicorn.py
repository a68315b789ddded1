"""gunicorn with preload and several workers: a real process tree."""

from pathlib import Path

import pytest
import requests

from s2sauth.testing import AuthorizationServer
from support.gunicorn_process import gunicorn

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


@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_workers_keep_the_preloaded_token_and_get_their_own(
    tmp_path: Path, kind: str
) -> None:
    """Each worker keeps the token of before the fork, and fetches others itself."""
    with AuthorizationServer(dialect="keycloak") as idp:
        idp.add_client("c", secret="s", scopes=["early", "late"])
        where = {"ISSUER": idp.issuer, "TOKEN_URL": idp.url("token")}
        options = ["--preload", "--workers=3", f"--worker-class={kind}", "--threads=4"]
        with gunicorn(tmp_path, APP, *options, environment=where) as url:
            early = [requests.get(f"{url}/early", timeout=10).text for _ in range(30)]
            preloaded = idp.token_requests
            late = [requests.get(f"{url}/late", timeout=10).text for _ in range(30)]
    assert {answer.split()[1] for answer in early} == {"True"}
    assert preloaded == 1
    workers = {answer.split()[0] for answer in late}
    assert idp.token_requests == 1 + len(workers)
    assert {answer.split()[2] for answer in late} == {"True"}
