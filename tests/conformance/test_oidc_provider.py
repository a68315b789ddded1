"""oidc-provider: what Keycloak doesn't do. Opaque tokens, resources, self-signed TLS."""

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests

from conformance.oidc_provider.clients import (
    AUTHORITY,
    CERTIFICATES,
    EDDSA,
    ENDED,
    KEYS,
    LEDGER,
    ORDERS,
    PAYMENTS,
    SECRET,
    SETTINGS,
)
from conformance.oidc_provider.harness import OidcProvider
from s2sauth import ClientSecret, TokenManager, discover
from s2sauth.credentials import (
    ClientCertificate,
    ClientSecretJwt,
    PrivateKeyJwt,
)
from s2sauth.errors import (
    CredentialUnavailable,
    InvalidClient,
    Reason,
    TokenRequestRefused,
    Unauthenticated,
)
from s2sauth.server import IntrospectionVerifier, JwtVerifier
from s2sauth.testing import FakeClock
from support.key_material import (
    START,
    make_key,
    pem_of,
    self_signed,
    thumbprint,
)


@pytest.fixture(scope="module")
def server():
    """A running oidc-provider."""
    with TemporaryDirectory(prefix="oidc-provider-") as folder:
        server = OidcProvider(Path(folder), AUTHORITY)
        server.install()
        server.start(**SETTINGS)
        yield server
        server.stop()


@pytest.fixture(scope="module")
def provider(server):
    """What users write for it."""
    return discover(server.issuer, ca=server.ca)


@pytest.fixture
def make_manager(server, provider):
    """Make managers: `make_manager(client_id, credential)`; basic unless said."""
    made = []

    def make(client_id="basic", credential=None):
        manager = TokenManager(
            provider,
            client_id=client_id,
            credential=credential or ClientSecret(SECRET),
            ca=server.ca,
        )
        made.append(manager)
        return manager

    yield make
    for manager in made:
        manager.close()


@pytest.fixture
def get(make_manager):
    """Get a token: `get(client_id, credential, scope=, resource=)`."""

    def one(*who, **what):
        return make_manager(*who).source(**what).get(timeout=20.0)

    return one


@pytest.fixture
def signed(server, provider):
    """Make verifiers of signed tokens."""
    return lambda audience, **options: JwtVerifier(
        provider, audience=audience, ca=server.ca, **options
    )


@pytest.fixture
def asked(server, provider):
    """Make verifiers that ask about each token, as the client `post` unless said."""

    def make(audience, client_id="post", credential=None):
        return IntrospectionVerifier(
            provider,
            audience=audience,
            client_id=client_id,
            credential=credential or ClientSecret(SECRET, "post"),
            ca=server.ca,
            cache_size=0,
        )

    return make


def _reason(verifier, token):
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token.value)
    assert token.value not in str(caught.value)
    return caught.value.reason


def _part(token, index):
    segment = token.value.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def test_a_resource_is_the_audience_of_a_signed_token(get, signed):
    """RFC 8707 and RFC 9068: asked for with resource=, it's an ES256 `at+jwt` for it."""
    token = get(scope="payments:write", resource=PAYMENTS)

    assert {"alg": "ES256", "typ": "at+jwt", "kid": "es"} == _part(token, 0)
    identity = signed(PAYMENTS, require_typ="at+jwt").verify(token.value)
    assert "basic" == identity.client_id
    assert {"payments:write"} == identity.scopes == token.scopes
    assert (PAYMENTS,) == identity.audience


def test_a_token_for_another_resource_is_refused(get, signed):
    """Each resource has a token of its own, which the other doesn't let in."""
    orders = get(scope="orders:read", resource=ORDERS)

    assert "basic" == signed(ORDERS).verify(orders.value).client_id
    assert Reason.AUDIENCE == _reason(signed(PAYMENTS), orders)


def test_only_the_algorithms_allowed(get, signed):
    """Who allows RS256 alone, refuses ES256."""
    token = get(resource=PAYMENTS)

    only_rsa = signed(PAYMENTS, algorithms=("RS256",))
    assert Reason.TOKEN_ALGORITHM == _reason(only_rsa, token)


@pytest.mark.parametrize("resource", ["https://nobody.internal", [PAYMENTS, ORDERS]])
def test_a_resource_that_it_does_not_serve_is_refused(get, resource):
    """An unknown one, or two in one token: invalid_target, in its own words."""
    with pytest.raises(TokenRequestRefused) as caught:
        get(resource=resource)

    assert "invalid_target" == caught.value.error


def test_a_wrong_scope_is_refused(get):
    """What the client may not ask for: invalid_scope."""
    with pytest.raises(TokenRequestRefused) as caught:
        get("orders", scope="payments:write")

    assert Reason.INVALID_SCOPE == caught.value.reason


def test_a_scope_that_it_drops_is_seen(make_manager):
    """It drops what it doesn't know: the token shows it, and require_granted refuses."""
    manager, wanted = make_manager(), ["payments:write", "unheard:of"]

    assert {"payments:write"} == manager.source(scope=wanted).get(20.0).scopes
    with pytest.raises(TokenRequestRefused, match="unheard:of"):
        manager.source(scope=wanted, require_granted=True).get(20.0)


def test_an_opaque_token_is_asked_about(get, asked, signed):
    """Without resource= there's nothing in it to verify: introspection knows it."""
    token = get(scope="payments:write")

    identity = asked(None).verify(token.value)

    assert "." not in token.value
    assert "basic" == identity.client_id
    assert {"payments:write"} == identity.scopes
    assert Reason.TOKEN_MALFORMED == _reason(signed(PAYMENTS), token)


def test_an_opaque_token_for_a_resource(get, asked):
    """A resource may have opaque tokens: introspection says for whom each is."""
    token = get(scope="payments:write", resource=LEDGER)

    assert (LEDGER,) == asked(LEDGER).verify(token.value).audience
    assert Reason.AUDIENCE == _reason(asked(PAYMENTS), token)


def test_a_revoked_opaque_token_is_refused(get, asked, provider, server):
    """RFC 7009: revoked, it's inactive at once."""
    token = get("post", ClientSecret(SECRET, "post"))
    asked(None).verify(token.value)

    requests.post(
        provider.endpoint("revocation_url"),
        data={"token": token.value, "client_id": "post", "client_secret": SECRET},
        verify=str(server.ca),
        timeout=20.0,
    ).raise_for_status()

    assert Reason.TOKEN_INACTIVE == _reason(asked(None), token)


class _Files:
    """A client's key and certificate on disk, to be swapped."""

    def __init__(self, folder):
        self.cert, self.key = folder / "client.pem", folder / "client.key"

    def write(self, certificate, key):
        self.cert.write_bytes(certificate)
        self.key.write_bytes(pem_of(key))

    def credential(self, **options):
        return ClientCertificate(self.cert, self.key, **options)


@pytest.fixture
def files(tmp_path):
    """The registered self-signed certificate, on disk."""
    files = _Files(tmp_path)
    files.write(CERTIFICATES[0], KEYS[0])
    return files


def _issued(folder):
    return ClientCertificate(*AUTHORITY.issue("order-service").write(folder, "issued"))


def _stranger(files):
    key = make_key("p256")
    files.write(self_signed(key), key)
    return files.credential()


PROOFS = {
    "basic": lambda _files: ClientSecret(SECRET),
    "post": lambda _files: ClientSecret(SECRET, "post"),
    "mac": lambda _files: ClientSecretJwt(SECRET),
    "eddsa": lambda _files: PrivateKeyJwt(pem_of(EDDSA[0]), "EdDSA"),
    "self-signed": lambda files: files.credential(),
    "issued": lambda files: _issued(files.cert.parent),
}
WRONG = {
    "basic": lambda _files: ClientSecret("wrong"),
    "post": lambda _files: ClientSecret("wrong", "post"),
    "mac": lambda _files: ClientSecretJwt("wrong" * 10),
    "eddsa": lambda _files: PrivateKeyJwt(pem_of(make_key("ed25519")), "EdDSA"),
    "self-signed": _stranger,
    "issued": lambda files: files.credential(),  # in no authority's name
}


@pytest.mark.parametrize("client_id", PROOFS)
def test_each_credential_works(make_manager, asked, files, client_id):
    """Two tokens by one credential, which then authenticates introspection as well."""
    credential = PROOFS[client_id](files)
    source = make_manager(client_id, credential).source()
    first = source.get(timeout=20.0)
    source.invalidate(first)

    second = source.get(timeout=20.0)

    assert first.value != second.value
    verifier = asked(None, client_id, credential)
    assert client_id == verifier.verify(second.value).client_id


@pytest.mark.parametrize("client_id", WRONG)
def test_each_wrong_credential_is_refused(get, files, client_id):
    """Unlike Keycloak, it says invalid_client whatever was wrong."""
    with pytest.raises(InvalidClient) as caught:
        get(client_id, WRONG[client_id](files))

    assert "invalid_client" == caught.value.error


def test_a_self_signed_certificate_is_swapped_on_disk(make_manager, files):
    """Both are registered; the files change; the next token is bound to the new one."""
    source = make_manager("bound", files.credential()).source(resource=PAYMENTS)
    before = source.get(timeout=20.0)
    files.write(CERTIFICATES[1], KEYS[1])
    source.invalidate(before)

    after = source.get(timeout=20.0)

    digests = [_part(token, 1)["cnf"]["x5t#S256"] for token in (before, after)]
    assert [_digest(one) for one in CERTIFICATES] == digests


def test_a_bound_token_proves_nothing_without_its_certificate(get, signed, files):
    """RFC 8705 §3: a verifier that can't see the certificate lets none in with `cnf`."""
    token = get("bound", files.credential(), resource=PAYMENTS)

    assert Reason.TOKEN_BOUND == _reason(signed(PAYMENTS), token)


def _digest(certificate):
    return base64.urlsafe_b64encode(thumbprint(certificate)).rstrip(b"=").decode()


def test_an_expired_self_signed_certificate_is_not_shown(make_manager, files):
    """It looks at no date; we do, and say which file has expired."""
    manager = make_manager("self-signed", files.credential())
    files.write(ENDED, KEYS[0])

    with pytest.raises(CredentialUnavailable, match=r"client\.pem.* expired"):
        manager.source().get(timeout=20.0)

    slow = FakeClock(wall=START.timestamp() + 60.0)
    assert make_manager("self-signed", files.credential(clock=slow)).source().get(20.0)


def test_a_key_is_swapped_on_disk(make_manager, tmp_path):
    """An Ed25519 key in a file: refused with the old, and no more once it's the new."""
    path = tmp_path / "client.key"
    path.write_bytes(pem_of(EDDSA[0]))
    source = make_manager("eddsa-new", PrivateKeyJwt(path, "EdDSA")).source()
    with pytest.raises(InvalidClient):
        source.get(timeout=20.0)

    path.write_bytes(pem_of(EDDSA[1]))

    assert source.get(timeout=20.0)
