"""Inputs 11 to 25: the key."""

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import (
    forged_with_exponent_1,
    good,
    good_ec,
    header,
    signed_with_hmac,
)
from support.tokens import ec_key, rsa_key

ABOUT_KEYS = [
    BadToken(
        11, "key for encryption", Reason.KEY_UNKNOWN, header(kid="for-encryption"), good
    ),
    BadToken(
        12,
        "key_ops encrypt",
        Reason.KEY_UNKNOWN,
        header(kid="ops-encrypt"),
        header(kid="ops-verify"),
    ),
    BadToken(13, "kid of no key", Reason.KEY_UNKNOWN, header(kid="nobody"), good),
    BadToken(
        14,
        "kid of two keys, signed by a third",
        Reason.TOKEN_SIGNATURE,
        lambda signer: signer.token({"kid": "twice"}, key=rsa_key("attacker")),
        lambda signer: signer.token({"kid": "twice"}),
    ),
    BadToken(
        15, "kid of a foreign kty", Reason.KEY_UNKNOWN, header(kid="foreign"), good
    ),
    BadToken(
        16,
        "unknown curve",
        Reason.KEY_UNKNOWN,
        lambda signer: signer.token({"alg": "ES256", "kid": "crv"}),
        good_ec,
    ),
    BadToken(17, "key without n", Reason.KEY_UNKNOWN, header(kid="no-n"), good),
    BadToken(18, "key without e", Reason.KEY_UNKNOWN, header(kid="no-e"), good),
    BadToken(
        19,
        "ES256 with a P-384 key",
        Reason.TOKEN_ALGORITHM,
        lambda signer: signer.token(
            {"alg": "ES256", "kid": "p384"}, key=ec_key(curve="P-384")
        ),
        good_ec,
    ),
    BadToken(
        20,
        "RSA of 1024 bits",
        Reason.KEY_UNKNOWN,
        lambda signer: signer.token({"kid": "rsa-1024"}, key=rsa_key("small", 1024)),
        good,
    ),
    BadToken(21, "exponent 1", Reason.KEY_UNKNOWN, forged_with_exponent_1, good),
    BadToken(21, "even exponent", Reason.KEY_UNKNOWN, header(kid="even-e"), good),
    BadToken(22, "ROCA modulus", Reason.KEY_UNKNOWN, header(kid="roca"), good),
    BadToken(
        23,
        "HMAC with an empty key",
        Reason.TOKEN_ALGORITHM,
        signed_with_hmac(lambda: b""),
        good,
    ),
    BadToken(
        23, "kid of a secret", Reason.KEY_UNKNOWN, header(kid="empty-secret"), good
    ),
    BadToken(
        24, "private key in the set", Reason.KEY_UNKNOWN, header(kid="private"), good
    ),
    BadToken(
        25,
        "point off its curve",
        Reason.KEY_UNKNOWN,
        lambda signer: signer.token({"alg": "ES256", "kid": "off-curve"}),
        good_ec,
    ),
]
