"""Keys that must not verify anything, each published beside the good ones."""

from collections.abc import Callable
from typing import Any

from s2sauth.errors import Reason
from support.bad_tokens.bad_keys import key_set_with_bad_keys
from support.bad_tokens.entry import BadToken
from support.bad_tokens.more_signatures import good_ed
from support.bad_tokens.pairs import entry
from support.bad_tokens.spoiling import good_ec, header
from support.tokens import (
    Signer,
    b64,
    ec_key,
    ed_key,
    jwk_of,
    number,
    rsa_key,
)

__all__ = ["MORE_KEYS", "key_set_for_more"]

_UNKNOWN = Reason.KEY_UNKNOWN


def _rsa() -> dict[str, dict[str, Any]]:
    good_one = jwk_of(rsa_key(), alg="RS256", use="sig")
    return {
        "alg of another kty": {**good_one, "alg": "ES256"},
        "alg for encryption": {**good_one, "alg": "RSA-OAEP-256"},
        "alg none": {**good_one, "alg": "none"},
        "alg of HMAC": {**good_one, "alg": "HS256"},
        "alg a list": {**good_one, "alg": ["RS256"]},
        "use in capitals": {**good_one, "use": "SIG"},
        "use with a space": {**good_one, "use": "sig "},
        "use a list": {**good_one, "use": ["sig"]},
        "use null": {**good_one, "use": None},
        "key_ops empty": {**good_one, "key_ops": []},
        "key_ops sign alone": {**good_one, "key_ops": ["sign"]},
        "key_ops a string": {**good_one, "key_ops": "verify"},
        "key_ops null": {**good_one, "key_ops": None},
        "kty in small letters": {**good_one, "kty": "rsa"},
        "kty of a secret": {**good_one, "kty": "oct"},
        "kty a list": {**good_one, "kty": ["RSA"]},
        "a prime": {**good_one, "p": number(17)},
        "a secret inside": {**good_one, "k": "AAAA"},
        "n padded": {**good_one, "n": good_one["n"] + "=="},
        "n with a line end": {**good_one, "n": good_one["n"] + "\n"},
        "n a number": {**good_one, "n": 1},
        "n empty": {**good_one, "n": ""},
        "n even": {**good_one, "n": number(2**2047)},
        "n of 2047 bits": {**good_one, "n": number(2**2046 + 1)},
        "n of 16385 bits": {**good_one, "n": number(2**16384 + 1)},
        "e zero": {**good_one, "e": number(0)},
        "e two": {**good_one, "e": number(2)},
        "e of 65 bits": {**good_one, "e": number(2**64 + 1)},
        "e a number": {**good_one, "e": 65537},
        "x5c and no numbers": {"kty": "RSA", "alg": "RS256", "x5c": ["MIIB"]},
    }


def _points() -> dict[str, dict[str, Any]]:
    good_one = jwk_of(ec_key(), alg="ES256")
    return {
        "crv of P-384": {**good_one, "crv": "P-384"},
        "crv in small letters": {**good_one, "crv": "p-256"},
        "crv null": {**good_one, "crv": None},
        "alg of another curve": {**good_one, "alg": "ES512"},
        "kty of Edwards keys": {**good_one, "kty": "OKP"},
        "x and y swapped": {**good_one, "x": good_one["y"], "y": good_one["x"]},
        "the point at infinity": {**good_one, "x": b64(bytes(32)), "y": b64(bytes(32))},
        "x a byte short": {**good_one, "x": b64(b"\1" * 31)},
        "x beyond the field": {**good_one, "x": b64(b"\xff" * 32)},
        "no y": {name: value for name, value in good_one.items() if name != "y"},
        "its private number": {**good_one, "d": number(7, 32)},
    }


def _edwards() -> dict[str, dict[str, Any]]:
    good_one = jwk_of(ed_key(), alg="EdDSA")
    return {
        "crv for agreement": {**good_one, "crv": "X25519"},
        "crv Ed448": {**good_one, "crv": "Ed448"},
        "Edwards x a byte short": {**good_one, "x": b64(b"\1" * 31)},
        "Edwards private number": {**good_one, "d": b64(bytes(32))},
        "Edwards kty of points": {**good_one, "kty": "EC"},
        "Edwards point of order 1": {**good_one, "x": b64(b"\1" + bytes(31))},
        "Edwards point of order 4": {**good_one, "x": b64(bytes(32))},
        "Edwards point beyond the field": {
            **good_one,
            "x": b64(b"\xf0" + b"\xff" * 31),
        },
    }


def _named(keys: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**jwk, "kid": name} for name, jwk in keys.items()]


def key_set_for_more() -> dict[str, Any]:
    """Return the key set for every entry, the survey's included."""
    return {
        "keys": [
            *key_set_with_bad_keys()["keys"],
            *_named({**_rsa(), **_points(), **_edwards()}),
            {**jwk_of(rsa_key(), alg="RS256"), "kid": "k" * 257},
            {**jwk_of(rsa_key(), alg="RS256"), "kid": 7},
            None,
            [],
            jwk_of(rsa_key(), kid="pss", alg="PS256"),
            jwk_of(ec_key(curve="P-384"), kid="p384-good", alg="ES384"),
            jwk_of(ed_key(), kid="ed", alg="EdDSA"),
        ]
    }


def _forged(signer: Signer) -> str:
    """Forge a token of a key of order 1: S = 0 and R the neutral point hold always."""
    token = signer.token(
        {"alg": "EdDSA", "kid": "Edwards point of order 1"}, key=ed_key()
    )
    return f"{token.rpartition('.')[0]}.{b64(bytes([1]) + bytes(63))}"


def _signed_as(algorithm: str, key_id: str, key: Any = None) -> Callable[[Signer], str]:
    return lambda signer: signer.token({"alg": algorithm, "kid": key_id}, key=key)


MORE_KEYS: list[BadToken] = [
    *(entry(f"key with {name}", _UNKNOWN, header(kid=name)) for name in _rsa()),
    *(
        entry(f"key with {name}", _UNKNOWN, _signed_as("ES256", name), good_ec)
        for name in _points()
    ),
    *(
        entry(
            f"key with {name}", _UNKNOWN, _signed_as("EdDSA", name, ed_key()), good_ed
        )
        for name in _edwards()
    ),
    entry("forged for a key of order 1", _UNKNOWN, _forged, good_ed),
    entry("key with a kid of 257", _UNKNOWN, header(kid="k" * 257)),
]
