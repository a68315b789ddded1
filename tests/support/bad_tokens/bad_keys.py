"""A key set that holds every bad key of the table among the good ones."""

from typing import Any

from support.tokens import ec_key, jwk_of, key_set, number, rsa_key


def _faulty_modulus() -> int:
    """Return a modulus with the fingerprint of the generator called ROCA."""
    primes = [
        3,
        5,
        7,
        11,
        *(p for p in range(13, 168) if all(p % d for d in range(2, 13))),
    ]
    product = 1
    for prime in primes:
        product *= prime
    residue = pow(65537, 12345, product)
    multiple = (1 << 2047) // product + 1
    while (multiple * product + residue) % 2 == 0:
        multiple += 1
    return multiple * product + residue


def key_set_with_bad_keys() -> dict[str, Any]:
    """Return a key set with every bad key of the table among the good ones."""
    good = jwk_of(rsa_key(), alg="RS256", use="sig")
    point = jwk_of(ec_key(), alg="ES256")
    e1 = {**good, "kid": "e-1", "e": number(1)}
    off_curve = {**point, "kid": "off-curve", "y": number(7, 32)}
    return key_set(
        {"kty": "foreign", "kid": "foreign", "alg": "RS256"},
        {"kty": "oct", "kid": "empty-secret", "k": "", "alg": "HS256"},
        {**good, "kid": "rs512", "alg": "RS512"},
        {**good, "kid": "for-encryption", "use": "enc"},
        {**good, "kid": "ops-encrypt", "key_ops": ["encrypt"]},
        {**good, "kid": "ops-verify", "key_ops": ["verify"]},
        {**jwk_of(rsa_key("twin")), "kid": "twice", "alg": "RS256"},
        {**good, "kid": "twice"},
        {**point, "kid": "crv", "crv": "P-256K"},
        {**good, "kid": "no-n", "n": None},
        {name: value for name, value in good.items() if name != "e"} | {"kid": "no-e"},
        jwk_of(ec_key(curve="P-384"), kid="p384"),
        jwk_of(rsa_key("small", 1024), kid="rsa-1024", alg="RS256"),
        e1,
        {**good, "kid": "even-e", "e": number(65536)},
        {**good, "kid": "roca", "n": number(_faulty_modulus())},
        {**good, "kid": "private", "d": number(12345)},
        off_curve,
        "not even an object",  # type: ignore[arg-type]  # that's the point
    )
