"""Takes assertions apart, and checks them with other code than what made them."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from s2sauth.credentials import Authentication, AuthenticationContext, Credential

__all__ = ["CONTEXT", "assertion_of", "parts_of", "signature_holds"]

CONTEXT = AuthenticationContext(
    client_id="order-service",
    endpoint="https://sso.example.com/token",
    assertion_audience="https://sso.example.com",
)
_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def assertion_of(credential: Credential) -> str:
    """Return the assertion of one try."""
    proof: Authentication = credential.authenticate(CONTEXT)
    return proof.form["client_assertion"]


def parts_of(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims."""
    header, claims, _ = assertion.split(".")
    return json.loads(_decode(header)), json.loads(_decode(claims))


def signature_holds(assertion: str, public: Any, algorithm: str) -> bool:
    """Check a signature as RFC 7518 describes it; raises where it doesn't hold."""
    signed, _, encoded = assertion.rpartition(".")
    data, signature = signed.encode(), _decode(encoded)
    hash_algorithm = _HASHES.get(algorithm[2:])
    if algorithm == "EdDSA":
        public.verify(signature, data)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        assert half == (public.key_size + 7) // 8
        r, s = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(hash_algorithm))  # type: ignore[arg-type]  # known
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        pad: Any = padding.PKCS1v15()
        if algorithm.startswith("PS"):
            salt = hash_algorithm.digest_size  # type: ignore[union-attr]  # known
            pad = padding.PSS(padding.MGF1(hash_algorithm), salt)  # type: ignore[arg-type]  # known
        public.verify(signature, data, pad, hash_algorithm)  # type: ignore[arg-type]  # known
    return True


def _decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
