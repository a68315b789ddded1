"""A Keycloak over https that asks for certificates, and clients of every kind in it."""

import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

from conformance.admin import Realm
from conformance.keycloak import Keycloak, _free_port
from s2sauth.testing.client_keys import PublicKey, jwk_of
from support.tls import CertificateAuthority

__all__ = ["SecuredKeycloak", "SecuredRealm"]

_PASSWORD = "of a file that holds no secret"


class SecuredKeycloak(Keycloak):
    """As `Keycloak`, and at `https_url` over TLS.

    Args:
        folder: As there.
        authority: Issues its certificate, and is trusted with clients'.
        others: PEM certificates of authorities that it trusts with clients', too.
    """

    def __init__(
        self, folder: Path, authority: CertificateAuthority, *others: bytes
    ) -> None:
        super().__init__(folder)
        self._https_port = _free_port()
        self.https_url = f"https://127.0.0.1:{self._https_port}"
        self.ca = authority.write(folder)
        self._cert, self._key = authority.issue("localhost").write(folder)
        self._trusted = folder / "trusted.p12"
        self._trusted.write_bytes(_trust_store(authority.cert_pem, *others))

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "KC_HTTPS_PORT": str(self._https_port),
            "KC_HTTPS_CERTIFICATE_FILE": str(self._cert),
            "KC_HTTPS_CERTIFICATE_KEY_FILE": str(self._key),
            "KC_HTTPS_CLIENT_AUTH": "request",
            "KC_HTTPS_TRUST_STORE_FILE": str(self._trusted),
            "KC_HTTPS_TRUST_STORE_PASSWORD": _PASSWORD,
            "KC_HOSTNAME_STRICT": "false",
        }


def _trust_store(*authorities: bytes) -> bytes:
    """Return a store of certificates as Java reads it."""
    entries = [
        PKCS12Certificate(x509.load_pem_x509_certificate(pem), f"ca-{n}".encode())
        for n, pem in enumerate(authorities)
    ]
    return serialize_java_truststore(
        entries, BestAvailableEncryption(_PASSWORD.encode())
    )


class SecuredRealm(Realm):
    """A realm whose clients authenticate in any way; `change` registers them anew."""

    def register(self, client_id: str, *scopes: str, **said: Any) -> str:
        """Make a client, and return its inner id.

        Args:
            client_id: Its name.
            scopes: Those that it may ask for.
            said: What `shared`, `signing` or `showing` return.
        """
        client = {
            "clientId": client_id,
            "publicClient": False,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "optionalClientScopes": list(scopes),
        }
        answer = self._admin.call("POST", f"{self._path}/clients", client | said)
        return answer.headers["Location"].rpartition("/")[2]

    def change(self, inner_id: str, **said: Any) -> None:
        """Have a client prove who it is with something else from now on."""
        path = f"{self._path}/clients/{inner_id}"
        before: dict[str, Any] = self._admin.call("GET", path).json()
        attributes = before["attributes"] | said.pop("attributes", {})
        self._admin.call("PUT", path, before | said | {"attributes": attributes})

    @staticmethod
    def shared(secret: str, algorithm: str | None = None) -> dict[str, Any]:
        """Say: a shared secret; with an algorithm, one that signs."""
        if algorithm is None:
            return {"clientAuthenticatorType": "client-secret", "secret": secret}
        return {
            "clientAuthenticatorType": "client-secret-jwt",
            "secret": secret,
            "attributes": {"token.endpoint.auth.signing.alg": algorithm},
        }

    @staticmethod
    def signing(algorithm: str, key: PublicKey) -> dict[str, Any]:
        """Say: assertions signed by the owner of this public key."""
        jwk = {**jwk_of(key), "use": "sig", "alg": algorithm}
        return {
            "clientAuthenticatorType": "client-jwt",
            "attributes": {
                "use.jwks.string": "true",
                "jwks.string": json.dumps({"keys": [jwk]}),
                "token.endpoint.auth.signing.alg": algorithm,
            },
        }

    @staticmethod
    def showing(subject: str, *, bound: bool = False) -> dict[str, Any]:
        """Say: a certificate for this subject; `bound`: tokens are bound to it."""
        return {
            "clientAuthenticatorType": "client-x509",
            "attributes": {
                "x509.subjectdn": subject,
                "tls.client.certificate.bound.access.tokens": str(bound).lower(),
            },
        }
