"""Keys, and tokens signed with them: the same for every library."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://sso.example.com/realms/shop"
AUDIENCE = "https://payment-service.internal"
SCOPE = "payments:write"
_COORDINATE = 32  # bytes, on P-256 and for Ed25519
_LIFETIME = 3600


@dataclass(frozen=True)
class SigningKey:
    """A private key with its public JWK."""

    algorithm: str
    jwk: dict[str, str]
    sign: Callable[[bytes], bytes]
    public: Any

    def token(self, number: int, *, length: int = 0, key_id: str | None = None) -> str:
        """Return a token of its own for each number.

        Args:
            number: Goes into `jti` and the client's name.
            length: Characters at the least: a claim is made long enough.
            key_id: In the header, in place of the key's own.
        """
        header = {
            "alg": self.algorithm,
            "typ": "JWT",
            "kid": key_id or self.jwk["kid"],
        }
        bare = self._signed(header, _claims(number))
        if len(bare) >= length:
            return bare
        missing = (length - len(bare)) * 3 // 4 - len(',"acr":""')
        return self._signed(header, _claims(number) | {"acr": "x" * missing})

    def _signed(self, header: dict[str, str], claims: dict[str, Any]) -> str:
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        return f"{signed}.{_base64url(self.sign(signed.encode()))}"


def _claims(number: int) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "1e887d3a-dd41-53b7-871e-2a4533f896c7",
        "exp": now + _LIFETIME,
        "iat": now,
        "jti": f"trrtcc:{number:08d}",
        "client_id": "order-service",
        "scope": SCOPE,
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encoded(value: dict[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _rsa(algorithm: str) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = private.public_key().public_numbers()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    scheme = pss if algorithm == "PS256" else padding.PKCS1v15()
    jwk = {
        "kty": "RSA",
        "n": _base64url(_octets(numbers.n)),
        "e": _base64url(_octets(numbers.e)),
    }
    return SigningKey(
        algorithm,
        _named(jwk, algorithm),
        lambda data: private.sign(data, scheme, hashes.SHA256()),
        private.public_key(),
    )


def _es256() -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    x, y = (n.to_bytes(_COORDINATE, "big") for n in (numbers.x, numbers.y))
    jwk = {"kty": "EC", "crv": "P-256", "x": _base64url(x), "y": _base64url(y)}

    def sign(data: bytes) -> bytes:
        pair = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(n.to_bytes(_COORDINATE, "big") for n in pair)

    return SigningKey("ES256", _named(jwk, "ES256"), sign, private.public_key())


def _eddsa() -> SigningKey:
    private = ed25519.Ed25519PrivateKey.generate()
    x = private.public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(x)}
    return SigningKey("EdDSA", _named(jwk, "EdDSA"), private.sign, private.public_key())


def _named(jwk: dict[str, str], algorithm: str) -> dict[str, str]:
    return jwk | {"kid": f"key-of-{algorithm}", "use": "sig", "alg": algorithm}


def signing_key(algorithm: str) -> SigningKey:
    """Make a key for RS256 (2048 bits), PS256, ES256 or EdDSA (Ed25519)."""
    if algorithm == "ES256":
        return _es256()
    return _eddsa() if algorithm == "EdDSA" else _rsa(algorithm)


def parts(token: str) -> tuple[bytes, bytes]:
    """Return what was signed, and the decoded signature."""
    signed, _, signature = token.rpartition(".")
    return signed.encode(), base64.urlsafe_b64decode(signature + "==")
