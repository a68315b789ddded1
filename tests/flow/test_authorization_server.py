"""The embedded authorization server, over real HTTP: what it takes and refuses."""

import json
from dataclasses import replace
from urllib.parse import quote_plus, urlsplit

import pytest
import requests

from s2sauth.testing import AuthorizationServer
from s2sauth.testing.dialects import GENERIC
from support.token_requests import (
    ACCEPTED,
    REFUSED,
    SECRET,
    SPOILT,
    Ask,
    basic,
    exchange,
    published_keys,
    register,
    spoil,
)


@pytest.fixture(scope="module", params=["generic", "keycloak"])
def running(request):
    with register(AuthorizationServer(dialect=request.param)) as idp:
        yield request.param, idp


@pytest.mark.parametrize("name", ACCEPTED)
def test_good_requests_get_a_token(running, name):
    """Everything that the RFCs allow is answered with a token, never to be stored."""
    _, idp = running
    status, headers, body = ACCEPTED[name].send(idp.provider.token_url)
    answer = json.loads(body)

    assert (200, "no-store", "application/json", "Bearer", 300) == (
        status,
        headers["cache-control"],
        headers["content-type"],
        answer["token_type"],
        answer["expires_in"],
    )


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_requests_are_refused(running, name):
    """Each request differs from a good one in one thing, and is refused for it."""
    dialect, idp = running
    ask, expected = SPOILT[name]
    status, headers, body = ask.send(idp.provider.token_url)

    assert (*expected[dialect], "no-store") == (
        status,
        json.loads(body)["error"],
        headers["cache-control"],
    )
    assert SECRET.encode() not in body


def test_only_a_401_of_generic_bears_a_challenge(running):
    """RFC 6749 §5.2 wants WWW-Authenticate; Keycloak sends none."""
    dialect, idp = running
    _, headers, _ = SPOILT["wrong secret in basic"][0].send(idp.provider.token_url)
    _, accepted, _ = Ask().send(idp.provider.token_url)

    assert (dialect == "generic", False) == (
        "www-authenticate" in headers,
        "www-authenticate" in accepted,
    )


def test_a_refusal_says_what_to_do(running):
    """Whoever sends Basic credentials raw reads that they must be form-urlencoded."""
    _, idp = running
    _, _, body = SPOILT["secret raw in basic"][0].send(idp.provider.token_url)

    assert "form-urlencoded" in json.loads(body)["error_description"]


@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_requests_for_something_are_posts(running, endpoint, method):
    """Another method is a 405 that names POST."""
    _, idp = running
    answer = requests.request(method, idp.url(endpoint), timeout=10)

    assert (405, "POST") == (answer.status_code, answer.headers["Allow"])


def test_keys_are_read_not_posted(running):
    """The key set answers GET and HEAD; HEAD without a body."""
    _, idp = running
    url = idp.provider.jwks_url

    assert [405, 200, 200] == [
        ask(url, timeout=10).status_code
        for ask in (requests.post, requests.get, requests.head)
    ]
    head = Ask(method="HEAD", body=b"").send(url)
    assert (200, b"", True) == (head[0], head[2], int(head[1]["content-length"]) > 0)


def test_other_paths_are_not_found(running):
    """What's no endpoint is a 404, and counted nowhere."""
    _, idp = running
    before = idp.token_requests

    assert 404 == requests.get(f"{idp.issuer}/nothing", timeout=10).status_code
    assert before == idp.token_requests


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("Content-Length: many\r\n\r\n", 400),
        ("Content-Length: -5\r\n\r\n", 400),
        ("Content-Length: 70000\r\n\r\n", 413),
        (f"Content-Length: {'9' * 5000}\r\n\r\n", 413),
    ],
)
def test_bodies_that_cannot_be_read_end_the_connection(running, head, status):
    """A body of unknown or absurd length is refused, unread."""
    _, idp = running
    parts = urlsplit(idp.provider.token_url)
    request = f"POST {parts.path} HTTP/1.1\r\nHost: x\r\n{head}"

    assert status == exchange(parts, request.encode())[0]


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_asking_about_tokens_needs_a_client(running, endpoint):
    """Introspection and revocation refuse whom the token endpoint refuses."""
    dialect, idp = running
    url = idp.url(endpoint)
    spoilt = replace(SPOILT["wrong secret in basic"][0], fields=(("token", "unknown"),))
    good = replace(Ask(), fields=(("token", "unknown"),))

    assert 200 == good.send(url)[0]
    assert REFUSED[dialect][0] == spoilt.send(url)[0]
    assert 401 == replace(good, authorization=()).send(url)[0]
    assert 400 == replace(good, fields=()).send(url)[0]


def test_keycloak_publishes_a_key_that_must_not_verify(running):
    """The key set of Keycloak holds one for encryption; the generic one does not."""
    dialect, idp = running
    uses = [(key["use"], key["alg"]) for key in published_keys(idp).values()]
    encryption = [("enc", "RSA-OAEP")] if dialect == "keycloak" else []

    assert [*encryption, ("sig", "RS256")] == uses


def test_a_dialect_of_ones_own():
    """A server that doesn't decode Basic takes raw credentials, and no others."""
    odd = replace(GENERIC, decodes_basic=False)
    with register(AuthorizationServer(odd)) as server:
        server.add_client("plain", secret=SECRET)
        raw = spoil(authorization=(basic("plain", SECRET),))

        assert 200 == raw.send(server.url("token"))[0]
        encoded = spoil(authorization=(basic("plain", quote_plus(SECRET)),))
        assert 401 == encoded.send(server.url("token"))[0]
