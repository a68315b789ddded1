"""Signatures of private keys (RFC 7518 §3, RFC 8037 §3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

__all__ = ["ALGORITHMS", "Algorithm"]

_LEAST_RSA = 2048  # bits (RFC 7518 §3.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One signature algorithm.

    Args:
        needs: The kind of key, in words.
        fits: Whether a private key is of that kind.
        sign: Signs with such a key.
        size: Bytes of a signature of r and s side by side; None: any number.
    """

    needs: str
    fits: Callable[[PrivateKeyTypes], bool]
    sign: Callable[[Any, bytes], bytes]
    size: int | None = None

    def from_signer(self, signature: object) -> bytes | None:
        """Return a foreign signature as JOSE wants it; None where it can't be one.

        Key services give ECDSA signatures as DER.
        """
        if not isinstance(signature, (bytes, bytearray)) or not signature:
            return None
        if self.size is None or len(signature) == self.size:
            return bytes(signature)
        try:
            return _side_by_side(bytes(signature), self.size)
        except (ValueError, OverflowError):  # no DER, or of another curve
            return None


def _side_by_side(der: bytes, size: int) -> bytes:
    """Put r and s next to each other (RFC 7518 §3.4)."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(size // 2, "big") + s.to_bytes(size // 2, "big")


def _rsa(
    hash_algorithm: hashes.HashAlgorithm, pad: padding.AsymmetricPadding
) -> Algorithm:
    def sign(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
        return key.sign(data, pad, hash_algorithm)

    return Algorithm(
        needs=f"an RSA key of at least {_LEAST_RSA} bits", fits=_is_rsa, sign=sign
    )


def _is_rsa(key: PrivateKeyTypes) -> bool:
    return isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA


def _pss(hash_algorithm: hashes.HashAlgorithm) -> Algorithm:
    """RSASSA-PSS, whose salt is as long as the hash (RFC 7518 §3.5)."""
    mask = padding.MGF1(hash_algorithm)
    return _rsa(hash_algorithm, padding.PSS(mask, hash_algorithm.digest_size))


def _ecdsa(curve: ec.EllipticCurve, hash_algorithm: hashes.HashAlgorithm) -> Algorithm:
    size = 2 * ((curve.key_size + 7) // 8)

    def fits(key: PrivateKeyTypes) -> bool:
        same = isinstance(key, ec.EllipticCurvePrivateKey)
        return same and key.curve.name == curve.name  # type: ignore[union-attr]  # `same` says so

    def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
        return _side_by_side(key.sign(data, ec.ECDSA(hash_algorithm)), size)

    needs = f"an EC key on the curve P-{curve.key_size}"
    return Algorithm(needs=needs, fits=fits, sign=sign, size=size)


def _eddsa() -> Algorithm:
    kinds = (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    return Algorithm(
        needs="an Ed25519 or Ed448 key",
        fits=lambda key: isinstance(key, kinds),
        sign=lambda key, data: key.sign(data),
    )


_PKCS1 = padding.PKCS1v15()
ALGORITHMS: Mapping[str, Algorithm] = {
    "RS256": _rsa(hashes.SHA256(), _PKCS1),
    "RS384": _rsa(hashes.SHA384(), _PKCS1),
    "RS512": _rsa(hashes.SHA512(), _PKCS1),
    "PS256": _pss(hashes.SHA256()),
    "PS384": _pss(hashes.SHA384()),
    "PS512": _pss(hashes.SHA512()),
    "ES256": _ecdsa(ec.SECP256R1(), hashes.SHA256()),
    "ES384": _ecdsa(ec.SECP384R1(), hashes.SHA384()),
    "ES512": _ecdsa(ec.SECP521R1(), hashes.SHA512()),
    "EdDSA": _eddsa(),
}
