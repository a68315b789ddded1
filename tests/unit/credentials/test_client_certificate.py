"""Certificates for the TLS handshake: what's shown, where, and how it's loaded."""

import pickle
import ssl
from pathlib import Path

import pytest

from s2sauth._base.tls_identity import TlsIdentity, temporary_file
from s2sauth.credentials import (
    AuthenticationContext,
    ClientCertificate,
    ClientSecret,
    shows_certificate,
)
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from support.assertions import CONTEXT
from support.key_material import make_key, pem_of, private_key, self_signed

KEY = private_key("p256")
CERTIFICATE = self_signed(KEY)


@pytest.fixture
def files(tmp_path):
    """A certificate and its key, on disk."""
    cert, key = tmp_path / "client.pem", tmp_path / "client.key"
    cert.write_bytes(CERTIFICATE)
    key.write_bytes(pem_of(KEY))
    return cert, key


def test_the_form_bears_the_client_id_alone(files):
    """RFC 8705 §2: client_id in the form, the proof in the handshake."""
    proof = ClientCertificate(*files).authenticate(CONTEXT)
    assert (dict(proof.form), dict(proof.headers)) == (
        {"client_id": "order-service"},
        {},
    )
    assert isinstance(proof.identity, TlsIdentity)


def test_plain_http_proves_nothing(files):
    """Without TLS there's no handshake: said, rather than sent without a proof."""
    context = AuthenticationContext(
        client_id="a", endpoint="http://127.0.0.1/token", assertion_audience="x"
    )
    with pytest.raises(CredentialUnavailable, match="use https"):
        ClientCertificate(*files).authenticate(context)


def test_nothing_shows_and_nothing_is_pickled(files):
    """Neither the credential nor its proof shows the key."""
    credential = ClientCertificate(*files, passphrase=None)
    identity = credential.authenticate(CONTEXT).identity
    assert repr(identity) == f"TlsIdentity(version={credential.version()!r})"
    assert "PRIVATE" not in repr(credential)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(credential)


@pytest.mark.parametrize("wrong", ["", None, b"bytes", CERTIFICATE.decode()])
def test_only_paths_are_taken(files, wrong):
    """A text can't change: certificates come as files."""
    cert, key = files
    with pytest.raises(ConfigurationError, match="cert must be"):
        ClientCertificate(wrong, key)
    with pytest.raises(ConfigurationError, match="key must be"):
        ClientCertificate(cert, wrong)


def test_both_may_stand_in_one_file(files):
    """A combined PEM serves as certificate and as key."""
    cert, _ = files
    cert.write_bytes(pem_of(KEY) + CERTIFICATE)
    identity = ClientCertificate(cert, cert).authenticate(CONTEXT).identity
    assert identity is not None
    assert identity.chain.strip() == CERTIFICATE.strip()


def test_an_encrypted_key_is_opened(files):
    """passphrase= is as for PrivateKeyJwt."""
    cert, key = files
    key.write_bytes(pem_of(KEY, b"p4ss"))
    assert ClientCertificate(cert, key, passphrase="p4ss").version()


def test_only_certificates_ask_for_mtls_endpoints(files):
    """RFC 8705 §5: the aliases are for those who show a certificate."""
    assert shows_certificate(ClientCertificate(*files))
    assert not shows_certificate(ClientSecret("s"))


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "p521", "ed25519"])
def test_openssl_takes_each_kind_of_key(kind):
    """A context shows what it was given, without a file of ours left behind."""
    key = private_key(kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    TlsIdentity("v", self_signed(key), key).load_into(context)


def test_openssl_refuses_a_pair_that_is_none():
    """What doesn't match never gets into a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    identity = TlsIdentity("v", CERTIFICATE, make_key("p256"))
    with pytest.raises(ssl.SSLError):
        identity.load_into(context)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_temporary_file_is_gone_afterwards(in_memory):
    """It can be read by its path while the block runs, and not later."""
    with temporary_file(b"content", in_memory=in_memory) as path:
        assert Path(path).read_bytes() == b"content"
    with pytest.raises(OSError, match="No such file"):
        Path(path).read_bytes()
