"""Where tokens go on real sockets, and where they don't: redirects, netrc, TLS."""

from contextlib import contextmanager

import pytest
import requests
import urllib3

from s2sauth.client.requests import BearerAuth, ServiceSession, mount
from s2sauth.testing import StaticTokenSource
from support.http_server import Reply, accepting, http_server, scripted
from support.sources import MintingSource
from support.tls import make_ca

BEARER = "Bearer token-1"


def mounted(url):
    return mount(requests.Session(), url, MintingSource()), None


def with_auth(url):
    return requests.Session(), BearerAuth(MintingSource(), origin=url)


WAYS = pytest.mark.parametrize("way", [mounted, with_auth])


def redirect(url, status=302):
    return scripted(Reply(status, {"Location": url}))


@pytest.fixture(scope="module")
def authority():
    return make_ca()


@contextmanager
def tls_server(authority, folder, answer=lambda _seen: Reply()):
    context = authority.issue("localhost").server_context(folder)
    with http_server(answer, context) as server:
        yield server


@WAYS
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_within_the_origin_bears_the_token(way, status):
    """A redirect to the same origin is a call to it like any other."""
    with http_server(redirect("/second", status)) as server:
        session, auth = way(server.url)
        with session:
            answer = session.post(f"{server.url}/a", data=b"x", auth=auth, timeout=5)

    assert (200, [BEARER] * 2) == (answer.status_code, server.authorizations)
    assert [False, False] == [
        "Authorization" in one.request.headers for one in (answer, *answer.history)
    ]


@WAYS
def test_redirect_to_another_port_carries_none(way):
    """Another port is another origin, on the same host too."""
    with http_server() as other, http_server(redirect(other.url)) as server:
        session, auth = way(server.url)
        with session:
            answer = session.get(server.url, auth=auth, timeout=5)

    assert (200, [BEARER], [None]) == (
        answer.status_code,
        server.authorizations,
        other.authorizations,
    )


@WAYS
def test_redirect_to_another_host_carries_none(way):
    """Another name for the same machine is another host."""
    with http_server() as other:
        target = other.url.replace("127.0.0.1", "localhost")
        with http_server(redirect(target)) as server:
            session, auth = way(server.url)
            with session:
                session.get(server.url, auth=auth, timeout=5)

    assert ([BEARER], [None]) == (server.authorizations, other.authorizations)


@WAYS
def test_redirect_back_bears_the_token_again(way):
    """There and back again: only our own origin sees the token."""
    with http_server() as other, http_server(redirect(other.url)) as server:
        other.answer = redirect(f"{server.url}/home")
        session, auth = way(server.url)
        with session:
            answer = session.get(server.url, auth=auth, timeout=5)

    assert 200 == answer.status_code
    assert [None] == other.authorizations
    # requests takes an `auth` off for good at the first foreign host.
    home = BEARER if way is mounted else None
    assert [BEARER, home] == server.authorizations


@WAYS
def test_redirect_from_https_to_http_carries_none(way, authority, tmp_path):
    """A downgrade to plain http carries no token."""
    with (
        http_server() as plain,
        tls_server(authority, tmp_path, redirect(plain.url)) as server,
    ):
        session, auth = way(server.url)
        ca = str(authority.write(tmp_path))
        with session:
            session.get(server.url, auth=auth, timeout=5, verify=ca)

    assert ([BEARER], [None]) == (server.authorizations, plain.authorizations)


@WAYS
def test_tls_bears_the_token(way, authority, tmp_path):
    """Over TLS the token arrives, and a refused one is replaced."""
    with tls_server(authority, tmp_path, accepting("token-2")) as server:
        session, auth = way(server.url)
        ca = str(authority.write(tmp_path))
        with session:
            answer = session.get(server.url, auth=auth, timeout=5, verify=ca)

    assert 200 == answer.status_code
    assert ([BEARER, "Bearer token-2"], 1) == (
        server.authorizations,
        server.connections,
    )


@WAYS
def test_server_that_is_not_trusted_sees_no_token(way, authority, tmp_path):
    """A certificate of an unknown authority ends the call before the token is sent."""
    with tls_server(authority, tmp_path) as server:
        session, auth = way(server.url)
        with session, pytest.raises(requests.exceptions.SSLError) as raised:
            session.get(server.url, auth=auth, timeout=5)

    assert [] == server.seen
    assert raised.value.request is not None
    assert "token-1" not in str(raised.value.request.headers)


def test_plain_http_service_session_on_loopback_needs_no_permission():
    """Loopback is exempt from the https rule."""
    with (
        http_server() as server,
        ServiceSession(server.url, MintingSource()) as session,
    ):
        session.get("/x")

    assert [BEARER] == server.authorizations


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    """A netrc with a password for loopback."""
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login someone password from-netrc\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))


@pytest.mark.usefixtures("netrc")
@WAYS
def test_netrc_does_not_replace_the_token(way):
    """A password for the host in netrc stays at home."""
    with http_server() as server:
        session, auth = way(server.url)
        with session:
            session.get(server.url, auth=auth, timeout=5)
            requests.get(server.url, timeout=5)

    assert BEARER == server.authorizations[0]
    assert "Basic " in str(server.authorizations[1])  # the file does work


@pytest.mark.usefixtures("netrc")
def test_netrc_does_not_replace_the_token_on_redirects():
    """requests asks netrc anew at every redirect; the token goes all the same."""
    with http_server(redirect("/second")) as server:
        session, _ = mounted(server.url)
        with session:
            session.get(server.url, timeout=5)

    assert [BEARER] * 2 == server.authorizations


@pytest.mark.usefixtures("netrc")
def test_auth_mends_what_netrc_did_to_a_redirect():
    """With an `auth`, netrc gets in at a redirect, and the 401 puts it right."""
    after_redirect = accepting("token-1")
    first = iter([Reply(302, {"Location": "/second"})])
    with http_server(lambda seen: next(first, None) or after_redirect(seen)) as server:
        session, auth = with_auth(server.url)
        with session:
            answer = session.get(server.url, auth=auth, timeout=5)

    assert (200, BEARER) == (answer.status_code, server.authorizations[-1])


@WAYS
def test_redirect_that_is_not_followed_shows_no_token(way):
    """With allow_redirects=False neither the answer nor what is next shows a token."""
    with http_server(redirect("/second")) as server:
        session, auth = way(server.url)
        with session:
            answer = session.get(
                server.url, auth=auth, timeout=5, allow_redirects=False
            )
            following = session.send(answer.next, timeout=5)

    shown = (
        f"{answer.request.headers} {answer.next.headers} {following.request.headers}"
    )
    assert (302, 200, [BEARER] * 2) == (
        answer.status_code,
        following.status_code,
        server.authorizations,
    )
    assert "token-1" not in shown


@pytest.mark.parametrize(
    "make_url",
    [
        lambda url: url.replace("127.0.0.1", "127.0.0.1.evil.example"),
        lambda url: url.replace("http://", "http://x@"),
        lambda url: url.replace("127.0.0.1", "localhost"),
    ],
)
def test_lookalikes_see_no_token(make_url):
    """Through one proxy for all, only the origin's own URL bears the token."""
    with http_server() as server:
        session = mount(requests.Session(), server.url, StaticTokenSource("secret"))
        session.proxies = {"http": server.url}
        with session:
            session.trust_env = False
            session.get(make_url(server.url), timeout=5)

    assert "secret" not in str(server.authorizations)


@pytest.mark.parametrize(
    ("kind", "timeout"),
    [
        ("number", 0.3),
        ("pair", (0.3, 9.0)),
        ("urllib3", urllib3.Timeout(connect=0.3, read=9.0)),
    ],
)
def test_slow_token_ends_with_the_connect_timeout(kind, timeout):
    """A source that waits as long as it may holds the call no longer than connecting."""
    waited = []
    source = MintingSource(before_get=waited.append)
    with http_server() as server, ServiceSession(server.url, source) as session:
        session.get("/x", timeout=timeout)

    assert [0.3] == waited
