"""Who calls, under gunicorn: threads that are used again never mix callers up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from support.gunicorn_process import gunicorn

APP = """
import threading
from s2sauth.policy import Policy, Rule
from s2sauth.server import current_identity
from s2sauth.server.wsgi import AuthMiddleware
from s2sauth.testing import StaticVerifier

CLIENTS = [f"client-{number}" for number in range(16)]

def who():
    identity = current_identity(None)
    return "nobody" if identity is None else identity.client_id

def line():
    return f"{who()} {threading.get_ident()}\\n".encode()

def stream():
    for _ in range(20):
        yield line()

def failing():
    yield line()
    raise RuntimeError("half way")

def service(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/stream":
        return stream()
    return failing() if environ["PATH_INFO"] == "/failing" else [line()]

app = AuthMiddleware(
    service,
    StaticVerifier({name: {"client_id": name} for name in CLIENTS}),
    Policy({"GET /*": Rule(), "GET /open": Rule(public=True)}),
)
"""
CLIENTS = [f"client-{number}" for number in range(16)]
OPTIONS = {
    "sync": ["--worker-class=sync", "--workers=1"],
    "gthread": ["--worker-class=gthread", "--workers=1", "--threads=4"],
}


def lines_of(url: str, path: str, token: str | None) -> list[list[str]]:
    """Return who was seen, and on which thread, for each line of an answer."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{url}{path}", headers=headers, timeout=30)
    assert answer.status_code == 200
    return [line.split() for line in answer.text.splitlines()]


def callers(url: str) -> Callable[[str], list[set[str]]]:
    """Return what makes every kind of call for one client, and says who was seen."""

    def call(client: str) -> list[set[str]]:
        kinds = [
            ("/who", client),
            ("/open", None),
            ("/stream", client),
            ("/open", None),
        ]
        return [{who for who, _ in lines_of(url, *kind)} for kind in kinds * 3]

    return call


@pytest.mark.parametrize("kind", OPTIONS)
def test_nobody_is_taken_for_another(tmp_path: Path, kind: str) -> None:
    """Callers at once, streamed answers too, each see themselves, and then nobody."""
    with (
        gunicorn(tmp_path, APP, *OPTIONS[kind]) as url,
        ThreadPoolExecutor(len(CLIENTS)) as pool,
    ):
        seen = list(pool.map(callers(url), CLIENTS))
    expected = [[{name}, {"nobody"}] * 6 for name in CLIENTS]
    assert expected == seen


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_next_request_on_the_thread(tmp_path: Path, kind: str) -> None:
    """After a streamed answer that fails half way its threads know nobody."""
    with gunicorn(tmp_path, APP, *OPTIONS[kind]) as url:
        for _ in range(8):
            with pytest.raises(requests.RequestException):
                lines_of(url, "/failing", "client-1")
        after = [lines_of(url, "/open", None)[0] for _ in range(24)]
        known = [lines_of(url, "/who", "client-2")[0][0] for _ in range(8)]
    assert {"nobody"} == {who for who, _ in after}
    assert {"client-2"} == set(known)
