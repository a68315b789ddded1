"""A throwaway certificate authority, made anew for a test."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Fixed, so that no test looks at the time; long enough for any of them.
_START = datetime(2020, 1, 1, tzinfo=UTC)
_END = _START + timedelta(days=365 * 80)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class KeyPair(NamedTuple):
    """A certificate and its private key, both PEM."""

    cert_pem: bytes
    key_pem: bytes

    def write(self, folder: Path, stem: str = "server") -> tuple[Path, Path]:
        """Write both into `folder`, and return the two paths."""
        cert, key = folder / f"{stem}.pem", folder / f"{stem}.key"
        cert.write_bytes(self.cert_pem)
        key.write_bytes(self.key_pem)
        return cert, key

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """Return a TLS context for a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.write(folder))
        return context


class CertificateAuthority:
    """Issues certificates; `cert_pem` is what clients must trust."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        builder = _builder(self._name, self._name, self._key)
        for extension in (
            x509.BasicConstraints(ca=True, path_length=0),
            _usage("key_cert_sign", "crl_sign"),
        ):
            builder = builder.add_extension(extension, critical=True)
        self.cert_pem = builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def issue(self, name: str, ips: Sequence[str] = ("127.0.0.1",)) -> KeyPair:
        """Issue a certificate for a DNS name and addresses, for either end."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name), *(x509.IPAddress(ip_address(ip)) for ip in ips)]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._key.public_key()
        )
        either = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            _builder(_named(name), self._name, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage(either), critical=False)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(issuer, critical=False)
        )
        certificate = builder.sign(self._key, SHA256())
        return KeyPair(certificate.public_bytes(Encoding.PEM), _pem(key))

    def write(self, folder: Path) -> Path:
        """Write the authority's certificate into `folder`, and return its path."""
        path = folder / "ca.pem"
        path.write_bytes(self.cert_pem)
        return path


def make_ca(name: str = "s2sauth tests") -> CertificateAuthority:
    """Make a certificate authority that no one else trusts."""
    return CertificateAuthority(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_START)
        .not_valid_after(_END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in granted for usage in _USAGES})


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
