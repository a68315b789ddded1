"""A private key and, maybe, its certificate: checked, and reread when they change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from s2sauth._base.clock import Clock
from s2sauth.credentials._pem import Missing, PemSource, Unusable, read_chain, read_key
from s2sauth.credentials._shared import fingerprint
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import SecretSource, read_secret

__all__ = ["KeyPair", "Material", "Passphrase", "check_passphrase"]

_TIME = "%Y-%m-%dT%H:%M:%SZ"

Passphrase: TypeAlias = str | bytes | SecretSource | None


class _Apart(Unusable):
    """A key and a certificate that don't belong together."""


@dataclass(frozen=True, slots=True)
class Material:
    """What was read, and belongs together; its repr shows nothing of it.

    Args:
        version: Names it: other content, another version.
        key: The private key; None: it's elsewhere.
        leaf: The certificate, or None.
        chain: The PEM of it, and of those between it and its authority.
    """

    version: str
    key: PrivateKeyTypes | None = field(default=None, repr=False)
    leaf: x509.Certificate | None = field(default=None, repr=False)
    chain: bytes = field(default=b"", repr=False)

    def thumbprint(self) -> bytes:
        """Return the SHA-256 digest of the certificate (RFC 7515 §4.1.8)."""
        assert self.leaf is not None  # noqa: S101 - asked for only where there's one
        return self.leaf.fingerprint(hashes.SHA256())


class KeyPair:
    """Reads a key and its certificate, anew each time.

    While the two don't match, as in the middle of a swap, the last ones that did
    are used. Safe to share between threads: what's remembered is one immutable
    `Material`, published by one assignment.

    Args:
        key: Where the key is; None: elsewhere.
        certificate: Where its certificate is; None: there's none.
        passphrase: What opens the key.
        clock: What the certificate's end is judged by.
        misfit: Says what's wrong with a key, or None.
    """

    __slots__ = ("_certificate", "_clock", "_key", "_last", "_misfit", "_passphrase")

    def __init__(
        self,
        key: PemSource | None,
        certificate: PemSource | None,
        passphrase: Passphrase,
        clock: Clock,
        misfit: Callable[[PrivateKeyTypes], str | None] = lambda _key: None,
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._passphrase = passphrase
        self._clock = clock
        self._misfit = misfit
        self._last: Material | None = None

    def check(self) -> None:
        """Read it once, when a credential is made; files may still be to come.

        Raises:
            ConfigurationError: What's there can't be used.
        """
        try:
            self._read()
        except Missing:
            return
        except (Unusable, CredentialUnavailable) as problem:
            message = str(problem)
        else:
            return
        raise ConfigurationError(message)

    def current(self) -> Material:
        """Return the material as it is now.

        Raises:
            CredentialUnavailable: It can't be read, or can't be used.
        """
        try:
            return self._read()
        except (Unusable, CredentialUnavailable) as problem:
            message = str(problem)
        # Out here, where no frame holds what was read.
        raise CredentialUnavailable(message)

    def _read(self) -> Material:
        pems = [source.read() for source in (self._key, self._certificate) if source]
        version, last = fingerprint(*pems), self._last
        if last is None or last.version != version:
            try:
                last = self._parse(version, pems)
            except _Apart:
                if last is None:
                    raise
        self._check_dates(last)
        self._last = last
        return last

    def _parse(self, version: str, pems: list[bytes]) -> Material:
        key, leaf, chain = None, None, b""
        if self._key is not None:
            key = read_key(self._key.name, pems[0], self._opened_by())
            self._check_fit(self._key.name, key)
        if self._certificate is not None:
            leaf, chain = read_chain(self._certificate.name, pems[-1])
            self._check_together(key, leaf)
        return Material(version, key, leaf, chain)

    def _opened_by(self) -> bytes | None:
        given = self._passphrase
        if given is None or isinstance(given, bytes):
            return given
        return read_secret(given).encode("utf-8", "surrogatepass")

    def _check_fit(self, name: str, key: PrivateKeyTypes) -> None:
        problem = self._misfit(key)
        if problem:
            message = f"{name} {problem}"
            raise Unusable(message)

    def _check_together(
        self, key: PrivateKeyTypes | None, leaf: x509.Certificate
    ) -> None:
        if key is None or self._key is None or self._certificate is None:
            return
        if _spki(key.public_key()) != _spki(leaf.public_key()):
            message = (
                f"{self._certificate.name} doesn't belong to {self._key.name}: "
                "deploy the two together"
            )
            raise _Apart(message)

    def _check_dates(self, material: Material) -> None:
        if material.leaf is None or self._certificate is None:
            return
        now = datetime.fromtimestamp(self._clock.wall(), UTC)
        name, leaf = self._certificate.name, material.leaf
        if now >= leaf.not_valid_after_utc:
            message = f"{name} expired at {leaf.not_valid_after_utc:{_TIME}}: renew it"
            raise Unusable(message)
        if now < leaf.not_valid_before_utc:
            message = (
                f"{name} isn't valid before {leaf.not_valid_before_utc:{_TIME}}: "
                "check this machine's clock"
            )
            raise Unusable(message)


def _spki(public: object) -> bytes:
    encoded: bytes = public.public_bytes(  # type: ignore[attr-defined]  # every kind of key has it
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def check_passphrase(passphrase: object) -> None:
    """Check, when a credential is made, that `passphrase` can be one.

    Raises:
        ConfigurationError: Neither text, bytes nor a callable, or empty.
    """
    if passphrase is None or callable(passphrase):
        return
    if isinstance(passphrase, (str, bytes)) and passphrase:
        return
    del passphrase
    message = "passphrase must be text that isn't empty, a secret source, or None"
    raise ConfigurationError(message)
