"""The examples do what their README says, each in a process of its own."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import requests

from s2sauth import TokenManager
from s2sauth.client.grpc import secure_channel
from s2sauth.client.requests import ServiceSession
from support.commands import EXAMPLES, Running, run, s2sauth_command
from support.tls import make_ca

pytestmark = [pytest.mark.grpc, pytest.mark.flask, pytest.mark.cli]

SECRETS = {
    "order-service": "order-service's secret",
    "back-office": "back-office's secret",
}


@dataclass
class Shop:
    """The example services, running.

    Attributes:
        idp: The authorization server.
        http: The payment service over HTTP.
        rpc: The payment service over gRPC.
        environ: What the order service needs to know.
    """

    idp: Running
    http: Running
    rpc: Running
    environ: dict[str, str]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Start the three services as the README says, at free ports."""
    folder = tmp_path_factory.mktemp("tls")
    authority = make_ca()
    cert, key = authority.issue("localhost").write(folder)
    with ExitStack() as services:

        def start(command, **env):
            running = Running(command, env=env, paths=[EXAMPLES], cwd=EXAMPLES)
            return services.enter_context(running)

        idp = start(s2sauth_command("serve", "--config", "idp.toml", "--port", "0"))
        url = idp.find(r"issuer\s+(\S+)/realms/shop")
        provider = {
            "S2SAUTH_PROVIDER_URL": url,
            "S2SAUTH_PROVIDER_REALM": "shop",
        }
        flask = [sys.executable, "-m", "flask", "--app", "payment_http", "run"]
        http = start([*flask, "--port", "0"], **provider)
        rpc = start(
            [sys.executable, "payment_grpc.py"],
            **provider,
            PAYMENT_CERT=str(cert),
            PAYMENT_KEY=str(key),
            PAYMENT_GRPC_ADDRESS="localhost:0",
        )
        port = rpc.find(r"at port (\d+)")
        environ = {
            **provider,
            "S2SAUTH_PROVIDER": "keycloak",
            "PAYMENT_URL": http.find(r"Running on (http://127.0.0.1:\d+)"),
            "PAYMENT_TARGET": f"localhost:{port}",
            "PAYMENT_CA": str(authority.write(folder)),
        }
        yield Shop(idp, http, rpc, environ)


def order_service(shop, client_id, secret=None):
    """Run the order service to its end."""
    environ = {
        **shop.environ,
        "S2SAUTH_CLIENT_ID": client_id,
        "S2SAUTH_CLIENT_SECRET": secret or SECRETS[client_id],
    }
    command = [sys.executable, "order_service.py"]
    return run(command, env=environ, paths=[EXAMPLES], cwd=EXAMPLES)


def test_every_order_is_charged_over_both_transports(shop):
    """Threads of the order service charge through both payment services."""
    done = order_service(shop, "order-service")
    said = "100 of 100 orders charged over both transports\n"
    assert (0, said) == (done.code, done.out)


@pytest.fixture
def client(shop):
    """Give a function that makes a token source of one of the clients."""
    with ExitStack() as managers:

        def source_of(client_id):
            environ = {
                **shop.environ,
                "S2SAUTH_CLIENT_ID": client_id,
                "S2SAUTH_CLIENT_SECRET": SECRETS[client_id],
            }
            manager = managers.enter_context(TokenManager.from_env(environ))
            return manager.source()  # all that it was granted

        yield source_of


def call_http(shop, source, path):
    """Return the status that a route answers."""
    with ServiceSession(shop.environ["PAYMENT_URL"], source) as session:
        return session.post(path, json={"order_id": "1"}).status_code


def unary(channel, method):
    """Return a method that takes and gives bytes."""
    return channel.unary_unary(f"/payments.v1.Payments/{method}", None, None)


def call_grpc(shop, source, method):
    """Return the status that a method answers."""
    ca = Path(shop.environ["PAYMENT_CA"]).read_bytes()
    target = shop.environ["PAYMENT_TARGET"]
    credentials = grpc.ssl_channel_credentials(ca)
    with secure_channel(target, source, credentials=credentials) as channel:
        try:
            unary(channel, method)(b"", timeout=10)
        except grpc.RpcError as error:
            return error.code().name
    return "OK"


def test_who_wasnt_granted_a_refund_gets_none(shop, client):
    """The order service may not refund, over neither transport."""
    source = client("order-service")
    assert 403 == call_http(shop, source, "/api/payments/refund")
    assert "PERMISSION_DENIED" == call_grpc(shop, source, "Refund")


def test_who_was_granted_a_refund_gets_it(shop, client):
    """The back office may refund, over both transports."""
    source = client("back-office")
    assert 200 == call_http(shop, source, "/api/payments/refund")
    assert "OK" == call_grpc(shop, source, "Refund")


def test_public_parts_need_no_token(shop):
    """Health and rates are for everyone; the rest wants a token."""
    url = shop.environ["PAYMENT_URL"]
    assert "ok" == requests.get(f"{url}/healthz", timeout=10).text
    assert 401 == requests.post(f"{url}/api/payments/charge", timeout=10).status_code
    ca = Path(shop.environ["PAYMENT_CA"]).read_bytes()
    credentials = grpc.ssl_channel_credentials(ca)
    with grpc.secure_channel(shop.environ["PAYMENT_TARGET"], credentials) as channel:
        rates = unary(channel, "Rates")
        assert rates(b"", timeout=10)
        with pytest.raises(grpc.RpcError) as refused:
            unary(channel, "Charge")(b"", timeout=10)
    assert grpc.StatusCode.UNAUTHENTICATED is refused.value.code()


def test_a_wrong_secret_is_said_and_not_shown(shop):
    """Without a token every order fails, with the reason, and without the secret."""
    done = order_service(shop, "order-service", "another secret")
    assert 1 == done.code
    assert "0 of 100 orders" in done.out
    assert "another secret" not in done.out + done.err


def test_no_output_holds_a_token_or_a_secret(shop):
    """What the services logged is free of tokens and secrets."""
    order_service(shop, "order-service")
    logged = shop.idp.output + shop.http.output + shop.rpc.output
    assert "POST /api/payments/charge" in logged
    assert not [one for one in ("eyJ", *SECRETS.values()) if one in logged]
