"""Which signatures can be checked, and what a key must be for each (RFC 7518 §3.1).

python-jose makes the keys and checks with them. What it lacks (PSS, EdDSA) are
`Key`s of its own kind over `cryptography`, used without its global registry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jose import jwk
from jose.backends.base import Key

from s2sauth._base.strict import decode_base64url

__all__ = ["SUPPORTED", "Algorithm"]


class _PssKey(Key):  # type: ignore[misc]  # python-jose ships no types
    """RSASSA-PSS (RFC 7518 §3.5): the salt is as long as the hash."""

    def __init__(self, public: Any, hash_algorithm: hashes.HashAlgorithm) -> None:
        self._public = public
        self._hash = hash_algorithm
        self._padding = padding.PSS(
            padding.MGF1(hash_algorithm), hash_algorithm.digest_size
        )

    def verify(self, msg: bytes, sig: bytes) -> bool:
        try:
            self._public.verify(sig, msg, self._padding, self._hash)
        except InvalidSignature:
            return False
        return True


class _Ed25519Key(Key):  # type: ignore[misc]  # python-jose ships no types
    """EdDSA over Ed25519 (RFC 8037 §3.1)."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public

    def verify(self, msg: bytes, sig: bytes) -> bool:
        try:
            self._public.verify(sig, msg)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One signature algorithm.

    Args:
        name: Its `alg` (RFC 7518 §3.1, RFC 8037 §3.1).
        key_type: The `kty` of its keys.
        curve: The `crv` of its keys; None for RSA.
        build: Makes the key that verifies, of a public JWK already checked.
    """

    name: str
    key_type: str
    curve: str | None
    build: Callable[[Mapping[str, str]], Key]


def _by_python_jose(name: str) -> Callable[[Mapping[str, str]], Key]:
    return lambda members: jwk.construct(dict(members), name)


def _by_pss(
    hash_algorithm: hashes.HashAlgorithm,
) -> Callable[[Mapping[str, str]], Key]:
    # python-jose reads the numbers; its RS256 key holds what PSS needs too.
    return lambda members: _PssKey(
        jwk.construct(dict(members), "RS256").prepared_key, hash_algorithm
    )


def _ed25519(members: Mapping[str, str]) -> Key:
    point = decode_base64url(members["x"].encode("ascii"))
    return _Ed25519Key(Ed25519PublicKey.from_public_bytes(point))


def _rsa(name: str) -> Algorithm:
    return Algorithm(name=name, key_type="RSA", curve=None, build=_by_python_jose(name))


def _pss(name: str, hash_algorithm: hashes.HashAlgorithm) -> Algorithm:
    return Algorithm(
        name=name, key_type="RSA", curve=None, build=_by_pss(hash_algorithm)
    )


def _ec(name: str, curve: str) -> Algorithm:
    return Algorithm(name=name, key_type="EC", curve=curve, build=_by_python_jose(name))


SUPPORTED: Mapping[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        _rsa("RS256"),
        _rsa("RS384"),
        _rsa("RS512"),
        _pss("PS256", hashes.SHA256()),
        _pss("PS384", hashes.SHA384()),
        _pss("PS512", hashes.SHA512()),
        _ec("ES256", "P-256"),
        _ec("ES384", "P-384"),
        _ec("ES512", "P-521"),
        Algorithm(name="EdDSA", key_type="OKP", curve="Ed25519", build=_ed25519),
    )
}
