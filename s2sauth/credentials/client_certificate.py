"""A certificate, shown in the TLS handshake."""

import os
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.tls_identity import TlsIdentity
from s2sauth.credentials._key_pair import KeyPair, Passphrase, check_passphrase
from s2sauth.credentials._pem import PemSource
from s2sauth.credentials._shared import Unpicklable
from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError, CredentialUnavailable

__all__ = ["ClientCertificate"]


@dataclass(frozen=True, slots=True)
class ClientCertificate(Unpicklable):
    """A certificate shown in the TLS handshake (RFC 8705 §2).

    Issued by an authority (`tls_client_auth`) or self-signed
    (`self_signed_tls_client_auth`): the server knows which. Both files are read anew
    at each fetch; new ones get connections of their own, and calls under way keep
    theirs. While certificate and key don't match, as in the middle of a swap, the
    last ones that did are used. A discovered provider's `mtls_endpoint_aliases` are
    honoured. Pickling it is an error. Safe to share between threads.

    Args:
        cert: The path of a PEM file: the certificate, and those between it and its
            authority.
        key: The path of a PEM file with its private key; may be the same file.
        passphrase: What opens an encrypted key: text, or a source such as
            `FileSecret`, which strips line ends.
        clock: What the certificate's end is judged by; for tests.

    Raises:
        ConfigurationError: A file that's there can't be used: no certificate, no
            private key, the two don't match, the certificate has expired. The
            message names it, and the way out.
    """

    shows_certificate: ClassVar[bool] = True

    cert: str | os.PathLike[str]
    key: str | os.PathLike[str]
    passphrase: Passphrase = field(default=None, kw_only=True, repr=False)
    clock: Clock = field(default=SYSTEM_CLOCK, kw_only=True, repr=False, compare=False)
    _pair: KeyPair = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_passphrase(self.passphrase)
        pair = KeyPair(
            _file("key", self.key),
            _file("cert", self.cert),
            self.passphrase,
            self.clock,
        )
        object.__setattr__(self, "_pair", pair)
        pair.check()

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return the client id, for the form, and what to show in the handshake.

        Raises:
            CredentialUnavailable: A file can't be read or used, or the endpoint
                isn't https.
        """
        if urlsplit(context.endpoint).scheme != "https":
            message = "a client certificate can't be shown over plain http: use https"
            raise CredentialUnavailable(message)
        material = self._pair.current()
        assert material.key is not None  # noqa: S101 - the pair has one
        return Authentication(
            form={"client_id": context.client_id},
            identity=TlsIdentity(material.version, material.chain, material.key),
        )

    def version(self) -> str:
        """Name certificate and key as they are now, by a digest of this process.

        Raises:
            CredentialUnavailable: A file can't be read or used.
        """
        return self._pair.current().version


def _file(argument: str, path: object) -> PemSource:
    if not isinstance(path, (str, os.PathLike)) or "-----BEGIN" in os.fspath(path):
        del path
        message = f"{argument} must be the path of a PEM file, which may then change"
        raise ConfigurationError(message)
    return PemSource.of(argument, path)
