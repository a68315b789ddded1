"""Inputs 26 to 34: the header."""

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import (
    by_attacker,
    claims,
    good,
    header,
    header_bytes,
    nested,
    payload,
    with_raw,
)
from support.tokens import jwk_of, rsa_key

_ATTACKER = "https://attacker.example/keys"


ABOUT_HEADERS = [
    BadToken(26, "crit", Reason.TOKEN_MALFORMED, header(crit=["x"], x=1), good),
    BadToken(27, "crit empty", Reason.TOKEN_MALFORMED, header(crit=[]), good),
    BadToken(28, "b64 false", Reason.TOKEN_MALFORMED, header(b64=False), good),
    BadToken(
        29,
        "alg twice",
        Reason.TOKEN_MALFORMED,
        header_bytes(lambda data: data.replace(b"{", b'{"alg":"RS256",', 1)),
        good,
    ),
    BadToken(
        30,
        "attacker's jwk in the header",
        Reason.TOKEN_SIGNATURE,
        by_attacker(jwk=jwk_of(rsa_key("attacker"))),
        header(jwk=jwk_of(rsa_key("attacker"))),
    ),
    BadToken(
        30,
        "attacker's jku in the header",
        Reason.TOKEN_SIGNATURE,
        by_attacker(jku=_ATTACKER),
        header(jku=_ATTACKER),
    ),
    BadToken(
        30,
        "attacker's x5u in the header",
        Reason.TOKEN_SIGNATURE,
        by_attacker(x5u=_ATTACKER),
        header(x5u=_ATTACKER),
    ),
    BadToken(
        30,
        "attacker's x5c in the header",
        Reason.TOKEN_SIGNATURE,
        by_attacker(x5c=["MIIB"]),
        header(x5c=["MIIB"]),
    ),
    BadToken(31, "kid a number", Reason.TOKEN_MALFORMED, header(kid=1), good),
    BadToken(31, "kid null", Reason.TOKEN_MALFORMED, header(kid=None), good),
    BadToken(31, "kid a path", Reason.KEY_UNKNOWN, header(kid="../../dev/null"), good),
    BadToken(31, "kid SQL", Reason.KEY_UNKNOWN, header(kid="' OR 1=1 --"), good),
    BadToken(31, "kid with NUL", Reason.KEY_UNKNOWN, header(kid="rsa\0"), good),
    BadToken(31, "kid long", Reason.KEY_UNKNOWN, header(kid="k" * 1000), good),
    BadToken(
        31, "kid of 1 MB", Reason.TOKEN_MALFORMED, header(kid="k" * 1_000_000), good
    ),
    BadToken(32, "typ dpop+jwt", Reason.TOKEN_TYPE, header(typ="dpop+jwt"), good),
    BadToken(32, "typ a number", Reason.TOKEN_TYPE, header(typ=1), good),
    BadToken(32, "an ID token", Reason.TOKEN_TYPE, claims(typ="ID"), good),
    BadToken(32, "a refresh token", Reason.TOKEN_TYPE, claims(typ="Refresh"), good),
    BadToken(
        33,
        "header with a BOM",
        Reason.TOKEN_MALFORMED,
        header_bytes(lambda data: b"\xef\xbb\xbf" + data),
        good,
    ),
    BadToken(
        33,
        "payload in UTF-16",
        Reason.TOKEN_MALFORMED,
        payload(lambda data: data.decode().encode("utf-16")),
        good,
    ),
    BadToken(
        33,
        "payload no UTF-8",
        Reason.TOKEN_MALFORMED,
        payload(lambda data: data.replace(b"payments", b"pay\xffents")),
        good,
    ),
    BadToken(
        34,
        "nested 100000 deep",
        Reason.TOKEN_MALFORMED,
        with_raw("x", nested(100_000)),
        good,
    ),
    BadToken(
        34,
        "nested 2000 deep",
        Reason.TOKEN_MALFORMED,
        with_raw("x", nested(2000)),
        good,
    ),
    BadToken(
        34,
        "nested 40 deep",
        Reason.TOKEN_MALFORMED,
        with_raw("x", nested(40)),
        with_raw("x", nested(20)),
    ),
]
