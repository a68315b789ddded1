"""Every bad token at every door: HTTP (Flask, WSGI over a socket) and gRPC."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, Protocol

import flask
import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from werkzeug.serving import WSGIRequestHandler, make_server

from s2sauth.errors import Reason
from s2sauth.policy import Policy, Rule
from s2sauth.server import JwtVerifier, current_identity
from s2sauth.server.flask import FlaskAuth, require_scope
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.server.wsgi import AuthMiddleware
from s2sauth.testing import FakeClock
from shop.v1 import payments_pb2_grpc
from support.bad_tokens import BadToken
from support.bad_tokens.more import ALL_BAD_TOKENS, MORE_ALGORITHMS, key_set_for_more
from support.grpc_shop import ORDER, Shop, serving
from support.tokens import AUDIENCE, PROVIDER, FakeKeys, Signer

pytestmark = [pytest.mark.flask, pytest.mark.grpc]

CLOCK = FakeClock()
SIGNER = Signer(CLOCK)
OK = "ok"
MOST = 7000  # bytes: what gRPC takes as metadata by default, less the rest

Said = tuple[int, str]  # the status, and the wire code (OK: reached the handler)


class Door(Protocol):
    """Sends a token the way that a caller would."""

    def __call__(self, token: str) -> Said: ...


@pytest.fixture(scope="module")
def verifier():
    """A verifier that allows what all entries need."""
    with_keys = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=MORE_ALGORITHMS,
        fetch_keys=FakeKeys(key_set_for_more()),
        clock=CLOCK,
    )
    yield with_keys
    with_keys.close()


@contextmanager
def flask_door(verifier: JwtVerifier) -> Iterator[Door]:
    """Flask's test client."""
    app = flask.Flask("service")
    FlaskAuth(app, verifier)

    @app.get("/who")
    @require_scope("payments:write")
    def who() -> str:
        return str(current_identity().client_id)

    client = app.test_client()

    def ask(token: str) -> Said:
        answer = client.get("/who", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code == 200:
            return 200, OK
        assert answer.is_json
        return answer.status_code, answer.get_json()["error"]

    yield ask


class Quiet(WSGIRequestHandler):
    """Answers without a line in the log."""

    def log(self, type, message, *args):  # noqa: A002 - the name that it has
        """Say nothing."""


def _application(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(current_identity().client_id).encode()]


@contextmanager
def wsgi_door(verifier: JwtVerifier) -> Iterator[Door]:
    """The middleware behind a real socket, asked byte by byte."""
    policy = Policy({"GET /who": Rule(all_scopes="payments:write")})
    app = AuthMiddleware(_application, verifier, policy)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()

    def ask(token: str) -> Said:
        with socket.create_connection(("127.0.0.1", server.server_port), 30) as wire:
            line = b"Authorization: Bearer " + token.encode("latin-1")
            wire.sendall(b"GET /who HTTP/1.1\r\nHost: s\r\n" + line + b"\r\n\r\n")
            answer = HTTPResponse(wire)
            answer.begin()
            body = answer.read().decode()
        code = body.split('"error": "')[-1].split('"')[0]
        return answer.status, OK if answer.status == 200 else code

    try:
        yield ask
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def _wire_code(error: Any) -> str:
    trailing = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return str(info.reason)


@contextmanager
def grpc_door(verifier: JwtVerifier) -> Iterator[Door]:
    """A real gRPC server on loopback."""
    policy = Policy({"/shop.v1.Payments/*": Rule(all_scopes="payments:write")})
    shop = Shop(client=lambda: current_identity().client_id)

    def ask(token: str) -> Said:
        try:
            stub.Charge(
                ORDER, metadata=(("authorization", f"Bearer {token}"),), timeout=30
            )
        except grpc.RpcError as error:
            return error.code().value[0], _wire_code(error)
        return 200, OK

    with (
        serving(shop, interceptors=[AuthInterceptor(verifier, policy)]) as target,
        grpc.insecure_channel(target) as channel,
    ):
        stub = payments_pb2_grpc.PaymentsStub(channel)
        yield ask


def _travels(token: Any, *, ascii_only: bool) -> bool:
    """Tell whether a token can be sent, and arrives as it is."""
    if not isinstance(token, str) or not 0 < len(token) <= MOST:
        return False
    if token != token.strip() or not all(c.isprintable() or c == "\xa0" for c in token):
        return False
    return token.isascii() or not (ascii_only or any(ord(c) > 255 for c in token))


def _refusal(entry: BadToken, token: str, door: str) -> Said:
    if entry.reason is None:
        return 200, OK
    expired = entry.reason is Reason.TOKEN_EXPIRED
    code = "TOKEN_EXPIRED" if expired else "TOKEN_INVALID"
    if door == "grpc":
        return 16, code
    # HTTP servers join several headers by commas: such a token looks like several.
    return 400 if "," in token else 401, code


DOORS = {"flask": flask_door, "wsgi": wsgi_door, "grpc": grpc_door}


@pytest.mark.parametrize("name", DOORS)
def test_no_bad_token_gets_in(verifier, name):
    """Each that can travel is answered with the right status and wire code."""
    asked, wrong = 0, []
    with DOORS[name](verifier) as ask:
        for entry in ALL_BAD_TOKENS:
            token = entry.make(SIGNER)
            if _travels(token, ascii_only=name == "grpc"):
                asked += 1
                said = ask(token)
                if said != _refusal(entry, token, name):
                    wrong.append((entry.id, said))
    assert [] == wrong
    assert asked >= 400, "most of the table can travel"


@pytest.mark.parametrize("name", DOORS)
def test_their_siblings_get_in(verifier, name):
    """What isn't spoilt reaches the handler."""
    with DOORS[name](verifier) as ask:
        tokens = {entry.id: entry.sibling(SIGNER) for entry in ALL_BAD_TOKENS}
        small = {key: token for key, token in tokens.items() if len(token) <= MOST}
        wrong = {key: ask(token) for key, token in small.items()}
    assert [] == [key for key, said in wrong.items() if said != (200, OK)]
