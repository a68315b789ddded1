"""Inputs 1 to 10: the algorithm."""

from cryptography.hazmat.primitives.serialization import Encoding

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import (
    good,
    header,
    public_bytes,
    signed_with_hmac,
)
from support.tokens import WITHOUT, dumps, key_set

ABOUT_ALGORITHMS = [
    BadToken(
        1,
        "alg none without signature",
        Reason.TOKEN_ALGORITHM,
        lambda signer: header(alg="none")(signer).rpartition(".")[0] + ".",
        good,
    ),
    BadToken(1, "alg none, signed", Reason.TOKEN_ALGORITHM, header(alg="none"), good),
    BadToken(2, "alg None", Reason.TOKEN_ALGORITHM, header(alg="None"), good),
    BadToken(2, "alg nOnE", Reason.TOKEN_ALGORITHM, header(alg="nOnE"), good),
    BadToken(3, "alg missing", Reason.TOKEN_ALGORITHM, header(alg=WITHOUT), good),
    BadToken(3, "alg empty", Reason.TOKEN_ALGORITHM, header(alg=""), good),
    BadToken(3, "alg a list", Reason.TOKEN_ALGORITHM, header(alg=["RS256"]), good),
    BadToken(
        3, "alg an object", Reason.TOKEN_ALGORITHM, header(alg={"RS256": 1}), good
    ),
    BadToken(3, "alg a number", Reason.TOKEN_ALGORITHM, header(alg=256), good),
    BadToken(
        4,
        "HS256 with the RSA PEM",
        Reason.TOKEN_ALGORITHM,
        signed_with_hmac(lambda: public_bytes(Encoding.PEM)),
        good,
    ),
    BadToken(
        5,
        "HS256 with the RSA DER",
        Reason.TOKEN_ALGORITHM,
        signed_with_hmac(lambda: public_bytes(Encoding.DER)),
        good,
    ),
    BadToken(
        6,
        "HS256 with the JWKS text",
        Reason.TOKEN_ALGORITHM,
        signed_with_hmac(lambda: dumps(key_set())),
        good,
    ),
    BadToken(8, "alg part of a name", Reason.TOKEN_ALGORITHM, header(alg="S25"), good),
    BadToken(
        9,
        "RS512 with a key for RS256",
        Reason.TOKEN_ALGORITHM,
        lambda signer: signer.token({"alg": "RS512"}),
        lambda signer: signer.token({"alg": "RS512", "kid": "rs512"}),
    ),
    BadToken(
        10,
        "RS256 with a key for RS512",
        Reason.TOKEN_ALGORITHM,
        header(kid="rs512"),
        header(kid="rsa"),
    ),
]
