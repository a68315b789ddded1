"""Inputs 35 to 50: the signature and the encoding."""

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import (
    P256_ORDER,
    as_der,
    as_json_serialization,
    constant,
    good,
    good_ec,
    in_standard_alphabet,
    jwe,
    mirrored,
    numbers,
    signature,
    text,
    with_stray_bits,
    with_url_characters,
    zip_bomb,
)

ABOUT_SIGNATURES = [
    BadToken(35, "r = s = 0", Reason.TOKEN_SIGNATURE, numbers(0, 0), good_ec),
    *(
        BadToken(36, f"{name} is {label}", Reason.TOKEN_SIGNATURE, make, good_ec)
        for label, value in (
            ("0", 0),
            ("1", 1),
            ("n - 1", P256_ORDER - 1),
            ("n", P256_ORDER),
        )
        for name, make in (("r", numbers(value, None)), ("s", numbers(None, value)))
    ),
    BadToken(
        37, "ECDSA signature in DER", Reason.TOKEN_SIGNATURE, signature(as_der), good_ec
    ),
    # Valid, by the mathematics: so nothing may be keyed by a token's bytes alone that
    # must be unique, such as a replay cache.
    BadToken(38, "n - s for s", None, signature(mirrored), good_ec),
    BadToken(
        39,
        "junk in the signature",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token[:-9] + "!!!!" + token[-9:]),
        good,
    ),
    BadToken(
        40, "padding", Reason.TOKEN_MALFORMED, text(lambda token: token + "=="), good
    ),
    BadToken(
        41,
        "standard alphabet",
        Reason.TOKEN_MALFORMED,
        in_standard_alphabet,
        with_url_characters,
    ),
    BadToken(
        42, "stray bits at the end", Reason.TOKEN_MALFORMED, text(with_stray_bits), good
    ),
    BadToken(
        43,
        "newline behind",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token + "\n"),
        good,
    ),
    BadToken(
        43,
        "space before",
        Reason.TOKEN_MALFORMED,
        text(lambda token: " " + token),
        good,
    ),
    BadToken(
        43,
        "newline inside",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token.replace(".", ".\n", 1)),
        good,
    ),
    BadToken(
        44,
        "four segments",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token + ".e"),
        good,
    ),
    BadToken(
        44,
        "five segments",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token + ".e.e"),
        good,
    ),
    BadToken(
        44,
        "two segments",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token.rpartition(".")[0]),
        good,
    ),
    BadToken(
        44,
        "no signature",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token.rpartition(".")[0] + "."),
        good,
    ),
    BadToken(
        45, "a million dots", Reason.TOKEN_MALFORMED, constant("." * 1_000_000), good
    ),
    BadToken(
        46,
        "header of 10 MiB",
        Reason.TOKEN_MALFORMED,
        constant("A" * 10 * 1024 * 1024 + ".e30.e30"),
        good,
    ),
    BadToken(
        47,
        "JSON serialization",
        Reason.TOKEN_MALFORMED,
        text(as_json_serialization),
        good,
    ),
    BadToken(
        48,
        "lone surrogate",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token[:-1] + "\ud800"),
        good,
    ),
    BadToken(
        48,
        "not ASCII",
        Reason.TOKEN_MALFORMED,
        text(lambda token: token[:-1] + "é"),
        good,
    ),
    BadToken(49, "None", Reason.TOKEN_MALFORMED, constant(None), good),
    BadToken(49, "a number", Reason.TOKEN_MALFORMED, constant(7), good),
    BadToken(
        49, "bytes", Reason.TOKEN_MALFORMED, text(lambda token: token.encode()), good
    ),
    BadToken(49, "nothing", Reason.TOKEN_MALFORMED, constant(""), good),
    BadToken(50, "a JWE", Reason.TOKEN_MALFORMED, constant(jwe()), good),
    BadToken(
        50,
        "a JWE that costs 2^31 rounds",
        Reason.TOKEN_MALFORMED,
        constant(jwe(alg="PBES2-HS256+A128KW", p2c=2**31)),
        good,
    ),
    BadToken(50, "a zip bomb", Reason.TOKEN_MALFORMED, zip_bomb, good),
]
