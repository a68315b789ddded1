"""A private key that signs an assertion."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.strict import encode_base64url
from s2sauth.credentials._assertion import assertion_authentication, make_assertion
from s2sauth.credentials._key_pair import (
    KeyPair,
    Material,
    Passphrase,
    check_passphrase,
)
from s2sauth.credentials._pem import PemInput, PemSource
from s2sauth.credentials._shared import Unpicklable
from s2sauth.credentials._signing import ALGORITHMS
from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError, CredentialUnavailable

__all__ = ["PrivateKeyJwt", "Signer"]

Signer: TypeAlias = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class PrivateKeyJwt(Unpicklable):
    """A private key that signs an assertion (`private_key_jwt`, RFC 7523 §2.2).

    Each try bears a fresh assertion that ends after 60 seconds; its `iat` and `nbf`
    lie 5 seconds back, for servers whose clocks do. Files are read anew at each
    fetch, so that a key may be swapped while the service runs. Its repr shows no
    key, and pickling it is an error. Safe to share between threads.

    Args:
        key: A PEM text, the path of a PEM file, or a signer, such as a function that
            asks a KMS or an HSM: it gets the bytes to sign and returns the
            signature, ECDSA ones as JOSE or as DER has them.
        algorithm: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`,
            `ES384`, `ES512` or `EdDSA`, as registered at the server.
        key_id: The `kid` of the header; None: none.
        passphrase: What opens an encrypted key: text, or a source such as
            `FileSecret`, which strips line ends.
        certificate: A PEM text, or the path of a PEM file: its SHA-256 digest goes
            into the header as `x5t#S256`, as Entra ID wants it.
        clock: What `iat`, `nbf` and `exp` are taken from; for tests.

    Raises:
        ConfigurationError: An unknown algorithm; a key or certificate that's there
            and can't be used. The message names it, and the way out.
    """

    key: PemInput | Signer = field(repr=False)
    algorithm: str = "RS256"
    key_id: str | None = None
    passphrase: Passphrase = field(default=None, repr=False)
    certificate: PemInput | None = field(default=None, repr=False)
    clock: Clock = field(default=SYSTEM_CLOCK, kw_only=True, repr=False, compare=False)
    _pair: KeyPair = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            message = (
                f"algorithm must be one of {', '.join(ALGORITHMS)}; with a shared "
                "secret, use ClientSecretJwt"
            )
            raise ConfigurationError(message)
        check_passphrase(self.passphrase)
        if callable(self.key) and self.passphrase is not None:
            message = "passphrase opens a PEM key; a signer has none"
            raise ConfigurationError(message)
        if self.key_id is not None and not (self.key_id and type(self.key_id) is str):
            message = "key_id must be a string that isn't empty, or None"
            raise ConfigurationError(message)
        object.__setattr__(self, "_pair", self._key_pair())
        self._pair.check()

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return a fresh assertion, signed with the key as it is now.

        Raises:
            CredentialUnavailable: The key can't be read, or the signer failed.
        """
        material = self._pair.current()
        header = {"alg": self.algorithm, "typ": "JWT"}
        if self.key_id is not None:
            header["kid"] = self.key_id
        if material.leaf is not None:
            header["x5t#S256"] = encode_base64url(material.thumbprint())
        assertion = make_assertion(
            context, header, lambda data: self._sign(material, data), self.clock
        )
        return assertion_authentication(context, assertion)

    def version(self) -> str:
        """Name the key as it is now, by a digest that only this process knows.

        A signer's key is always the same, as far as we can tell.

        Raises:
            CredentialUnavailable: The key can't be read.
        """
        return self._pair.current().version

    def _key_pair(self) -> KeyPair:
        key, certificate = self.key, self.certificate
        return KeyPair(
            None if callable(key) else PemSource.of("key", key),
            None if certificate is None else PemSource.of("certificate", certificate),
            self.passphrase,
            self.clock,
            self._misfit,
        )

    def _misfit(self, key: PrivateKeyTypes) -> str | None:
        algorithm = ALGORITHMS[self.algorithm]
        if algorithm.fits(key):
            return None
        return f"doesn't match the algorithm: {self.algorithm} needs {algorithm.needs}"

    def _sign(self, material: Material, data: bytes) -> bytes:
        if callable(self.key):
            return self._by_signer(self.key, data)
        return ALGORITHMS[self.algorithm].sign(material.key, data)

    def _by_signer(self, signer: Signer, data: bytes) -> bytes:
        try:
            signature = signer(data)
        except CredentialUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a user's own signer may raise anything
            # Its words may hold anything; the kind of the error doesn't.
            message = f"the signer of the key failed ({type(error).__name__})"
        else:
            fitting = ALGORITHMS[self.algorithm].from_signer(signature)
            if fitting is not None:
                return fitting
            message = f"the signer of the key returned no {self.algorithm} signature"
        raise CredentialUnavailable(message)
