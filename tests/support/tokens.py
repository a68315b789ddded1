"""Makes tokens, good and bad, and serves keys from memory."""

import base64
import json
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from s2sauth.errors import VerifierUnavailable
from s2sauth.providers import keycloak
from s2sauth.server.jwks_endpoint import FetchedKeys
from s2sauth.testing import FakeClock

PROVIDER = keycloak("https://sso.example.com", realm="mycompany")
AUDIENCE = "https://payment-service.internal"
WITHOUT = object()  # in place of a value: leave the member out

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def b64(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def number(value: int, length: int | None = None) -> str:
    """Encode a number as JWKs do."""
    return b64(value.to_bytes(length or max((value.bit_length() + 7) // 8, 1), "big"))


def rsa_key(name: str = "main", bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the RSA key of that name: the same in the whole run."""
    return _new_rsa_key(name, bits)


@cache
def _new_rsa_key(_name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def ec_key(name: str = "main", curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    """Return the EC key of that name: the same in the whole run."""
    return _new_ec_key(name, curve)


@cache
def _new_ec_key(_name: str, curve: str) -> ec.EllipticCurvePrivateKey:
    curves: dict[str, ec.EllipticCurve] = {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
    }
    return ec.generate_private_key(curves[curve])


@cache
def ed_key(name: str = "main") -> ed25519.Ed25519PrivateKey:
    """Return the Ed25519 key of that name: the same in the whole run."""
    return ed25519.Ed25519PrivateKey.generate()


def jwk_of(key: Any, **members: Any) -> dict[str, Any]:
    """Return the public JWK of a private key, with more members."""
    return {**_public_members(key), **members}


def _public_members(key: Any) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers()
        return {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        x = key.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(x)}
    point = key.public_key().public_numbers()
    length = (key.key_size + 7) // 8
    return {
        "kty": "EC",
        "crv": {256: "P-256", 384: "P-384", 521: "P-521"}[key.key_size],
        "x": number(point.x, length),
        "y": number(point.y, length),
    }


def sign_with(key: Any, algorithm: str, data: bytes) -> bytes:
    """Sign as `algorithm` says, whatever the key is bound to."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    digest = HASHES[algorithm[2:]]
    if isinstance(key, rsa.RSAPrivateKey):
        if algorithm.startswith("PS"):
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return key.sign(data, pss, digest)
        return key.sign(data, padding.PKCS1v15(), digest)
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
    length = (key.key_size + 7) // 8
    return r.to_bytes(length, "big") + s.to_bytes(length, "big")


def dumps(value: Any) -> bytes:
    """Return JSON without spaces; a lone surrogate stays an escape."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class Signer:
    """An issuer's signing half. By default everything about its tokens is good.

    Args:
        clock: What `iat` and `exp` are counted from.
        issuer: What it calls itself.
    """

    def __init__(self, clock: FakeClock, issuer: str = PROVIDER.issuer) -> None:
        self.clock = clock
        self.issuer = issuer

    @property
    def now(self) -> int:
        return int(self.clock.wall())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return good claims, with changes."""
        good = {
            "exp": self.now + 300,
            "iat": self.now,
            "jti": "trrtcc:3f1c6f9c-8e5a-4bb5-9d0c-2b7f6e1f1f53",
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "5a0e1d5e-0f3b-4f0e-a7a1-d9ab3c3c8b1f",
            "typ": "Bearer",
            "azp": "order-service",
            "scope": "payments:write",
            "client_id": "order-service",
        }
        return _changed(good, changes)

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return a good header, with changes."""
        return _changed({"alg": "RS256", "typ": "JWT", "kid": "rsa"}, changes)

    def token(
        self,
        header: dict[str, Any] | None = None,
        claims: dict[str, Any] | None = None,
        key: Any = None,
    ) -> str:
        """Return a token, signed as its header says."""
        header = self.header(**header or {})
        return self.raw(
            dumps(header),
            dumps(self.claims(**claims or {})),
            key=key,
            algorithm=header["alg"],
        )

    def ec_token(self, **claims: Any) -> str:
        """Return a token signed by the EC key."""
        return self.token({"alg": "ES256", "kid": "ec"}, claims)

    def raw(
        self,
        header: bytes,
        payload: bytes,
        *,
        key: Any = None,
        algorithm: str = "RS256",
    ) -> str:
        """Return a token of any bytes, with a good signature."""
        signing_input = f"{b64(header)}.{b64(payload)}"
        key = key or (ec_key() if algorithm.startswith("ES") else rsa_key())
        signature = sign_with(key, algorithm, signing_input.encode("ascii"))
        return f"{signing_input}.{b64(signature)}"


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not WITHOUT}


def key_set(*more: dict[str, Any]) -> dict[str, Any]:
    """Return the good keys that `Signer` signs with, and more."""
    return {
        "keys": [
            *more,
            jwk_of(rsa_key(), kid="rsa", alg="RS256", use="sig"),
            jwk_of(ec_key(), kid="ec", alg="ES256", use="sig"),
        ]
    }


class FakeKeys:
    """A JWKS endpoint in memory: a `KeyFetch`.

    Args:
        document: What it answers.

    Attributes:
        document: What it answers next; an exception is raised instead.
        max_age: What it says of the document's freshness.
        calls: Whether each fetch so far was a patient one.
    """

    def __init__(self, document: Any = None) -> None:
        self.document: Any = key_set() if document is None else document
        self.max_age: float | None = None
        self.calls: list[bool] = []
        self.during: Callable[[], None] = lambda: None
        self._lock = threading.Lock()  # guards `calls`

    def __call__(self, deadline: float, *, patient: bool) -> FetchedKeys:
        with self._lock:
            self.calls.append(patient)
        document = self.document
        self.during()
        if isinstance(document, Exception):
            raise document
        return FetchedKeys(document, self.max_age)

    def fail(self, message: str = "the key set: HTTP 500") -> None:
        """Answer no more."""
        self.document = VerifierUnavailable(message)
