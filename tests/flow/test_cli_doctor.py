"""`s2sauth doctor`: each step fails where it alone is broken, and says what helps."""

import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from s2sauth.cli.cures import cure_for
from s2sauth.cli.judge import judge_scopes
from s2sauth.cli.steps import NotChecked
from s2sauth.cli.words import in_words
from s2sauth.errors import Reason
from s2sauth.testing import AuthorizationServer
from support.command_line import AUDIENCE, SECRET, client_of, invoke
from support.key_material import private_key
from support.raw_server import raw_server, read_request, simple_answer
from support.tls import make_ca

pytestmark = pytest.mark.cli

STEPS = [
    "configuration",
    "secret",
    "DNS",
    "TCP",
    "TLS",
    "HTTP",
    "clock",
    "discovery",
    "token",
    "claims",
    "key set",
    "signature",
    "audience",
    "scopes",
]
WISH = ("--scope", "payments:write", "--audience", AUDIENCE)


def add_order_service(server, **changes):
    facts = {"scopes": ["payments:write"], "audiences": [AUDIENCE], **changes}
    server.add_client("order-service", SECRET, **facts)
    return server


@pytest.fixture
def server() -> Iterator[AuthorizationServer]:
    """Run a server that knows the order service."""
    with AuthorizationServer() as running:
        yield add_order_service(running)


def doctor(env, *arguments):
    """Run it; no token may show, wherever it stops."""
    ended = invoke("doctor", *arguments, env=env)
    assert "eyJ" not in ended.out + ended.err
    return ended


def assert_stops_at(ended, step, *words):
    """Judge that a step failed, that all before it went well, and what was said."""
    steps = list(ended.steps)
    assert ([step], 1) == (ended.failed, ended.code), ended.out
    assert STEPS[: STEPS.index(step) + 1] == steps
    assert "how to fix it" in ended.out
    for word in words:
        assert word in ended.words


@contextmanager
def saying(server, *headers):
    """Give the variables of a client at a server that answers all with headers."""

    def answer(_server: object, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(simple_answer(b"{}", *headers))

    with raw_server(answer) as raw:
        url = f"http://127.0.0.1:{raw.port}"
        yield client_of(server, S2SAUTH_PROVIDER_URL=url)


def date_in(**span):
    """Return the Date of a server whose clock is that far ahead of ours."""
    moment = datetime.now(UTC) + timedelta(**span)
    return f"Date: {format_datetime(moment, usegmt=True)}"


def hands_out(server, token, **more):
    """Have the server's token endpoint answer with this token."""
    body = {"access_token": token, "token_type": "Bearer", "expires_in": 300, **more}
    server.fail(200, endpoint="token", body=body, times=None)


def test_all_is_well(server):
    """Where nothing is broken every step says what it found, and the code is 0."""
    ended = doctor(client_of(server), *WISH)
    marks = {name: "-" if name == "TLS" else "✓" for name in STEPS}
    assert (marks, 0) == (ended.steps, ended.code), ended.out
    assert list(marks) == list(ended.steps)
    assert "all is well" in ended.out


def test_all_is_well_over_tls_and_discovery(tmp_path):
    """An issuer is looked up, over TLS that a CA of one's own vouches for."""
    ca = make_ca()
    tls = ca.issue("localhost").server_context(tmp_path)
    with AuthorizationServer(tls=tls) as server:
        add_order_service(server)
        env = client_of(server, S2SAUTH_ISSUER=server.issuer)
        for name in ("", "_URL", "_REALM"):
            del env[f"S2SAUTH_PROVIDER{name}"]
        path = tmp_path / "authority.pem"
        path.write_bytes(ca.cert_pem)
        ended = doctor(env, *WISH, "--ca", str(path))
    assert (dict.fromkeys(STEPS, "✓"), 0) == (ended.steps, ended.code), ended.out
    assert "2099" in ended.out  # the end of the certificate
    assert f"token endpoint {server.url('token')}" in ended.words


def test_what_is_not_asked_for_is_not_judged(server):
    """Without a scope or an audience it shows those of the token, and says so."""
    ended = doctor(client_of(server))
    assert ("-", "-", 0) == (
        ended.steps["audience"],
        ended.steps["scopes"],
        ended.code,
    )
    assert f"{AUDIENCE}; --audience says" in ended.words
    assert "payments:write; --scope says" in ended.words


def test_an_opaque_token_is_not_read():
    """What only the server can read isn't judged, but its scopes as granted are."""
    with AuthorizationServer("generic") as server:
        add_order_service(server)
        env = client_of(
            server,
            S2SAUTH_PROVIDER="Provider",
            S2SAUTH_PROVIDER_ISSUER=server.issuer,
            S2SAUTH_PROVIDER_TOKEN_URL=server.url("token"),
        )
        for name in ("URL", "REALM"):
            del env[f"S2SAUTH_PROVIDER_{name}"]
        ended = doctor(env, "--scope", "payments:write")
    unread = ["claims", "key set", "signature", "audience"]
    assert ["TLS", *unread] == [n for n, mark in ended.steps.items() if mark == "-"]
    assert 0 == ended.code
    assert "introspection" in ended.out


def test_a_file_says_the_same_as_variables(server, tmp_path):
    """--config names a client's file."""
    path = tmp_path / "client.toml"
    env = client_of(server)
    path.write_text(
        'client_id = "order-service"\n[provider]\nkind = "keycloak"\n'
        f'url = "{env["S2SAUTH_PROVIDER_URL"]}"\nrealm = "test"\n'
        f'[credential]\nsecret = "{SECRET}"\n'
    )
    assert 0 == doctor({}, "--config", str(path), *WISH).code


@pytest.mark.parametrize("newest", ["TLSv1_2", "TLSv1_3"])
def test_a_certificate_of_ours_is_shown(tmp_path, newest):
    """Where a certificate proves who we are, the doctor shows it from the start."""
    ca = make_ca()
    tls = ca.issue("localhost").server_context(tmp_path)
    tls.verify_mode = ssl.CERT_REQUIRED
    # 1.2 refuses within the handshake, 1.3 only after it.
    tls.maximum_version = ssl.TLSVersion[newest]
    path = ca.write(tmp_path)
    tls.load_verify_locations(path)
    certificate, key = ca.issue("order-service").write(tmp_path, "client")
    with AuthorizationServer(tls=tls) as server:
        server.add_client("order-service", subject_dn="CN=order-service")
        env = client_of(
            server,
            S2SAUTH_CREDENTIAL="ClientCertificate",
            S2SAUTH_CREDENTIAL_CERT=str(certificate),
            S2SAUTH_CREDENTIAL_KEY=str(key),
        )
        del env["S2SAUTH_CLIENT_SECRET"]
        own_ca = ("--ca", str(path))
        # What verifies has no certificate here: it gets no keys from this server.
        ended = doctor(env, *own_ca)
    assert_stops_at(ended, "key set")


def test_a_provider_that_takes_no_audience():
    """What the provider says of --audience is said before anything is sent."""
    env = {
        "S2SAUTH_PROVIDER": "cognito",
        "S2SAUTH_PROVIDER_REGION": "eu-west-1",
        "S2SAUTH_PROVIDER_USER_POOL_ID": "eu-west-1_x",
        "S2SAUTH_PROVIDER_DOMAIN": "https://shop.auth.eu-west-1.amazoncognito.com",
        "S2SAUTH_CLIENT_ID": "order-service",
        "S2SAUTH_CLIENT_SECRET": SECRET,
    }
    ended = doctor(env, "--audience", AUDIENCE)
    assert (2, "") == (ended.code, ended.out)
    assert "audience" in ended.err


@pytest.mark.parametrize(
    ("changes", "arguments", "named"),
    [
        ({"S2SAUTH_CLIENT_ID": ""}, [], "S2SAUTH_CLIENT_ID is not set"),
        ({"S2SAUTH_PROVIDER": "keyclock"}, [], "S2SAUTH_PROVIDER"),
        ({"S2SAUTH_PROVIDER_URL": "http://sso.example.com"}, [], "plain http"),
        ({}, ["--algorithm", "HS256"], "algorithms: 'HS256' can't be allowed"),
        ({}, ["--scope", "a b"], "scope: 'a b' is not one scope"),
        ({}, ["--ca", __file__], "ca: "),
        ({}, ["--fly"], "--fly"),
    ],
)
def test_what_makes_no_sense_ends_with_2(server, changes, arguments, named):
    """A wrong configuration or command line is named, and nothing is sent."""
    ended = doctor(client_of(server, **changes), *arguments)
    assert (2, "") == (ended.code, ended.out)
    assert named in ended.err
    assert 0 == server.token_requests


def test_a_secret_that_cannot_be_read(server, tmp_path):
    """The step `secret` names the file."""
    path = str(tmp_path / "secret")
    env = client_of(server, S2SAUTH_CLIENT_SECRET="", S2SAUTH_CLIENT_SECRET_FILE=path)
    assert_stops_at(doctor(env), "secret", "No such file", "Nothing was sent")


def test_a_name_that_nobody_knows(server):
    """The step `DNS` names the host, and where names are looked up."""
    env = client_of(server, S2SAUTH_PROVIDER_URL="https://sso.invalid")
    assert_stops_at(doctor(env), "DNS", "sso.invalid", "/etc/resolv.conf")


def test_a_server_that_is_down(server):
    """The step `TCP` names host and port."""
    env = client_of(server)
    server.stop()
    where = f"127.0.0.1:{server.port}"
    assert_stops_at(doctor(env), "TCP", where, "refused", "firewall")


def test_a_proxy_that_is_down(server):
    """Behind a proxy it's the proxy whose name and port count."""
    proxy = f"127.0.0.1:{server.port}"
    server.stop()
    ended = doctor({**client_of(server), **behind(proxy)})
    assert_stops_at(ended, "TCP", proxy, "refused")


def test_a_proxy_that_refuses(server):
    """What's behind a proxy is first seen by the step `HTTP`."""

    def refuse(_server: object, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(simple_answer(b"", status="502 Bad Gateway"))

    with raw_server(refuse) as raw:
        ended = doctor({**client_of(server), **behind(f"127.0.0.1:{raw.port}")})
    assert "-" == ended.steps["TLS"]
    assert_stops_at(ended, "HTTP", "no answer from sso.invalid")


def behind(proxy):
    """Return variables of a server that only a proxy can reach."""
    return {
        "S2SAUTH_PROVIDER_URL": "https://sso.invalid",
        "HTTPS_PROXY": f"http://{proxy}",
        "https_proxy": f"http://{proxy}",
        "NO_PROXY": "",
        "no_proxy": "",
    }


def test_an_authority_that_is_not_trusted(tmp_path):
    """The step `TLS` says how to pass the authority."""
    tls = make_ca().issue("localhost").server_context(tmp_path)
    other = str(make_ca("others").write(tmp_path))
    with AuthorizationServer(tls=tls) as server:
        ended = doctor(client_of(server), "--ca", other)
    assert_stops_at(ended, "TLS", "certificate isn't accepted", "--ca", "ca=")


@pytest.mark.parametrize(
    ("names", "ended_on", "words"),
    [
        (["sso.example.com"], None, "by a name that its certificate bears"),
        (["127.0.0.1"], datetime(2020, 1, 2, tzinfo=UTC), "certificate renewed"),
    ],
)
def test_a_certificate_that_is_wrong(tmp_path, names, ended_on, words):
    """The step `TLS` tells an old certificate from one of another name."""
    ca = trustme.CA()
    began = datetime(2020, 1, 1, tzinfo=UTC) if ended_on else None
    issued = ca.issue_cert(*names, not_before=began, not_after=ended_on)
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(tls)
    with AuthorizationServer(tls=tls) as server:
        ended = doctor(client_of(server), "--ca", str(path))
    assert_stops_at(ended, "TLS", words)


def test_a_port_that_speaks_no_tls(server):
    """The step `TLS` says that something else answers there."""
    url = f"https://127.0.0.1:{server.port}"
    ended = doctor(client_of(server, S2SAUTH_PROVIDER_URL=url))
    assert_stops_at(ended, "TLS", "the handshake failed", "check the port")


def test_a_server_that_says_nothing(server):
    """The step `HTTP` says that the connection ended without an answer."""

    def hang_up(_server: object, connection: socket.socket) -> None:
        read_request(connection)

    with raw_server(hang_up) as raw:
        url = f"http://127.0.0.1:{raw.port}"
        ended = doctor(client_of(server, S2SAUTH_PROVIDER_URL=url))
    assert_stops_at(ended, "HTTP", "the connection broke", "its log")


@pytest.mark.parametrize(
    ("minutes", "direction"), [(-60, "ahead of"), (60, "behind"), (1, "behind")]
)
def test_a_clock_that_is_wrong(server, minutes, direction):
    """The step `clock` says by how much this machine's differs from the server's."""
    with saying(server, date_in(minutes=minutes)) as env:
        ended = doctor(env)
    assert_stops_at(ended, "clock", f" {direction} the server's", "timedatectl")


@pytest.mark.parametrize("header", ["X-Nothing: 1", "Date: yesterday"])
def test_a_server_without_a_date(server, header):
    """Where no clock shows, none is judged."""
    with saying(server, header) as env:
        ended = doctor(env)
    assert "-" == ended.steps["clock"]


@pytest.mark.parametrize("seconds", [-20, 20])
def test_clocks_may_differ_by_a_verifiers_leeway(server, seconds):
    """What harms no token is no failure."""
    with saying(server, date_in(seconds=seconds)) as env:
        ended = doctor(env)
    assert "✓" == ended.steps["clock"]


def test_a_cache_does_not_look_like_a_wrong_clock(server):
    """What a cache kept for an hour (Age) was written an hour ago."""
    with saying(server, date_in(hours=-1), "Age: 3600") as env:
        ended = doctor(env)
    assert "✓" == ended.steps["clock"]


def test_an_issuer_that_is_written_otherwise(server):
    """The step `discovery` says to write the issuer as the server does."""
    env = client_of(server, S2SAUTH_ISSUER=f"{server.issuer}/")
    for name in ("", "_URL", "_REALM"):
        del env[f"S2SAUTH_PROVIDER{name}"]
    assert_stops_at(doctor(env), "discovery", "trailing slash")


def test_a_wrong_secret(server):
    """The step `token` says to look at client id and secret."""
    ended = doctor(client_of(server, S2SAUTH_CLIENT_SECRET="canary-2"))
    assert_stops_at(ended, "token", "401", "client id and secret belong together")
    assert "canary-2" not in ended.out


def test_a_scope_that_is_not_granted(server):
    """The step `token` says to have the scope granted."""
    ended = doctor(client_of(server), "--scope", "payments:refund")
    assert_stops_at(ended, "token", "invalid_scope", "Have the scope granted")


def test_a_token_endpoint_that_fails(server):
    """The step `token` says that it's the server's, not ours."""
    server.fail(503, times=None)
    assert_stops_at(doctor(client_of(server)), "token", "503", "load balancer")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iss": "https://sso.other.example"}, "'https://sso.other.example', but"),
        ({"expires_in": -600}, "has expired"),
        ({"nbf": 32503680000}, "lies in the future"),
        ({"sid": "a-session"}, "is a user's"),
        ({"typ": "ID"}, "no access token"),
        ({"cnf": {"x5t#S256": "x"}}, "bound to a key"),
        ({"scope": 5}, "the claim scope"),
    ],
)
def test_claims_that_no_verifier_takes(server, claims, words):
    """The step `claims` names the claim, before any key is looked for."""
    hands_out(server, server.mint("order-service", **claims))
    assert_stops_at(doctor(client_of(server)), "claims", words)
    assert 1 == server.jwks_requests  # the step HTTP


def test_an_algorithm_that_is_not_allowed(server):
    """The step `claims` covers the header too."""
    ended = doctor(client_of(server), "--algorithm", "ES256")
    assert_stops_at(ended, "claims", "alg isn't among", "--algorithm")


def test_a_key_set_that_cannot_be_had(server):
    """The step `key set` says that called services can't have it either."""
    server.fail(404, endpoint="jwks", times=None)
    ended = doctor(client_of(server))
    assert_stops_at(ended, "key set", "HTTP 404", "called services")


def test_a_key_that_is_not_published(server):
    """The step `signature` says that the key set lacks the key: a node behind."""
    with AuthorizationServer() as other:
        with urllib.request.urlopen(other.url("jwks")) as answer:
            keys = json.load(answer)
    server.fail(200, endpoint="jwks", body=keys, times=None)
    ended = doctor(client_of(server))
    assert_stops_at(ended, "signature", "isn't among those", "doesn't publish")


def test_a_signature_that_does_not_hold(server):
    """The step `signature` tells a forged token from an unknown key."""
    forged = server.mint("order-service", key=private_key("rsa"))
    hands_out(server, forged)
    ended = doctor(client_of(server))
    assert_stops_at(ended, "signature", "signature doesn't hold", "was changed")


def test_another_audience(server):
    """The step `audience` names both; --expect-audience is whom the token is for."""
    expected = ("--expect-audience", "https://shop.internal")
    ended = doctor(client_of(server), *WISH, *expected)
    assert_stops_at(ended, "audience", AUDIENCE, "https://shop.internal", "mapper")


def test_scopes_granted_in_silence(server):
    """The step `scopes` names what the server left out without a word."""
    hands_out(server, server.mint("order-service", scope="payments:read"))
    ended = doctor(client_of(server), *WISH)
    assert_stops_at(ended, "scopes", "lacks payments:write; granted: payments:read")


def test_entras_default_is_no_scope_of_a_token():
    """What asks for all that's granted isn't looked for in the token."""
    with pytest.raises(NotChecked):
        judge_scopes(frozenset({"Payments.Write"}), ["api://payments/.default"])
    granted = judge_scopes(frozenset({"b", "a"}), ["api://payments/.default", "a"])
    assert "a b" == granted


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (-59, "59 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (172_800, "2 d"),
        (86_401, "1 d 1 s"),
    ],
)
def test_spans_of_time_in_words(seconds, words):
    """Its two largest units are enough, at night."""
    assert words == in_words(seconds)


def test_every_failure_has_a_cure():
    """Each reason that a step can give says how to mend it; the list is closed."""
    assert {
        "CONFIGURATION",  # its messages say what to do
        "METHOD_NOT_DECLARED",
        "CLOSED",
        "TOKEN_MISSING",
        "REQUEST_MALFORMED",
        "TOKEN_TOO_OLD",
        "TOKEN_INACTIVE",
        "TOKEN_DENIED",
        "CLIENT_NOT_ALLOWED",
        "NO_RULE",
        "DENIED",
        "INTROSPECTION_UNAVAILABLE",
    } == {reason.value for reason in Reason if not cure_for(reason)}


def test_help_shows_how_to_call_it():
    """`--help` has a whole command line, and what the codes mean."""
    shown = invoke("doctor", "--help").out
    assert "s2sauth doctor --config client.toml" in shown
    assert "Ends with 0 if all is well" in shown
