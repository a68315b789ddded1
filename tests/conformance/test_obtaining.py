"""Tokens from a real Keycloak: every way to ask, and how seldom we do."""

import http.server
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from conformance.callers import AUDIENCE, WORKERS
from s2sauth import (
    ClientSecret,
    InvalidClient,
    TokenManager,
    TokenRequestRefused,
    discover,
)
from s2sauth.errors import Reason
from s2sauth.providers.provider import ENDPOINTS
from s2sauth.server import JwtVerifier

AWKWARD = "s3cr3t+/%&=é:\"'<>?# ñ\\"


def _get(client, scope="payments:write"):
    return client.manager.source(scope=scope, audience=AUDIENCE).get(timeout=20.0)


@pytest.mark.parametrize("method", ["basic", "post"])
@pytest.mark.parametrize("secret", ["s3cr3t", AWKWARD], ids=["plain", "awkward"])
def test_gets_a_token(make_client, provider, method, secret):
    """Basic and post, with any characters in the secret: a token that verifies."""
    client = make_client(secret=secret, method=method)

    before = time.time()
    token = _get(client)

    identity = JwtVerifier(provider, audience=AUDIENCE).verify(token.value)
    assert client.client_id == identity.client_id
    assert {"payments:write"} == identity.scopes == token.scopes
    assert (AUDIENCE,) == identity.audience
    assert identity.is_service
    assert before + 290 < token.expires_at < time.time() + 301


def test_an_unencoded_secret_is_refused(make_client, provider):
    """Keycloak decodes Basic credentials: without form encoding it refuses them."""
    secret = "a+b%41c"
    client = make_client(secret=secret)
    credential = ClientSecret(secret, form_encode=False)
    with TokenManager(
        provider, client_id=client.client_id, credential=credential
    ) as manager:
        with pytest.raises(InvalidClient) as caught:
            manager.source().get(timeout=20.0)

    assert secret not in str(caught.value)


def test_a_wrong_secret_is_refused_once(make_client, provider):
    """Keycloak says unauthorized_client with a 401: to us that's InvalidClient."""
    client = make_client()
    wrong = ClientSecret("wrong")
    with TokenManager(
        provider, client_id=client.client_id, credential=wrong
    ) as manager:
        for _ in range(3):
            with pytest.raises(InvalidClient) as caught:
                manager.source().get(timeout=20.0)

    assert "unauthorized_client" == caught.value.error


def test_a_new_secret_is_taken_up(realm, provider):
    """A rotated secret, read again from its source, works without a restart."""
    inner_id = realm.add_client("rotating", "first", "payments:write")
    secrets = ["first"]
    credential = ClientSecret(lambda: secrets[0])
    with TokenManager(provider, client_id="rotating", credential=credential) as manager:
        source = manager.source(scope="payments:write")
        first = source.get(timeout=20.0)
        secrets[0] = realm.rotate_secret(inner_id)
        source.invalidate(first)

        assert first.value != source.get(timeout=20.0).value


def test_an_unknown_scope_is_refused(make_client):
    """A scope that the client may not ask for is an error that says so."""
    client = make_client(scopes=("orders:read",))

    with pytest.raises(TokenRequestRefused) as caught:
        _get(client, scope="payments:write")

    assert Reason.INVALID_SCOPE == caught.value.reason
    assert "invalid_scope" == caught.value.error


def test_discovery_finds_the_same_endpoints(realm, provider):
    """What's looked up is what `keycloak()` knows by heart."""
    found = discover(realm.issuer)

    assert [provider.endpoint(name) for name in ENDPOINTS] == [
        found.endpoint(name) for name in ENDPOINTS
    ]


class _Front(http.server.ThreadingHTTPServer):
    """Passes everything on to Keycloak, except for one kind of metadata."""

    daemon_threads = True

    def __init__(self, behind, hidden):
        front = self
        self.asked = []

        class Pass(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                front.asked.append(self.path)
                if hidden in self.path:
                    self.send_error(404)
                    return
                # Keycloak names its issuer by the address that it was asked at.
                host = {"Host": self.headers["Host"]}
                answer = requests.get(behind + self.path, headers=host, timeout=20)
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Pass)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *what):
        self.shutdown()
        super().__exit__(*what)


@pytest.mark.parametrize(
    "hidden", ["oauth-authorization-server", "openid-configuration"]
)
def test_either_document_is_enough(realm, hidden):
    """RFC 8414 metadata or the OpenID document: each has all that's needed."""
    with _Front(realm.url, hidden) as front:
        issuer = f"http://127.0.0.1:{front.server_port}/realms/{realm.name}"
        found = discover(issuer)

        assert f"{issuer}/protocol/openid-connect/token" == found.endpoint("token_url")
        assert f"{issuer}/protocol/openid-connect/certs" == found.endpoint("jwks_url")

    assert any(hidden in path for path in front.asked) or "openid" in hidden


def test_gets_a_token_by_discovery(make_client, realm, provider):
    """Discovered endpoints serve for tokens and keys alike."""
    client = make_client()
    found = discover(realm.issuer)
    with TokenManager(
        found,
        client_id=client.client_id,
        credential=ClientSecret(client.secret),
    ) as manager:
        token = manager.source(scope="payments:write").get(timeout=20.0)

    identity = JwtVerifier(found, audience=AUDIENCE).verify(token.value)
    assert client.client_id == identity.client_id


def test_one_request_for_many_calls(make_client, realm):
    """However many threads ask, and however often: Keycloak is asked once."""
    client = make_client()
    source = client.manager.source(scope="payments:write", audience=AUDIENCE)
    together = threading.Barrier(WORKERS)

    def work(_number):
        together.wait(20.0)
        return {source.get(timeout=20.0) for _ in range(200)}

    with ThreadPoolExecutor(WORKERS) as pool:
        tokens = set().union(*pool.map(work, range(WORKERS)))

    assert 1 == len(tokens)
    assert 1 == realm.token_requests(client.client_id)


def test_each_requirement_has_its_own_token(make_client, realm):
    """Another scope is another token; the same, asked for anew, is the same."""
    client = make_client()

    write, orders = _get(client), _get(client, scope="orders:read")

    assert write is _get(client)
    assert {"payments:write"} == write.scopes
    assert {"orders:read"} == orders.scopes
    assert 2 == realm.token_requests(client.client_id)


def test_a_short_lived_token_is_renewed_in_time(make_client, provider):
    """With tokens that live 4 s, every one handed out in 10 s still holds."""
    client = make_client(lifespan=4)
    verifier = JwtVerifier(provider, audience=AUDIENCE, leeway=0)
    source = client.manager.source(scope="payments:write")
    tokens = set()
    end = time.monotonic() + 10.0
    while time.monotonic() < end:
        token = source.get(timeout=20.0)
        verifier.verify(token.value)
        tokens.add(token.value)
        time.sleep(0.05)

    assert 3 <= len(tokens) <= 7
