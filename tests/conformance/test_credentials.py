"""Every credential at a Keycloak over https: works, wrong, rotated, expired, replayed.

The rows stand in proofs.py; what oidc-provider does in test_oidc_provider.py.
"""

import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from conformance.callers import AUDIENCE
from conformance.proofs import (
    AUTHORITY,
    CASES,
    ISSUED,
    SCOPE,
    SECRETS,
    SUBJECTS,
    Case,
    Stage,
    project,
    show,
)
from conformance.secured import SecuredKeycloak, SecuredRealm
from s2sauth import TokenManager
from s2sauth import keycloak as keycloak_provider
from s2sauth.credentials import (
    Authentication,
    AuthenticationContext,
    ClientSecret,
    Credential,
)
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    CredentialUnavailable,
    InvalidClient,
    Reason,
    TokenRequestRefused,
)
from s2sauth.testing import FakeClock
from s2sauth.values import TokenSource
from support.key_material import thumbprint
from support.tls import make_ca

STRANGERS = make_ca("strangers")
DATED = trustme.CA()  # issues certificates that have ended
HOUR = 3600.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def keycloak() -> Iterator[SecuredKeycloak]:
    """A Keycloak of this module's own: the one that others share speaks http."""
    with TemporaryDirectory(prefix="keycloak-") as folder:
        server = SecuredKeycloak(Path(folder), AUTHORITY, DATED.cert_pem.bytes())
        server.install()
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def realm(keycloak: SecuredKeycloak) -> SecuredRealm:
    """A realm with one scope."""
    realm = SecuredRealm(keycloak, "secured")
    realm.add_scope(SCOPE, AUDIENCE)
    return realm


@pytest.fixture
def stage(keycloak: SecuredKeycloak, realm: SecuredRealm, tmp_path: Path) -> Stage:
    """A name for a client that nobody has registered yet."""
    provider = keycloak_provider(keycloak.https_url, realm=realm.name)
    name = f"client-{next(_numbers)}"
    return Stage(realm, provider, keycloak.ca, tmp_path, name)


EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
ASSERTING = ["client_secret_jwt", *(name for name in CASES if "private_key" in name)]


def refused(manager: TokenManager) -> TokenRequestRefused:
    with pytest.raises(TokenRequestRefused) as caught:
        manager.source(scope=SCOPE).get(timeout=20.0)
    return caught.value


@EACH
def test_it_works(stage: Stage, case: Case) -> None:
    """It brings a token, and the same object authenticates introspection."""
    stage.register(case.said(0))
    case.deploy(stage, 0)
    credential = case.make(stage)
    with stage.manager(credential) as manager:
        token = manager.source(scope=SCOPE).get(timeout=20.0)
    case.deploy(stage, 0)  # a platform's token serves once

    identity = stage.introspect(credential, token.value)

    assert stage.client_id == identity.client_id
    assert SCOPE in identity.scopes


@EACH
def test_a_wrong_one_is_refused(stage: Stage, case: Case) -> None:
    """Material that the realm doesn't know: an error in its words, and no secret."""
    stage.register(case.said(0))
    case.deploy(stage, 1)

    with stage.manager(case.make(stage)) as manager:
        error = refused(manager)

    assert case.error == error.error
    assert not any(secret in str(error) for secret in SECRETS)


@EACH
def test_a_rotated_one_goes_on_without_a_restart(stage: Stage, case: Case) -> None:
    """The realm changes first: refused with the old; deployed, it works at once."""
    stage.register(case.said(0))
    case.deploy(stage, 0)
    with stage.manager(case.make(stage)) as manager:
        source = manager.source(scope=SCOPE)
        first = source.get(timeout=20.0)
        source.invalidate(first)
        stage.realm.change(stage.inner_id, **case.said(1))
        case.deploy(stage, 0)
        if case.clear:
            assert case.error == refused(manager).error
        case.deploy(stage, 1)

        assert first.value != source.get(timeout=20.0).value


@pytest.mark.parametrize("name", ASSERTING)
def test_an_expired_assertion_is_refused(stage: Stage, name: str) -> None:
    """One that's an hour old, since our clock is slow: Keycloak says why."""
    case = CASES[name]
    stage.register(case.said(0))
    case.deploy(stage, 0)
    slow = FakeClock(wall=time.time() - HOUR)
    with stage.manager(case.make(stage, clock=slow)) as manager:
        assert "Token is not active" in str(refused(manager).error_description)


def test_an_expired_workload_token_is_told(stage: Stage) -> None:
    """Ours names the file and the time; with a slow clock it's Keycloak that refuses."""
    case = CASES["workload"]
    stage.register(case.said(0))
    project(stage, 0, life=-60.0)
    with stage.manager(case.make(stage)) as manager:
        with pytest.raises(CredentialUnavailable, match=r"token' .* ended at 20"):
            manager.source(scope=SCOPE).get(timeout=20.0)
    slow = FakeClock(wall=time.time() - HOUR)
    with stage.manager(case.make(stage, clock=slow)) as manager:
        assert "invalid_client" == refused(manager).error


def test_an_expired_certificate_is_refused(stage: Stage) -> None:
    """Where our clock is slow and shows it all the same, the handshake fails."""
    ended = datetime.now(UTC) - timedelta(days=1)
    issued = DATED.issue_cert("order-service", not_after=ended)
    stage.write("client.pem", issued.cert_chain_pems[0].bytes())
    stage.write("client.key", issued.private_key_pem.bytes())
    stage.register(CASES["tls_client_auth"].said(0))
    slow = FakeClock(wall=(ended - timedelta(days=1)).timestamp())
    with stage.manager(show(stage, clock=slow)) as manager:
        with pytest.raises(AuthorizationServerUnavailable, match="certificate") as it:
            manager.source(scope=SCOPE).get(timeout=20.0)

    assert Reason.TLS_FAILED == it.value.reason


def test_a_certificate_of_a_strange_authority_is_refused(stage: Stage) -> None:
    """The right name, by an authority that Keycloak doesn't know."""
    STRANGERS.issue(SUBJECTS[0]).write(stage.folder, "client")
    stage.register(CASES["tls_client_auth"].said(0))
    with stage.manager(show(stage)) as manager:
        with pytest.raises(AuthorizationServerUnavailable, match="certificate") as it:
            manager.source(scope=SCOPE).get(timeout=20.0)

    assert Reason.TLS_FAILED == it.value.reason


def test_a_wrong_secret_is_an_invalid_client(stage: Stage) -> None:
    """Keycloak calls it unauthorized_client, with 401: to us that's InvalidClient."""
    stage.register(SecuredRealm.shared(SECRETS[0]))
    with stage.manager(ClientSecret("wrong")) as manager:
        error = refused(manager)

    assert isinstance(error, InvalidClient)
    assert "unauthorized_client" == error.error


class Repeating:
    """Proves with the same assertion again, as no credential of ours does."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self._proof: Authentication | None = None

    def version(self) -> str:
        return self._credential.version()

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        self._proof = self._proof or self._credential.authenticate(context)
        return self._proof


@pytest.mark.parametrize("name", ASSERTING)
def test_a_replayed_assertion_is_detected(stage: Stage, name: str) -> None:
    """The same `jti` twice: refused; each try of ours bears one of its own."""
    case = CASES[name]
    stage.register(case.said(0))
    case.deploy(stage, 0)
    with stage.manager(Repeating(case.make(stage))) as manager:
        source = manager.source(scope=SCOPE)
        source.invalidate(source.get(timeout=20.0))

        assert "Token reuse detected" == refused(manager).error_description


def test_a_certificate_is_swapped_on_disk_while_threads_call(stage: Stage) -> None:
    """Key, then certificate, five times over, under 8 threads that get tokens: no error.

    The tokens are bound to the certificate shown: the new one is, each time.
    """
    ISSUED[0].write(stage.folder, "client")
    stage.register(SecuredRealm.showing(f"CN={SUBJECTS[0]}", bound=True))
    with stage.manager(show(stage)) as manager:
        source = manager.source(scope=SCOPE)
        over = threading.Event()

        def call() -> set[str]:
            digests = set()
            while not over.is_set():
                token = source.get(timeout=20.0)
                digests.add(bound_to(token.value))
                source.invalidate(token)
            return digests

        with ThreadPoolExecutor(8) as pool:
            threads = [pool.submit(call) for _ in range(8)]
            try:
                shown = {swap(stage, source) for _ in range(5)}
            finally:
                over.set()

        assert shown <= set().union(*(thread.result() for thread in threads))
    assert 5 == len(shown)


def swap(stage: Stage, source: TokenSource) -> str:
    """Write another pair, wait until it's shown, and return its digest."""
    pair = AUTHORITY.issue(SUBJECTS[0])
    replace(stage, "client.key", pair.key_pem)
    time.sleep(0.2)  # meanwhile the two don't match
    replace(stage, "client.pem", pair.cert_pem)
    digest = encoded(thumbprint(pair.cert_pem))
    deadline = time.monotonic() + 30.0
    while bound_to(source.get(timeout=20.0).value) != digest:
        assert time.monotonic() < deadline, "the new certificate is never shown"
    return digest


def replace(stage: Stage, name: str, content: bytes) -> None:
    """Write a file as whoever renews certificates does: none finds half of it."""
    stage.write("new", content)
    (stage.folder / "new").replace(stage.folder / name)


def bound_to(token: str) -> str:
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    digest: str = claims["cnf"]["x5t#S256"]
    return digest


def encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
