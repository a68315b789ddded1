"""What a client shows of itself in the TLS handshake.

`ssl` reads certificates and keys from files only. Files that change could give it
a certificate and a key of different days; so what was read and checked goes to it
through a file of its own, where nobody else looks, encrypted by a random password.
"""

import os
import secrets
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["TlsIdentity", "temporary_file"]


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """A certificate with its private key; its repr shows neither.

    Args:
        version: Names both: another certificate or key, another version.
        chain: The certificate as PEM, and those between it and its authority.
        key: The private key, one of `cryptography`'s.
    """

    version: str
    chain: bytes = field(repr=False)
    key: Any = field(repr=False)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Have `context` show this certificate.

        Raises:
            OSError: There's no place for a temporary file, or OpenSSL refuses the
                pair (`ssl.SSLError` is an `OSError`).
        """
        # Loaded by those alone who have a certificate: it takes 25 ms.
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            PrivateFormat,
        )

        password = secrets.token_bytes(32).hex().encode()
        encrypted = self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        with temporary_file(self.chain.rstrip() + b"\n" + encrypted) as path:
            context.load_cert_chain(path, password=password)


@contextmanager
def temporary_file(
    content: bytes, *, in_memory: bool = hasattr(os, "memfd_create")
) -> Iterator[str]:
    """Give a path under which `content` can be read, until the block ends.

    Args:
        content: What stands there.
        in_memory: Whether it never touches a disk; where the system can do that,
            no writable folder is needed either (containers often have none).
    """
    if in_memory:
        descriptor = os.memfd_create("s2sauth", os.MFD_CLOEXEC)
        path = f"/proc/self/fd/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp(prefix="s2sauth-")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield path
    finally:
        os.close(descriptor)
        if not in_memory:
            Path(path).unlink()
