"""Every way to prove who we are to a Keycloak, each in two generations."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jose import jwt

from conformance.callers import AUDIENCE
from conformance.secured import SecuredRealm
from s2sauth import Identity, Provider, TokenManager
from s2sauth.credentials import (
    ClientCertificate,
    ClientSecret,
    ClientSecretJwt,
    Credential,
    PrivateKeyJwt,
    WorkloadToken,
)
from s2sauth.secret_sources import FileSecret
from s2sauth.server import IntrospectionVerifier
from support.key_material import KINDS, make_key, pem_of
from support.tls import make_ca

__all__ = [
    "AUTHORITY",
    "CASES",
    "ISSUED",
    "SCOPE",
    "SECRETS",
    "SUBJECTS",
    "Case",
    "Stage",
    "project",
    "show",
]

SCOPE = "payments:write"
AUTHORITY = make_ca()
SECRETS = ["0ld-s3cr3t+/%&=é" * 5, "n3w-s3cr3t+/%&=é" * 5]
KEYS = {kind: [make_key(kind), make_key(kind)] for kind in ("rsa", "p256", "ed25519")}
SUBJECTS = ["order-service", "order-service-2"]
ISSUED = [AUTHORITY.issue(name) for name in SUBJECTS]
_numbers = itertools.count()


@dataclass
class Stage:
    """One client of the realm, and the folder that its material lies in."""

    realm: SecuredRealm
    provider: Provider
    ca: Path
    folder: Path
    client_id: str
    inner_id: str = ""

    def write(self, name: str, content: bytes | str) -> None:
        data = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(data)

    def register(self, said: dict[str, Any]) -> None:
        self.inner_id = self.realm.register(self.client_id, SCOPE, **said)

    def manager(self, credential: Credential) -> TokenManager:
        return TokenManager(
            self.provider, client_id=self.client_id, credential=credential, ca=self.ca
        )

    def introspect(self, credential: Credential, token: str) -> Identity:
        verifier = IntrospectionVerifier(
            self.provider,
            audience=AUDIENCE,
            client_id=self.client_id,
            credential=credential,
            ca=self.ca,
        )
        return verifier.verify(token)


@dataclass(frozen=True)
class Case:
    """One way to prove who we are.

    Args:
        said: What the realm is told of a generation (0 or 1).
        deploy: Puts a generation's material where the credential reads it.
        make: Makes the credential; with a clock of its own where it has one.
        error: How Keycloak calls one that's wrong.
        clear: Whether that says for sure that the credential was wrong, so that new
            material mends the refusal at once. Else it's taken as said for 30 s.
    """

    said: Callable[[int], dict[str, Any]]
    deploy: Callable[[Stage, int], None]
    make: Callable[..., Credential]
    error: str = "invalid_client"
    clear: bool = True


def secret_case(make: Callable[..., Credential], algorithm: str | None = None) -> Case:
    return Case(
        lambda n: SecuredRealm.shared(SECRETS[n], algorithm),
        lambda stage, n: stage.write("secret", SECRETS[n] + "\n"),
        lambda stage, **clock: make(FileSecret(stage.folder / "secret"), **clock),
        error="unauthorized_client",
        # What signs wrongly gets 400, as who may not use this grant does.
        clear=algorithm is None,
    )


def key_case(algorithm: str) -> Case:
    keys = KEYS[KINDS[algorithm]]
    return Case(
        lambda n: SecuredRealm.signing(algorithm, keys[n].public_key()),
        lambda stage, n: stage.write("client.key", pem_of(keys[n])),
        lambda stage, **clock: PrivateKeyJwt(
            stage.folder / "client.key", algorithm, **clock
        ),
    )


def deploy_certificate(stage: Stage, n: int) -> None:
    ISSUED[n].write(stage.folder, "client")


def show(stage: Stage, **clock: Any) -> Credential:
    pair = stage.folder / "client.pem", stage.folder / "client.key"
    return ClientCertificate(*pair, **clock)


def project(stage: Stage, n: int, life: float = 300.0) -> None:
    """Write a token as a platform would that speaks for this client."""
    now = int(time.time())
    claims = {
        "iss": stage.client_id,
        "sub": stage.client_id,
        "aud": stage.provider.issuer,
        "jti": f"{stage.client_id}-{next(_numbers)}",
        "iat": now + int(life) - 300,  # Keycloak wants young ones
        "exp": now + int(life),
    }
    stage.write("token", jwt.encode(claims, pem_of(KEYS["p256"][n]), "ES256"))


CASES = {
    "basic": secret_case(ClientSecret),
    "post": secret_case(lambda source: ClientSecret(source, "post")),
    "client_secret_jwt": secret_case(ClientSecretJwt, "HS256"),
    **{
        f"private_key_jwt {algorithm}": key_case(algorithm)
        for algorithm in ("RS256", "PS256", "ES256", "EdDSA")
    },
    "tls_client_auth": Case(
        lambda n: SecuredRealm.showing(f"CN={SUBJECTS[n]}"), deploy_certificate, show
    ),
    "workload": Case(
        lambda n: SecuredRealm.signing("ES256", KEYS["p256"][n].public_key()),
        project,
        lambda stage, **clock: WorkloadToken(stage.folder / "token", **clock),
    ),
}
