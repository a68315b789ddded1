"""Sets a Keycloak realm up: scopes, clients, keys, by its admin interface."""

import base64
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from conformance.keycloak import Keycloak

__all__ = ["Realm"]

_TIMEOUT = 30.0


class _Admin:
    """The admin interface; its own token lives 60 s, so it's renewed when refused."""

    def __init__(self, keycloak: Keycloak) -> None:
        self._keycloak = keycloak
        self._session = requests.Session()
        self._session.trust_env = False

    def call(self, method: str, path: str, json: object = None) -> requests.Response:
        url = f"{self._keycloak.url}/admin{path}"
        answer = self._session.request(method, url, json=json, timeout=_TIMEOUT)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()
            answer = self._session.request(method, url, json=json, timeout=_TIMEOUT)
        if not answer.ok:
            message = f"{method} {path}: {answer.status_code} {answer.text}"
            raise RuntimeError(message)
        return answer

    def _log_in(self) -> None:
        answer = self._session.post(
            f"{self._keycloak.url}/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": "admin",
                "password": self._keycloak.admin_password,
            },
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        token = answer.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"


class Realm:
    """One realm of its own, and what a test does to it.

    Args:
        keycloak: Where.
        name: The realm's name.
        lifespan: Seconds that its access tokens live.
    """

    def __init__(self, keycloak: Keycloak, name: str, *, lifespan: int = 300) -> None:
        self._admin = _Admin(keycloak)
        self._path = f"/realms/{name}"
        self._names = itertools.count()
        self.name = name
        self.url = keycloak.url
        self.issuer = f"{keycloak.url}/realms/{name}"
        settings = {
            "realm": name,
            "enabled": True,
            "accessTokenLifespan": lifespan,
            "eventsEnabled": True,
            "enabledEventTypes": ["CLIENT_LOGIN", "CLIENT_LOGIN_ERROR"],
        }
        self._admin.call("POST", "/realms", settings)
        self._id = self._admin.call("GET", self._path).json()["id"]

    def add_scope(self, name: str, audience: str | None = None) -> None:
        """Make a scope; who gets it gets the audience too."""
        mapper = {
            "name": "audience",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {
                "included.custom.audience": audience,
                "access.token.claim": "true",
            },
        }
        scope = {
            "name": name,
            "protocol": "openid-connect",
            "attributes": {"include.in.token.scope": "true"},
            "protocolMappers": [mapper] if audience else [],
        }
        self._admin.call("POST", f"{self._path}/client-scopes", scope)

    def add_client(
        self, client_id: str, secret: str, *scopes: str, lifespan: int | None = None
    ) -> str:
        """Make a confidential client that may ask for `scopes`; return its inner id.

        Args:
            client_id: Its name.
            secret: What it proves that with.
            scopes: Made by `add_scope`.
            lifespan: Seconds that its tokens live; None: what the realm says.
        """
        client = {
            "clientId": client_id,
            "secret": secret,
            "publicClient": False,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "optionalClientScopes": list(scopes),
            "attributes": {"access.token.lifespan": lifespan} if lifespan else {},
        }
        answer = self._admin.call("POST", f"{self._path}/clients", client)
        return answer.headers["Location"].rpartition("/")[2]

    def rotate_secret(self, inner_id: str) -> str:
        """Give a client a new secret, and return it; the old one ends at once."""
        path = f"{self._path}/clients/{inner_id}/client-secret"
        secret: str = self._admin.call("POST", path).json()["value"]
        return secret

    def add_key(self, algorithm: str = "RS256") -> str:
        """Make a key that signs from now on; return its component's id."""
        count = next(self._names)
        config = {
            "priority": [str(200 + count)],
            "enabled": ["true"],
            "active": ["true"],
            "algorithm": [algorithm],
        }
        elliptic = algorithm.startswith("ES")
        config |= (
            {"ecdsaEllipticCurveKey": ["P-256"]} if elliptic else {"keySize": ["2048"]}
        )
        component = {
            "name": f"key-{count}",
            "providerId": "ecdsa-generated" if elliptic else "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": self._id,
            "config": config,
        }
        answer = self._admin.call("POST", f"{self._path}/components", component)
        return answer.headers["Location"].rpartition("/")[2]

    def remove_key(self, component_id: str) -> None:
        """Remove a key made by `add_key`: nothing that it signed holds any more."""
        self._admin.call("DELETE", f"{self._path}/components/{component_id}")

    def token_requests(self, client_id: str) -> int:
        """Count the tokens that a client was given."""
        path = f"{self._path}/events?type=CLIENT_LOGIN&client={client_id}&max=10000"
        return len(self._admin.call("GET", path).json())

    def revoke(self, client_id: str, secret: str, token: str) -> None:
        """Revoke a token, as its client (RFC 7009)."""
        pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        answer = requests.post(
            f"{self.issuer}/protocol/openid-connect/revoke",
            data={"token": token},
            headers={"Authorization": f"Basic {pair}"},
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()

    def key_ids(self) -> set[str]:
        """Return the ids of the signing keys it publishes."""
        url = f"{self.issuer}/protocol/openid-connect/certs"
        keys: list[dict[str, Any]] = requests.get(url, timeout=_TIMEOUT).json()["keys"]
        return {key["kid"] for key in keys if key["use"] == "sig"}

    @contextmanager
    def signing_with(self, algorithm: str) -> Iterator[None]:
        """Have tokens signed by another algorithm for a while."""
        self.add_key(algorithm)  # it stays: what it signed must still verify
        self._admin.call("PUT", self._path, {"defaultSignatureAlgorithm": algorithm})
        try:
            yield
        finally:
            self._admin.call("PUT", self._path, {"defaultSignatureAlgorithm": "RS256"})
