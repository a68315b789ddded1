"""The keys that the embedded server signs with, and the set that it publishes."""

import secrets
import threading
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from s2sauth._base.strict import encode_base64url
from s2sauth.errors import ConfigurationError

__all__ = ["ALGORITHMS", "KeyRing", "PrivateKey", "SigningKey", "new_signing_key"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
ALGORITHMS = ("RS256", "ES256")
_RSA_BITS = 2048  # 30 ms to make, on average
_COORDINATE = 32  # bytes, for P-256


class SigningKey:
    """A private key with its name. Its repr shows the name alone.

    Args:
        key: An RSA key (RS256) or a P-256 key (ES256).
        kid: Its name in the key set; None: a random one.
    """

    def __init__(self, key: PrivateKey, kid: str | None = None) -> None:
        self._key = key
        self.kid = kid or secrets.token_urlsafe(16)
        self.algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"

    def __repr__(self) -> str:
        return f"<SigningKey kid={self.kid!r} {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """Sign as RFC 7518 §3.3 (RS256) or §3.4 (ES256) says."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), SHA256())
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")

    def jwk(self) -> dict[str, Any]:
        """Return the public half, as it stands in a key set (RFC 7517)."""
        named = {"kid": self.kid, "alg": self.algorithm, "use": "sig"}
        return {**named, **_public_members(self._key)}


class KeyRing:
    """One key that signs, and the older ones that still verify. Thread-safe.

    Args:
        algorithm: `RS256` or `ES256`, for the first key.
        with_encryption_key: Whether the set holds an RSA-OAEP key too, as
            Keycloak's does.
    """

    def __init__(self, algorithm: str, *, with_encryption_key: bool = False) -> None:
        self._lock = threading.Lock()  # guards `_keys`
        self._keys = [new_signing_key(algorithm)]
        self._extra = [_encryption_jwk()] if with_encryption_key else []

    @property
    def current(self) -> SigningKey:
        """The key that signs now."""
        return self._keys[-1]

    def __contains__(self, kid: str) -> bool:
        return any(key.kid == kid for key in self._keys)

    def rotate(self, *, keep_old: bool, algorithm: str | None) -> SigningKey:
        """Make a new key the one that signs."""
        key = new_signing_key(algorithm or self.current.algorithm)
        with self._lock:
            self._keys = [*self._keys, key] if keep_old else [key]
        return key

    def remove(self, kid: str) -> None:
        """Take an old key out of the set.

        Raises:
            ConfigurationError: There's none of that name, or it's the one that
                signs.
        """
        with self._lock:
            if self.current.kid == kid or kid not in self:
                message = "kid must name an old key of the set: rotate_keys() first"
                raise ConfigurationError(message)
            self._keys = [key for key in self._keys if key.kid != kid]

    def jwks(self) -> dict[str, Any]:
        """Return the key set; the encryption key first, for those who take any."""
        return {"keys": [*self._extra, *(key.jwk() for key in self._keys)]}


def new_signing_key(algorithm: str) -> SigningKey:
    """Make a key.

    Raises:
        ConfigurationError: `algorithm` is neither RS256 nor ES256.
    """
    if algorithm == "RS256":
        return SigningKey(rsa.generate_private_key(65537, _RSA_BITS))
    if algorithm == "ES256":
        return SigningKey(ec.generate_private_key(ec.SECP256R1()))
    message = f"signing_algorithm must be one of {', '.join(ALGORITHMS)}"
    raise ConfigurationError(message)


def as_signing_key(key: SigningKey | PrivateKey | str | bytes) -> SigningKey:
    """Return a key of anyone's: one of ours, `cryptography`'s, or a PEM text.

    Raises:
        ConfigurationError: It's no RSA or P-256 private key.
    """
    if isinstance(key, SigningKey):
        return key
    if isinstance(key, (str, bytes)):
        pem = key.encode() if isinstance(key, str) else key
        try:
            return as_signing_key(load_pem_private_key(pem, None))  # type: ignore[arg-type]  # checked below
        except (ValueError, TypeError):
            del key, pem
        message = "key: this can't be read as an unencrypted PEM private key"
        raise ConfigurationError(message)
    p256 = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size == 256  # noqa: PLR2004 - the P-256
    if p256 or isinstance(key, rsa.RSAPrivateKey):
        return SigningKey(key)
    message = "key must be an RSA or P-256 private key"
    raise ConfigurationError(message)


def _public_members(key: PrivateKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(public.n), "e": _number(public.e)}
    point = key.public_key().public_numbers()
    x, y = _number(point.x, _COORDINATE), _number(point.y, _COORDINATE)
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _number(value: int, length: int | None = None) -> str:
    size = length or (value.bit_length() + 7) // 8
    return encode_base64url(value.to_bytes(size, "big"))


@cache
def encryption_key() -> SigningKey:
    """Return the process's key for encryption: nobody may verify with it.

    Made once: it signs nothing but a test's forgeries, so servers may share it.
    """
    return new_signing_key("RS256")


def _encryption_jwk() -> dict[str, Any]:
    return {**encryption_key().jwk(), "alg": "RSA-OAEP", "use": "enc"}
