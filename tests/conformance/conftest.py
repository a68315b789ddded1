"""One Keycloak for all of these tests, a realm in it, and services before it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest

from conformance.admin import Realm
from conformance.callers import AUDIENCE
from conformance.keycloak import Keycloak
from conformance.services import GrpcService, HttpService
from s2sauth import ClientSecret, Provider, TokenManager
from s2sauth import keycloak as keycloak_provider

ALL_SCOPES = ("payments:write", "payments:refund", "orders:read")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def keycloak() -> Iterator[Keycloak]:
    """A running Keycloak, which tests may stop and start again."""
    # Not below pytest's own folder, which would keep 160 MB of every run.
    with TemporaryDirectory(prefix="keycloak-") as folder:
        server = Keycloak(Path(folder))
        server.install()
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def realm(keycloak: Keycloak) -> Realm:
    """A realm with scopes, each with its audience."""
    realm = Realm(keycloak, "mycompany")
    realm.add_scope("payments:write", AUDIENCE)
    realm.add_scope("payments:refund", AUDIENCE)
    realm.add_scope("orders:read", "https://order-service.internal")
    return realm


@pytest.fixture(scope="session")
def provider(realm: Realm) -> Provider:
    """What users write for that realm."""
    return keycloak_provider(realm.url, realm=realm.name)


class Client:
    """A client of its own for a test: its name, its secret, its manager."""

    def __init__(self, client_id: str, secret: str, manager: TokenManager) -> None:
        self.client_id = client_id
        self.secret = secret
        self.manager = manager


@pytest.fixture
def make_client(realm: Realm, provider: Provider) -> "Iterator[Callable[..., Client]]":
    """Make clients: `make_client(secret=, method=, lifespan=, scopes=, observers=)`."""
    managers = []

    def make(
        secret: str = "s3cr3t",
        method: Literal["basic", "post"] = "basic",
        lifespan: int | None = None,
        scopes: tuple[str, ...] = ALL_SCOPES,
        **options: Any,
    ) -> Client:
        client_id = f"service-{next(_numbers)}"
        realm.add_client(client_id, secret, *scopes, lifespan=lifespan)
        credential = ClientSecret(secret, method=method)
        manager = TokenManager(
            provider, client_id=client_id, credential=credential, **options
        )
        managers.append(manager)
        return Client(client_id, secret, manager)

    yield make
    for manager in managers:
        manager.close()


@pytest.fixture(scope="session")
def payment_http(
    realm: Realm, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpService]:
    """The payment service over HTTP, in a process of its own."""
    service = HttpService(realm, tmp_path_factory.mktemp("http"))
    yield service
    service.stop()


@pytest.fixture(scope="session")
def payment_grpc(
    realm: Realm, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GrpcService]:
    """The payment service over gRPC, in a process of its own."""
    service = GrpcService(realm, tmp_path_factory.mktemp("grpc"))
    yield service
    service.stop()
