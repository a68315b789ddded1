"""Every credential against the embedded server: works, wrong, rotated, expired.

A row is a `Case`: how a client registers, and what it proves with. Over TLS, so that
certificates have their place too.
"""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from s2sauth import Identity, TokenManager
from s2sauth.credentials import (
    ClientCertificate,
    ClientSecret,
    ClientSecretJwt,
    Credential,
    PrivateKeyJwt,
    WorkloadToken,
)
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    InvalidClient,
    TokenRequestRefused,
    VerifierUnavailable,
)
from s2sauth.secret_sources import CachedSecret, FileSecret
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import AuthorizationServer, FakeClock
from support.canary import shown
from support.key_material import (
    KINDS,
    make_key,
    pem_of,
    private_key,
    public_pem,
    self_signed,
)
from support.tls import CertificateAuthority, make_ca
from support.workloads import Platform

CLIENT = "order-service"
SECRETS = ["0ld-s3cr3t+/%&=é" * 5, "n3w-s3cr3t+/%&=é" * 5]
AUTHORITY = make_ca()  # of the server's certificate, and of clients'


@dataclass
class Stage:
    """A server, a folder for files, and the client's two generations of material."""

    idp: AuthorizationServer
    folder: Path
    ca: Path
    platform: Platform

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def add(self, **registered: Any) -> None:
        self.idp.add_client(
            CLIENT, scopes=["payments:write"], audiences=["https://pay"], **registered
        )


@dataclass(frozen=True)
class Case:
    """One way to prove who we are.

    Args:
        register: Tells the server of a generation (0 or 1).
        deploy: Puts a generation's material where the credential reads it.
        make: Makes the credential.
    """

    register: Callable[[Stage, int], None]
    deploy: Callable[[Stage, int], None]
    make: Callable[[Stage], Credential]


def secret_case(make: Callable[[Any], Credential], method: str) -> Case:
    return Case(
        lambda stage, n: stage.add(secret=SECRETS[n], auth_methods=[method]),
        lambda stage, n: void(stage.write("secret", SECRETS[n] + "\n")),
        lambda stage: make(FileSecret(stage.folder / "secret")),
    )


def void(_value: object) -> None:
    """Make a statement of an expression."""


def keys_of(kind: str) -> list[Any]:
    """Return the two generations of a kind of key."""
    if kind not in GENERATIONS:
        GENERATIONS[kind] = [private_key(kind), make_key(kind)]
    return GENERATIONS[kind]


GENERATIONS: dict[str, list[Any]] = {}


def key_case(algorithm: str) -> Case:
    kind = KINDS[algorithm]
    return Case(
        lambda stage, n: stage.add(
            public_key=public_pem(keys_of(kind)[n]), assertion_algorithms=algorithm
        ),
        lambda stage, n: void(stage.write("client.key", pem_of(keys_of(kind)[n]))),
        lambda stage: PrivateKeyJwt(stage.folder / "client.key", algorithm),
    )


def by_digest(stage: Stage) -> Credential:
    cert, key = stage.folder / "client.pem", stage.folder / "client.key"
    return PrivateKeyJwt(key, "PS256", certificate=cert)


def deploy_pair(kind: str) -> Callable[[Stage, int], None]:
    def deploy(stage: Stage, n: int) -> None:
        stage.write("client.pem", certificate_of(kind, n))
        stage.write("client.key", pem_of(keys_of(kind)[n]))

    return deploy


def certificate_of(kind: str, n: int) -> bytes:
    return CERTIFICATES.setdefault((kind, n), self_signed(keys_of(kind)[n]))


CERTIFICATES: dict[tuple[str, int], bytes] = {}


def show(stage: Stage) -> Credential:
    return ClientCertificate(stage.folder / "client.pem", stage.folder / "client.key")


ISSUED = [AUTHORITY.issue("order-service"), AUTHORITY.issue("order-service-2")]


def register_self_signed(stage: Stage, n: int) -> None:
    # Known to the server, too, but as another client's: what's wrong is told over HTTP.
    stage.idp.add_client("another", certificate=certificate_of("p256", 1 - n))
    stage.add(certificate=certificate_of("p256", n))


def deploy_issued(stage: Stage, n: int) -> None:
    ISSUED[n].write(stage.folder, "client")
    stage.write("client.key", ISSUED[n].key_pem)


def deploy_workload(stage: Stage, n: int) -> None:
    stage.write("token", stage.platform.token(f"sa-{n}", stage.idp.issuer))


CASES = {
    "basic": secret_case(ClientSecret, "basic"),
    "post": secret_case(lambda source: ClientSecret(source, "post"), "post"),
    **{
        f"client_secret_jwt {name}": secret_case(
            lambda source, name=name: ClientSecretJwt(source, name),  # type: ignore[misc]  # the loop's name
            "client_secret_jwt",
        )
        for name in ("HS256", "HS384", "HS512")
    },
    **{f"private_key_jwt {name}": key_case(name) for name in KINDS},
    "private_key_jwt by x5t#S256": Case(
        lambda stage, n: stage.add(certificate=certificate_of("rsa", n)),
        deploy_pair("rsa"),
        by_digest,
    ),
    "tls_client_auth": Case(
        lambda stage, n: stage.add(subject_dn="CN=order-service" + ["", "-2"][n]),
        deploy_issued,
        show,
    ),
    "self_signed_tls_client_auth": Case(
        register_self_signed,
        deploy_pair("p256"),
        show,
    ),
    "workload": Case(
        lambda stage, n: stage.add(
            workload=(stage.platform.issuer, f"sa-{n}"), jwks=stage.platform.jwks()
        ),
        deploy_workload,
        lambda stage: WorkloadToken(stage.folder / "token"),
    ),
}
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def server_context(folder: Path, authority: CertificateAuthority) -> ssl.SSLContext:
    """Ask clients for certificates, without insisting."""
    context = authority.issue("localhost").server_context(folder)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.write(folder))
    return context


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A server over TLS that asks for certificates, and an empty folder."""
    folder = tmp_path / "client"
    folder.mkdir()
    tls = server_context(tmp_path, AUTHORITY)
    with AuthorizationServer("generic", tls=tls) as idp:
        yield Stage(idp, folder, AUTHORITY.write(tmp_path), Platform())


def manager_for(stage: Stage, credential: Credential) -> TokenManager:
    return TokenManager(
        stage.idp.provider, client_id=CLIENT, credential=credential, ca=stage.ca
    )


def introspect(stage: Stage, credential: Credential, token: str) -> Identity:
    verifier = IntrospectionVerifier(
        stage.idp.provider,
        audience="https://pay",
        client_id=CLIENT,
        credential=credential,
        active_ttl=0.0,
        cache_size=0,
        ca=stage.ca,
    )
    try:
        return verifier.verify(token)
    finally:
        verifier.close()


@EACH
def test_it_works(stage: Stage, case: Case) -> None:
    """One request brings a token, and the same object authenticates introspection."""
    case.register(stage, 0)
    case.deploy(stage, 0)
    credential = case.make(stage)
    with manager_for(stage, credential) as manager:
        token = manager.source(scope="payments:write").get()
    assert token.scopes == {"payments:write"}
    assert stage.idp.token_requests == 1
    assert introspect(stage, credential, token.value).client_id == CLIENT


@EACH
def test_a_wrong_one_is_refused(stage: Stage, case: Case) -> None:
    """Material that isn't registered: InvalidClient after one request, nothing shown."""
    case.register(stage, 1)
    case.deploy(stage, 0)
    credential = case.make(stage)
    with manager_for(stage, credential) as manager:
        with pytest.raises(InvalidClient) as caught:
            manager.source().get()
    assert stage.idp.token_requests == 1
    assert "s3cr3t" not in shown(caught.value)
    with pytest.raises(VerifierUnavailable, match="refused our own credential"):
        introspect(stage, credential, "opaque")
    assert stage.idp.introspection_requests == 1


@EACH
def test_a_rotated_one_goes_on_without_a_restart(stage: Stage, case: Case) -> None:
    """Both sides get the next generation while the manager lives: the next fetch works."""
    case.register(stage, 0)
    case.deploy(stage, 0)
    with manager_for(stage, case.make(stage)) as manager:
        source = manager.source()
        first = source.get()
        case.register(stage, 1)
        case.deploy(stage, 1)
        source.invalidate(first)
        assert source.get().value != first.value
    assert stage.idp.token_requests == 2


@EACH
def test_a_refusal_ends_when_the_material_changes(stage: Stage, case: Case) -> None:
    """The server changed first: refused, until ours is deployed; no wait after that."""
    case.register(stage, 1)
    case.deploy(stage, 0)
    with manager_for(stage, case.make(stage)) as manager:
        source = manager.source()
        with pytest.raises(InvalidClient):
            source.get()
        case.deploy(stage, 1)
        assert source.get()
    assert stage.idp.token_requests == 2


LATE = 3600.0  # seconds that the client's clock is behind
EXPIRING: dict[str, Any] = {
    "client_secret_jwt": lambda _stage, clock: ClientSecretJwt(SECRETS[0], clock=clock),
    "private_key_jwt": lambda _stage, clock: PrivateKeyJwt(
        pem_of(private_key("p256")), "ES256", clock=clock
    ),
    "workload": lambda stage, clock: WorkloadToken(stage.folder / "token", clock=clock),
}


@pytest.mark.parametrize("name", EXPIRING)
def test_an_expired_assertion_is_refused_by_the_server(stage: Stage, name: str) -> None:
    """One that our clock thinks is live: the server says that it has expired."""
    clock = FakeClock(wall=stage.platform.now() - LATE)
    stage.write("token", stage.platform.token("sa-0", stage.idp.issuer, life=-60))
    key = public_pem(private_key("p256"))
    registered: dict[str, dict[str, Any]] = {
        "client_secret_jwt": {"secret": SECRETS[0]},
        "private_key_jwt": {"public_key": key},
        "workload": {
            "workload": (stage.platform.issuer, "sa-0"),
            "jwks": stage.platform.jwks(),
        },
    }
    stage.add(**registered[name])
    with manager_for(stage, EXPIRING[name](stage, clock)) as manager:
        with pytest.raises(InvalidClient) as caught:
            manager.source().get()
    assert caught.value.error_description == "the assertion has expired"


def test_the_key_of_the_platform_is_held_against_the_registered(stage: Stage) -> None:
    """A token of the right words, signed by somebody else, is refused."""
    stage.add(workload=(stage.platform.issuer, "sa-0"), jwks=stage.platform.jwks())
    stage.write("token", Platform().token("sa-0", stage.idp.issuer))
    with manager_for(stage, WorkloadToken(stage.folder / "token")) as manager:
        with pytest.raises(InvalidClient) as caught:
            manager.source().get()
    description = caught.value.error_description
    assert description == "the signature of the assertion doesn't hold"


def test_an_encrypted_key_signs(stage: Stage) -> None:
    """A passphrase from a file opens the key from another."""
    key = private_key("p256")
    stage.add(public_key=load_pem_private_key(pem_of(key), None).public_key())
    credential = PrivateKeyJwt(
        stage.write("client.key", pem_of(key, b"p4ss")),
        "ES256",
        passphrase=FileSecret(stage.write("passphrase", "p4ss\n")),
    )
    with manager_for(stage, credential) as manager:
        assert manager.source().get()


def test_a_retried_try_is_no_replay(stage: Stage) -> None:
    """After a 503 the next try bears an assertion of its own."""
    stage.add(public_key=public_pem(private_key("p256")))
    stage.idp.fail(status=503, times=2)
    credential = PrivateKeyJwt(pem_of(private_key("p256")), "ES256")
    with manager_for(stage, credential) as manager:
        assert manager.source().get()
    assert stage.idp.token_requests == 3


def test_a_certificate_of_a_strange_authority_is_told(stage: Stage) -> None:
    """The handshake fails; the other side's alert is told, and nothing is retried."""
    stage.add(subject_dn="CN=order-service")
    stranger = make_ca("strangers").issue("order-service")
    stranger.write(stage.folder, "client")
    with manager_for(stage, show(stage)) as manager:
        with pytest.raises(AuthorizationServerUnavailable) as caught:
            manager.source().get()
    assert caught.value.reason == "TLS_FAILED"
    assert str(caught.value) == (
        "127.0.0.1 refused the TLS handshake, or our certificate: unknown ca"
    )


def test_a_client_that_shows_no_certificate_is_refused(stage: Stage) -> None:
    """A client_id alone proves nothing, whatever else the client could do."""
    stage.add(subject_dn="CN=order-service")
    answer = requests.post(
        stage.idp.url("token"),
        data={"grant_type": "client_credentials", "client_id": CLIENT},
        verify=str(stage.ca),
        timeout=10,
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_keycloak_words_a_wrong_mac_as_it_does() -> None:
    """400 unauthorized_client, as 26.4 was seen to: a cached source is asked anew."""
    secrets = [SECRETS[0]]
    source = CachedSecret(lambda: secrets[-1])
    with AuthorizationServer("keycloak") as idp:
        idp.add_client(CLIENT, secret=SECRETS[1], auth_methods="client_secret_jwt")
        manager = TokenManager(
            idp.provider, client_id=CLIENT, credential=ClientSecretJwt(source)
        )
        with manager:
            with pytest.raises(TokenRequestRefused) as caught:
                manager.source().get()
            assert caught.value.error == "unauthorized_client"
            assert idp.token_requests == 1
            secrets.append(SECRETS[1])
            assert manager.source(extra={"another": "source"}).get()
        assert idp.token_requests == 3
