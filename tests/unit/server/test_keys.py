"""One JWK: bound to its algorithms, or refused with a reason; and the signature step."""

from typing import Any

import pytest

from s2sauth._base.strict import decode_base64url
from s2sauth.server.algorithms import SUPPORTED
from s2sauth.server.keys import BoundKey, KeyUnusable, read_jwk
from s2sauth.server.weak_rsa import is_roca
from support.rfc_vectors import VECTORS, Vector
from support.tokens import b64, ec_key, ed_key, jwk_of, number, rsa_key, sign_with

RSA = jwk_of(rsa_key(), kid="k")
EC = jwk_of(ec_key(), kid="k")
ED = jwk_of(ed_key(), kid="k")
DATA = b"e30.e30"


def bound(jwk, *allowed: str) -> BoundKey:
    """Make a key of a JWK, for all algorithms unless some are named."""
    return BoundKey(read_jwk(jwk), allowed or tuple(SUPPORTED))


def fitting(jwk) -> list[str]:
    """List the algorithms that a JWK is bound to."""
    key = bound(jwk)
    return [name for name in SUPPORTED if key.fits(name)]


def private_key_for(algorithm: str) -> Any:
    """Return a key that signs with an algorithm."""
    facts = SUPPORTED[algorithm]
    if facts.curve is None:
        return rsa_key()
    return ed_key() if facts.key_type == "OKP" else ec_key(curve=facts.curve)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.source)
def test_rfc_vector(vector: Vector):
    """The signature step accepts what the RFCs print, and nothing one bit off."""
    signing_input, _, segment = vector.token.encode().rpartition(b".")
    signature = decode_base64url(segment)
    key = bound(vector.jwk)
    spoilt = bytes([signature[0] ^ 1]) + signature[1:]

    assert key.verifies(vector.algorithm, signing_input, signature)
    assert not key.verifies(vector.algorithm, signing_input, spoilt)
    assert not key.verifies(vector.algorithm, signing_input + b"A", signature)


@pytest.mark.parametrize("algorithm", SUPPORTED)
def test_every_algorithm(algorithm):
    """Each algorithm verifies what was signed with it, and nothing that's longer."""
    private = private_key_for(algorithm)
    key = bound(jwk_of(private), algorithm)
    signature = sign_with(private, algorithm, DATA)

    assert key.verifies(algorithm, DATA, signature)
    assert not key.verifies(algorithm, DATA, signature + b"\0")
    assert not key.verifies(algorithm, DATA, b"\0" + signature)
    assert not key.verifies(algorithm, DATA, b"")


@pytest.mark.parametrize(
    ("jwk", "algorithms"),
    [
        (RSA, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        ({**RSA, "alg": "RS256"}, ["RS256"]),
        ({**RSA, "alg": "PS512"}, ["PS512"]),
        (EC, ["ES256"]),
        (jwk_of(ec_key(curve="P-384")), ["ES384"]),
        (jwk_of(ec_key(curve="P-521")), ["ES512"]),
        (ED, ["EdDSA"]),
    ],
)
def test_bound_to(jwk, algorithms):
    """A key fits the algorithms of its kind, curve and `alg`, and no other."""
    assert algorithms == fitting(jwk)


def test_only_allowed_algorithms():
    """What isn't allowed isn't built: such a key is there, and not usable."""
    key = bound(RSA, "ES256")

    assert not key.usable
    assert not key.fits("RS256")


@pytest.mark.parametrize(
    ("spoilt", "sibling", "why"),
    [
        ("a string", RSA, "no JSON object"),
        (None, RSA, "no JSON object"),
        ({**RSA, "kid": 7}, RSA, "kid"),
        ({**RSA, "kid": "k" * 257}, {**RSA, "kid": "k" * 256}, "kid"),
        ({**RSA, "kty": "rsa"}, RSA, "kty"),
        ({**RSA, "kty": ["RSA"]}, RSA, "kty"),
        ({"kty": "oct", "k": "AAAA"}, RSA, "symmetric"),
        ({**RSA, "use": "enc"}, {**RSA, "use": "sig"}, "use"),
        ({**RSA, "use": None}, RSA, "use"),
        ({**RSA, "key_ops": ["sign"]}, {**RSA, "key_ops": ["verify"]}, "key_ops"),
        ({**RSA, "key_ops": "verify"}, RSA, "key_ops"),
        ({**RSA, "d": "AAAA"}, RSA, "private"),
        ({**RSA, "k": "AAAA"}, RSA, "private"),
        ({**EC, "d": "AAAA"}, EC, "private"),
        ({**RSA, "alg": "HS256"}, RSA, "alg"),
        ({**RSA, "alg": "ES256"}, RSA, "alg"),
        ({**RSA, "alg": "RSA-OAEP"}, RSA, "alg"),
        ({**RSA, "alg": ["RS256"]}, RSA, "alg"),
        ({**EC, "alg": "ES384"}, {**EC, "alg": "ES256"}, "alg"),
        ({**EC, "kty": "OKP"}, EC, "alg"),
        ({**RSA, "n": "A"}, RSA, "its n is missing"),
        ({**RSA, "n": RSA["n"] + "=="}, RSA, "its n is missing"),
        ({**RSA, "n": "é"}, RSA, "its n is missing"),
        ({**RSA, "e": 65537}, RSA, "its e is missing"),
        (jwk_of(rsa_key("small", 1024)), RSA, "1024 bits"),
        ({**RSA, "n": number(2**2047)}, RSA, "even"),
        ({**RSA, "n": number(2**20000 + 1)}, RSA, "20001 bits"),
        ({**RSA, "e": number(1)}, RSA, "exponent"),
        ({**RSA, "e": number(65536)}, RSA, "exponent"),
        ({**RSA, "e": number(2**64 + 1)}, RSA, "exponent"),
        ({**EC, "crv": "secp256k1"}, EC, "crv"),
        ({**EC, "crv": 256}, EC, "crv"),
        ({**EC, "x": b64(b"1" * 31)}, EC, "its x isn't as long"),
        ({**EC, "y": b64(b"\0" + b"1" * 32)}, EC, "its y"),
        ({**EC, "y": number(7, 32)}, EC, "off the curve"),
        ({**ED, "x": EC["x"] + "AAAA"}, ED, "its x"),
        ({**ED, "crv": "Ed448"}, ED, "crv"),
    ],
)
def test_unusable(spoilt, sibling, why):
    """A key that breaks a rule is refused with that rule; its sibling is taken."""
    assert bound(sibling).usable
    with pytest.raises(KeyUnusable, match=why):
        bound(spoilt)


def test_leading_zero_of_a_modulus():
    """A modulus with a leading zero octet, as some servers write it, is the same key."""
    octets = decode_base64url(RSA["n"].encode())
    key = bound({**RSA, "n": b64(b"\0" + octets)}, "RS256")

    assert key.verifies("RS256", DATA, sign_with(rsa_key(), "RS256", DATA))


def test_sound_moduli_are_no_roca():
    """Moduli of a sound generator don't bear the faulty one's fingerprint."""
    moduli = [rsa_key(name).public_key().public_numbers().n for name in ("main", "b")]

    assert [False, False] == [is_roca(modulus) for modulus in moduli]
