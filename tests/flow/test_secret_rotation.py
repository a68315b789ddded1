"""Secrets rotate while threads call: no call fails, whichever side changes first."""

import ssl
import threading
import time
from pathlib import Path

import pytest

from s2sauth import ClientSecret, TokenManager
from s2sauth.credentials import ClientCertificate
from s2sauth.errors import CredentialUnavailable, InvalidClient, TokenError
from s2sauth.secret_sources import CachedSecret, FileSecret, TokenLogin, VaultSecret
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import AuthorizationServer, FakeClock
from support.tls import make_ca
from support.vault import running_vault

CLIENT = "order-service"
THREADS = 16
ROUNDS = 12  # of each thread; the material changes in between
NEVER = 1e9  # seconds: what's remembered is asked for anew by a refusal alone


@pytest.fixture
def idp():
    """A server that knows the client's first secret."""
    with AuthorizationServer() as server:
        server.add_client(CLIENT, secret="f1rst")
        yield server


class Crowd:
    """Threads that fetch a token each round, and somebody who acts between rounds."""

    def __init__(self, manager):
        self.source = manager.source()
        self.failures = []
        self.values = set()

    def run(self, between):
        """Run all the rounds; `between(round)` is called while nobody fetches."""
        rounds = iter(range(ROUNDS))
        barrier = threading.Barrier(
            THREADS, lambda: self._between(next(rounds), between)
        )
        threads = [
            threading.Thread(target=self._work, args=[barrier]) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.failures

    def _between(self, number, between):
        between(number)
        self.token = self.source.get()

    def _work(self, barrier):
        for _ in range(ROUNDS):
            barrier.wait(60)
            self.source.invalidate(self.token)
            try:
                self.values.add(self.source.get().value)
            except TokenError as error:
                self.failures.append(error)


def manager_for(idp, secret):
    return TokenManager(idp.provider, client_id=CLIENT, credential=ClientSecret(secret))


def swap_link(folder: Path, name: str, content: str) -> None:
    """Swap a file as Kubernetes swaps a projected secret."""
    (folder / name).write_text(content)
    (folder / "new").symlink_to(folder / name)
    (folder / "new").replace(folder / "secret")


def test_a_file_swapped_by_kubernetes_is_followed(idp, tmp_path):
    """Every third round both sides get another secret: nobody notices."""
    swap_link(tmp_path, "v0", "f1rst\n")

    def rotate(number):
        if number % 3 == 1:
            idp.add_client(CLIENT, secret=f"s3cret-{number}")
            swap_link(tmp_path, f"v{number}", f"s3cret-{number}\n")

    with manager_for(idp, FileSecret(tmp_path / "secret")) as manager:
        crowd = Crowd(manager)
        assert crowd.run(rotate) == []
    assert len(crowd.values) >= ROUNDS


@pytest.mark.vault
def test_vault_rotated_first_overlaps(idp):
    """Vault has the new secret before the server: the previous one goes on."""
    with running_vault() as (vault, server):
        vault.put("secret/order", s="f1rst")
        login = TokenLogin(vault.new_token("secret/order"))
        source = VaultSecret(
            server.url, "secret/order", field="s", login=login, max_age=NEVER
        )

        def rotate(number):
            if number == 2:
                vault.put("secret/order", s="s3cond")
            elif number == 4:
                idp.add_client(CLIENT, secret="s3cond")
            elif number == 6:
                vault.put("secret/order", s="th1rd")
                source.refused("s3cond")  # as after a restart: the third is read
            elif number == 8:
                idp.add_client(CLIENT, secret="th1rd")

        with manager_for(idp, source) as manager:
            assert Crowd(manager).run(rotate) == []


@pytest.mark.vault
def test_vault_is_asked_again_when_the_server_refuses(idp):
    """Server and Vault rotate together; what we remember is old: one retry, one fetch."""
    with running_vault() as (vault, server):
        vault.put("secret/order", s="f1rst")
        login = TokenLogin(vault.new_token("secret/order"))
        source = VaultSecret(
            server.url, "secret/order", field="s", login=login, max_age=NEVER
        )
        with manager_for(idp, source) as manager:
            tokens = manager.source()
            first = tokens.get()
            idp.add_client(CLIENT, secret="s3cond")
            vault.put("secret/order", s="s3cond")
            tokens.invalidate(first)
            assert tokens.get()
    assert idp.token_requests == 3


def test_introspection_rotates_as_well(idp):
    """The same source behind introspection: refused, asked anew, answered."""
    secrets = ["f1rst"]
    source = CachedSecret(lambda: secrets[-1], max_age=NEVER)
    with manager_for(idp, "f1rst") as manager:
        token = manager.source().get()
    verifier = IntrospectionVerifier(
        idp.provider,
        audience=None,
        client_id=CLIENT,
        credential=ClientSecret(source),
        cache_size=0,
        active_ttl=0,
    )
    assert verifier.verify(token.value).client_id == CLIENT
    idp.add_client(CLIENT, secret="s3cond")
    secrets.append("s3cond")
    assert verifier.verify(token.value).client_id == CLIENT
    assert idp.introspection_requests == 3
    verifier.close()


def test_two_wrong_secrets_are_tried_once_each_in_a_while(idp):
    """Neither current nor previous is right: two requests, and then a pause."""
    source = CachedSecret(lambda: "wr0ng-1", previous=lambda: "wr0ng-2")
    with manager_for(idp, source) as manager:
        for scope in ("a", "b", "c"):
            with pytest.raises(InvalidClient):
                manager.source(scope=scope).get()
    assert idp.token_requests == 2


def test_a_source_that_is_down_harms_nobody_while_a_token_lives(idp):
    """Down: the token goes on; without one, CredentialUnavailable, and nothing is sent."""
    clock, down = FakeClock(wall=time.time()), []

    def vault():
        if down:
            message = "sealed"
            raise CredentialUnavailable(message)
        return "f1rst"

    manager = TokenManager(
        idp.provider, client_id=CLIENT, credential=ClientSecret(vault), clock=clock
    )
    with manager:
        source = manager.source()
        token = source.get()
        down.append(True)
        clock.advance(290)  # past the moment of refresh, before the end
        assert source.get() is token
        clock.advance(20)
        with pytest.raises(CredentialUnavailable, match="sealed"):
            source.get()
    assert idp.token_requests == 1


def test_a_certificate_swapped_on_disk_breaks_no_call(tmp_path):
    """16 threads over mTLS: certificate and key are replaced, one after the other."""
    ca = make_ca()
    context = ca.issue("localhost").server_context(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca.write(tmp_path))
    folder = tmp_path / "client"
    folder.mkdir()
    ca.issue(CLIENT).write(folder, "client")
    seen, pending = [], []
    with AuthorizationServer(tls=context) as idp:
        idp.add_client(CLIENT, subject_dn=f"CN={CLIENT}")
        credential = ClientCertificate(folder / "client.pem", folder / "client.key")

        def rotate(number):
            seen.append(credential.version())
            if number % 4 == 1:
                pair = ca.issue(CLIENT)
                (folder / "client.key").write_bytes(pair.key_pem)
                pending.append(pair)
            elif number % 4 == 3:
                (folder / "client.pem").write_bytes(pending[-1].cert_pem)

        manager = TokenManager(
            idp.provider,
            client_id=CLIENT,
            credential=credential,
            ca=tmp_path / "ca.pem",
        )
        with manager:
            assert Crowd(manager).run(rotate) == []
    assert len(set(seen)) == 3
