"""The public keys that clients register, as members of a JWK (RFC 7517)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from s2sauth._base.strict import encode_base64url
from s2sauth.errors import ConfigurationError
from s2sauth.server.algorithms import SUPPORTED

__all__ = ["PublicKey", "fits", "jwk_of", "keys_in", "read_certificate", "verifies"]

PublicKey: TypeAlias = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
)
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def jwk_of(key: PublicKey | str | bytes) -> dict[str, str]:
    """Return a public key as a JWK.

    Args:
        key: One of `cryptography`'s, or a PEM text.

    Raises:
        ConfigurationError: It's no RSA, P-256, P-384, P-521 or Ed25519 public key.
    """
    public = _loaded(key) if isinstance(key, (str, bytes)) else key
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in _CURVES:
        size, point = (public.key_size + 7) // 8, public.public_numbers()
        x, y = _number(point.x, size), _number(point.y, size)
        return {"kty": "EC", "crv": _CURVES[public.curve.name], "x": x, "y": y}
    if isinstance(public, ed25519.Ed25519PublicKey):
        x = encode_base64url(public.public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "x": x}
    message = (
        "public_key must be an RSA, P-256, P-384, P-521 or Ed25519 public key, or "
        "the PEM text of one"
    )
    raise ConfigurationError(message)


def keys_in(jwks: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the keys of a JWKS.

    Raises:
        ConfigurationError: It's none, or holds something else than public keys.
    """
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not all(map(_is_public, keys)):
        message = 'jwks must be {"keys": […]} with public keys'
        raise ConfigurationError(message)
    return tuple(dict(key) for key in keys)


def read_certificate(pem: str | bytes) -> x509.Certificate:
    """Return the first certificate of a PEM text.

    Raises:
        ConfigurationError: There's none.
    """
    try:
        return x509.load_pem_x509_certificate(_encoded(pem))
    except ValueError:
        message = "certificate must be the PEM text of a certificate"
    raise ConfigurationError(message)


def fits(key: Mapping[str, str], name: str) -> bool:
    """Tell whether a JWK is for an algorithm."""
    algorithm = SUPPORTED.get(name)
    return (
        algorithm is not None
        and (key.get("kty"), key.get("crv")) == (algorithm.key_type, algorithm.curve)
        and key.get("alg", name) == name
        and key.get("use", "sig") == "sig"
    )


def verifies(key: Mapping[str, str], name: str, data: bytes, signature: bytes) -> bool:
    """Tell whether a signature is by a key that `fits`; python-jose says so."""
    return bool(SUPPORTED[name].build(key).verify(data, signature))


def _loaded(pem: str | bytes) -> object:
    try:
        return load_pem_public_key(_encoded(pem))
    except (ValueError, UnsupportedAlgorithm):
        return None


def _encoded(pem: str | bytes) -> bytes:
    return pem.encode("utf-8", "replace") if isinstance(pem, str) else pem


def _is_public(key: object) -> bool:
    return isinstance(key, Mapping) and "kty" in key and not {"d", "k"} & key.keys()


def _number(value: int, length: int | None = None) -> str:
    size = length or (value.bit_length() + 7) // 8
    return encode_base64url(value.to_bytes(size, "big"))
