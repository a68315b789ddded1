"""A shared secret that never crosses the wire: it signs an assertion."""

import hmac
import warnings
from dataclasses import dataclass, field
from typing import Literal

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.credentials._assertion import assertion_authentication, make_assertion
from s2sauth.credentials._shared import Unpicklable
from s2sauth.credentials._shared_secret import renew_secret, secret_version
from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError
from s2sauth.secret_sources import SecretSource, check_secret, read_secret

__all__ = ["ClientSecretJwt"]

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


@dataclass(frozen=True, slots=True)
class ClientSecretJwt(Unpicklable):
    """A shared secret that signs an assertion (`client_secret_jwt`, RFC 7523 §2.2).

    Each try bears a fresh assertion that ends after 60 seconds; its `iat` and `nbf`
    lie 5 seconds back, for servers whose clocks do. A secret shorter than the hash
    makes a `UserWarning`, no refusal: the server chose it. Its repr shows no
    secret, and pickling it is an error. Safe to share between threads.

    Args:
        secret: The secret, or a source that's asked at each fetch: `FileSecret`,
            `EnvSecret`, `VaultSecret`, `AwsSecret`, or any callable.
        algorithm: `HS256`, `HS384` or `HS512`, as registered at the server.
        clock: What `iat`, `nbf` and `exp` are taken from; for tests.

    Raises:
        ConfigurationError: An empty secret, or an unknown algorithm.
    """

    secret: str | SecretSource = field(repr=False)
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    clock: Clock = field(default=SYSTEM_CLOCK, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_secret(self.secret)
        if self.algorithm not in _HASHES:
            message = (
                f"algorithm must be one of {', '.join(_HASHES)}; with a private key, "
                "use PrivateKeyJwt"
            )
            raise ConfigurationError(message)
        if isinstance(self.secret, str):
            self._warn_if_short(len(self.secret.encode("utf-8", "surrogatepass")))

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return a fresh assertion, signed with the secret.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        header = {"alg": self.algorithm, "typ": "JWT"}
        assertion = make_assertion(context, header, self._sign, self.clock)
        return assertion_authentication(context, assertion)

    def version(self) -> str:
        """Name the secret as it is now, by a digest that only this process knows.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        return secret_version(self.secret)

    def renew(self, refused: str) -> None:
        """Have the source asked again, if it's the current secret that was refused.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        renew_secret(self.secret, refused)

    def _sign(self, data: bytes) -> bytes:
        secret = read_secret(self.secret).encode("utf-8", "surrogatepass")
        if not isinstance(self.secret, str):
            self._warn_if_short(len(secret))
        return hmac.digest(secret, data, _HASHES[self.algorithm])

    def _warn_if_short(self, size: int) -> None:
        needed = hmac.new(b"", b"", _HASHES[self.algorithm]).digest_size
        if size < needed:
            message = (
                f"the secret is shorter than the {needed} bytes that {self.algorithm} "
                "asks for (RFC 7518 §3.2): have the server make a longer one"
            )
            warnings.warn(message, UserWarning, stacklevel=4)
