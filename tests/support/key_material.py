"""Private keys and certificates for tests, made at run time, each kind once."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

__all__ = [
    "KINDS",
    "make_key",
    "pem_of",
    "private_key",
    "public_pem",
    "self_signed",
    "thumbprint",
]

START = datetime(2020, 1, 1, tzinfo=UTC)
END = START + timedelta(days=365 * 80)
_MAKERS = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}
KINDS = {
    **dict.fromkeys(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], "rsa"),
    "ES256": "p256",
    "ES384": "p384",
    "ES512": "p521",
    "EdDSA": "ed25519",
}


def make_key(kind: str) -> Any:
    """Make a key that no other test has."""
    return _MAKERS[kind]()


@cache
def private_key(kind: str) -> Any:
    """Return the tests' key of a kind: RSA ones take a while to make."""
    return make_key(kind)


def pem_of(key: Any, passphrase: bytes | None = None) -> bytes:
    """Return a private key as PEM, encrypted if there's a passphrase."""
    encryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    )
    encoded: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return encoded


def public_pem(key: Any) -> bytes:
    """Return the public half as PEM."""
    encoded: bytes = key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def self_signed(
    key: Any,
    name: str = "order-service",
    *,
    start: datetime = START,
    end: datetime = END,
) -> bytes:
    """Return a certificate that a key signed for itself, as PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        # OpenSSL tells certificates of one name apart by these.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False
        )
    )
    hash_algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key, hash_algorithm).public_bytes(Encoding.PEM)


def thumbprint(certificate: bytes) -> bytes:
    """Return the SHA-256 digest of a certificate."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(SHA256())
