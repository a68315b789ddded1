"""Private keys and certificates as PEM: given, or in a file that's read anew.

Whatever is wrong is an `Unusable`: its message names the thing and the way out,
and holds nothing of it.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from s2sauth.errors import ConfigurationError

__all__ = ["Missing", "PemInput", "PemSource", "Unusable", "read_chain", "read_key"]

PemInput: TypeAlias = str | bytes | os.PathLike[str]

_BEGIN = "-----BEGIN"
_BLOCK = re.compile(
    rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL
)


class Unusable(Exception):
    """A key or certificate that can't be used; the message says why."""


class Missing(Unusable):
    """Its file isn't there (yet)."""


@dataclass(frozen=True, slots=True)
class PemSource:
    """Where a PEM text comes from. Its repr shows nothing of it.

    Args:
        name: How messages call it.
        path: Its file; None: it was given.
        given: The text; None: it's in a file.
    """

    name: str
    path: str | None
    given: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, argument: str, value: PemInput) -> "PemSource":
        """Tell a PEM text from a path.

        Args:
            argument: The argument's name, for messages.
            value: Bytes are PEM; a string is if it says so, else a path.

        Raises:
            ConfigurationError: It's empty, or neither.
        """
        if isinstance(value, str) and _BEGIN in value:
            value = value.encode("utf-8", "surrogatepass")
        if isinstance(value, bytes) and value:
            return cls(f"the {argument}", None, value)
        if isinstance(value, (str, os.PathLike)) and os.fspath(value):
            path = os.fspath(value)
            return cls(f"the {argument} file {path!r}", path)
        del value
        message = f"{argument} must be PEM text, or the path of a PEM file"
        raise ConfigurationError(message)

    def read(self) -> bytes:
        """Return the text as it is now.

        Raises:
            Unusable: The file can't be read, or is empty.
        """
        if self.given is not None:
            return self.given
        assert self.path is not None  # noqa: S101 - one of the two is always there
        try:
            content = Path(self.path).read_bytes()
        except FileNotFoundError:
            message = f"{self.name} can't be read: it isn't there"
            raise Missing(message) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "this can't be a path"
            message = f"{self.name} can't be read: {why}"
            raise Unusable(message) from None
        if not content.strip():
            message = f"{self.name} is empty"
            raise Unusable(message)
        return content


def read_key(name: str, pem: bytes, passphrase: bytes | None) -> PrivateKeyTypes:
    """Parse a private key.

    Raises:
        Unusable: It's none, or the passphrase doesn't open it.
    """
    if problem := _not_private(pem):
        message = f"{name} {problem}"
        raise Unusable(message)
    encrypted = b"ENCRYPTED" in pem
    if encrypted and passphrase is None:
        message = f"{name} is encrypted: pass passphrase="
        raise Unusable(message)
    if passphrase is not None and not encrypted:
        message = f"{name} isn't encrypted: leave passphrase= out"
        raise Unusable(message)
    try:
        return load_pem_private_key(pem, passphrase)
    except UnsupportedAlgorithm:
        message = f"{name} holds a kind of key that isn't supported"
    except (ValueError, TypeError):
        message = (
            f"{name} can't be decrypted: the passphrase is wrong, or the file damaged"
            if encrypted
            else f"{name} is no whole PEM private key (PKCS #8, PKCS #1 or SEC 1)"
        )
    raise Unusable(message)


def _not_private(pem: bytes) -> str | None:
    if b"PRIVATE KEY-----" in pem:
        return None
    if b"PUBLIC KEY-----" in pem:
        return "holds a public key: the private one of the pair is needed"
    if b"BEGIN CERTIFICATE-----" in pem:
        return "holds a certificate: the private key that belongs to it is needed"
    return "holds no PEM private key (-----BEGIN PRIVATE KEY-----)"


def read_chain(name: str, pem: bytes) -> tuple[x509.Certificate, bytes]:
    """Parse a certificate; return it, and the PEM of it and of those that follow.

    Whatever else stands in the file, such as its key, is left out.

    Raises:
        Unusable: It's none.
    """
    blocks = _BLOCK.findall(pem)
    if not blocks:
        message = f"{name} holds no PEM certificate (-----BEGIN CERTIFICATE-----)"
        raise Unusable(message)
    try:
        leaf, *_ = [x509.load_pem_x509_certificate(block) for block in blocks]
        leaf.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = f"{name} is no whole PEM certificate"
    else:
        return leaf, b"\n".join(blocks) + b"\n"
    raise Unusable(message)
