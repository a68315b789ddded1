"""The embedded authorization server's life: counts, faults, threads, TLS, pytest."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from s2sauth.errors import ConfigurationError
from s2sauth.testing import AuthorizationServer
from s2sauth.testing.listener import Listener
from support.tls import make_ca
from support.token_requests import (
    ENCODED,
    SPOILT,
    Ask,
    get_token,
    introspect,
    published_keys,
    register,
)


@pytest.fixture
def idp():
    with register(AuthorizationServer()) as server:
        yield server


def test_every_request_is_counted(idp):
    """Counts hold accepted, refused and faulty requests, each at its endpoint."""
    get_token(idp)
    SPOILT["wrong secret in basic"][0].send(idp.url("token"))
    requests.get(idp.url("token"), timeout=10)
    idp.fail()
    Ask().send(idp.url("token"))
    published_keys(idp)
    introspect(idp, "x")

    assert (4, 1, 1, 0) == (
        idp.token_requests,
        idp.jwks_requests,
        idp.introspection_requests,
        idp.requests_to("revocation"),
    )


def test_faults_come_as_often_as_asked(idp):
    """Three times 503 with Retry-After, then it works again; others always did."""
    idp.fail(status=503, times=3, endpoint="token", headers={"Retry-After": "7"})
    answers = [Ask().send(idp.url("token")) for _ in range(4)]

    assert [503, 503, 503, 200] == [status for status, _, _ in answers]
    assert ["7", "7", "7", None] == [head.get("retry-after") for _, head, _ in answers]


def test_faults_say_what_they_are_told(idp):
    """An OAuth error or any body can be answered, until the faults are cleared."""
    idp.fail(400, error="invalid_grant", times=None, endpoint="introspection")
    idp.fail(200, body={"keys": []}, times=None, endpoint="jwks")

    assert {"error": "invalid_grant"} == introspect(idp, "x")
    assert {} == published_keys(idp)
    idp.clear_faults()
    assert {"active": False} == introspect(idp, "x")
    assert idp.signing_kid in published_keys(idp)


def test_an_answer_can_break_off(idp):
    """`close=True` ends the connection in the middle of the body."""
    idp.fail(200, close=True, body="x" * 100)
    status, headers, body = Ask().send(idp.url("token"))

    assert (200, "100", 50) == (status, headers["content-length"], len(body))
    assert 200 == Ask().send(idp.url("token"))[0]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"times": 0}, "times"),
        ({"endpoint": "tokens"}, "endpoint"),
        ({"status": 99}, "status"),
    ],
)
def test_faults_are_checked(idp, arguments, named):
    """A fault that can't be is told at once, and plans nothing."""
    with pytest.raises(ConfigurationError, match=named):
        idp.fail(**arguments)
    assert 200 == Ask().send(idp.url("token"))[0]


def test_answers_can_be_delayed(idp):
    """A delayed endpoint answers late; the others don't, nor it when cleared."""
    idp.delay(0.2, endpoint="token")
    started = time.monotonic()
    published_keys(idp)
    early = time.monotonic() - started
    assert 200 == Ask().send(idp.url("token"))[0]
    late = time.monotonic() - started

    assert early < 0.2 <= late
    idp.delay(3600)
    threading.Timer(0.1, idp.clear_faults).start()
    assert 200 == Ask().send(idp.url("token"))[0]


def test_a_stopped_server_refuses_connections(idp):
    """`stop` breaks kept-alive connections too; `start` is back at the same address."""
    issuer, url = idp.issuer, idp.url("jwks")
    with requests.Session() as session:
        assert 200 == session.get(url, timeout=10).status_code
        idp.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=10)
        idp.stop()  # is stopped already
        kid = idp.signing_kid
        assert idp is idp.start().start()
        keys = session.get(url, timeout=10).json()["keys"]

    assert (issuer, True) == (idp.issuer, kid in [key["kid"] for key in keys])


def test_stopping_waits_for_no_delay(idp):
    """A request that hangs breaks off when the server stops."""
    before = set(threading.enumerate())
    idp.delay(3600, endpoint="jwks")
    failures = []

    def ask():
        try:
            requests.get(idp.url("jwks"), timeout=30)
        except requests.ConnectionError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not idp.jwks_requests:
        time.sleep(0.005)
    idp.stop()
    asking.join(10)

    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(10)

    assert (1, []) == (len(failures), [one for one in left if one.is_alive()])


def test_a_port_in_use_is_told(idp):
    """Two servers can't have one port; the message names the argument."""
    with pytest.raises(ConfigurationError, match="port") as caught:
        AuthorizationServer(port=idp.port).start()
    assert str(idp.port) in str(caught.value)
    with pytest.raises(ConfigurationError, match="port"):
        AuthorizationServer(port=70000).start()


def test_an_address_needs_a_start():
    """Before it starts, a server on any port has no issuer; clients can be added."""
    server = register(AuthorizationServer())
    with pytest.raises(RuntimeError, match="start"):
        _ = server.issuer
    with server as idp:
        assert str(idp.port) in idp.issuer
    assert str(server.port) in repr(server)


def test_a_crowd_is_served(idp):
    """64 clients at once all get a token, over connections that stay open."""
    together, statuses = threading.Barrier(64), []

    def ask():
        with requests.Session() as session:
            together.wait()
            for _ in range(2):
                answer = session.post(
                    idp.url("token"),
                    data={"grant_type": "client_credentials"},
                    headers={"Authorization": ENCODED},
                    timeout=30,
                )
                statuses.append((answer.status_code, answer.headers.get("Connection")))

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(200, None)] * 128 == statuses
    assert 128 == idp.token_requests


def test_tls(tmp_path):
    """With a TLS context it speaks https, and one silent client keeps no one waiting."""
    ca = make_ca()
    context = ca.issue("localhost").server_context(tmp_path)
    trusted = str(ca.write(tmp_path))
    with register(AuthorizationServer(tls=context)) as idp:
        with socket.create_connection(("127.0.0.1", idp.port), 10):
            answer = requests.get(idp.url("jwks"), verify=trusted, timeout=10)
        assert ("https", 200) == (urlsplit(idp.issuer).scheme, answer.status_code)
        assert idp.issuer == idp.provider.issuer
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(idp.url("jwks"), verify=True, timeout=10)


def _until_alone(before):
    """Wait until the threads of all connections have ended: they may still print."""
    for thread in {*threading.enumerate()} - before:
        if thread.name != "s2sauth-testing":  # that's the listener's
            thread.join(10)


def test_it_is_quiet_and_quick(capfd):
    """It starts in well under a second, and prints nothing, whatever clients do."""
    before = {*threading.enumerate()}
    started = time.monotonic()
    with register(AuthorizationServer()) as idp:
        assert 200 == requests.get(idp.url("jwks"), timeout=10).status_code
        assert time.monotonic() - started < 1.0
        get_token(idp)
        for broken in (
            b"",
            b"nonsense\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 9",
        ):
            with socket.create_connection(("127.0.0.1", idp.port), 10) as connection:
                connection.sendall(broken)
        idp.delay(0.05, endpoint="jwks")
        with socket.create_connection(("127.0.0.1", idp.port), 10) as gone:
            abruptly = struct.pack("ii", 1, 0)  # closing resets the connection
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abruptly)
            path = urlsplit(idp.url("jwks")).path
            gone.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            while idp.jwks_requests < 2:
                time.sleep(0.005)
        _until_alone(before)

    assert ("", "") == tuple(capfd.readouterr())


PLUGIN_TEST = """
import pytest, requests

def test_default(authorization_server):
    assert "/realms/" in authorization_server.issuer
    assert requests.get(authorization_server.provider.jwks_url).status_code == 200

@pytest.mark.parametrize("authorization_server_dialect", ["generic"])
def test_other(authorization_server):
    assert "/realms/" not in authorization_server.issuer
"""


def test_the_plugin_gives_a_started_server(tmp_path):
    """pytest's users ask for `authorization_server`, and choose its dialect."""
    (tmp_path / "test_users.py").write_text(PLUGIN_TEST)
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    plugin = ["-p", "s2sauth.testing.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, str(tmp_path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, True) == (done.returncode, "2 passed" in done.stdout), done.stdout


def test_a_fault_of_its_own_is_reported(capfd):
    """A mistake in the server itself is no silence: it's printed, and ends the call."""

    def boom(_request):
        message = "a mistake"
        raise LookupError(message)

    listener = Listener(boom, port=0, tls=None)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{listener.port}/", timeout=10)
    listener.stop()

    assert "LookupError: a mistake" in capfd.readouterr().err
