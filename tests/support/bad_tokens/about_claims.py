"""Inputs 51 to 72, 81, 83 and 84: the claims."""

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import claims, good, payload, with_raw
from support.tokens import AUDIENCE, WITHOUT

ABOUT_CLAIMS = [
    BadToken(51, "no exp", Reason.TOKEN_CLAIMS, claims(exp=WITHOUT), good),
    BadToken(
        52,
        "exp a string",
        Reason.TOKEN_CLAIMS,
        claims(exp=lambda now: str(now + 9)),
        good,
    ),
    BadToken(
        53,
        "exp with underscores",
        Reason.TOKEN_CLAIMS,
        claims(exp=" 9_999_999_999 "),
        good,
    ),
    BadToken(
        54, "exp in Arabic digits", Reason.TOKEN_CLAIMS, claims(exp="٩٩٩٩٩٩٩٩٩٩"), good
    ),
    BadToken(
        54,
        "exp a number of Arabic digits",
        Reason.TOKEN_MALFORMED,
        with_raw("exp", "٩٩٩٩٩٩٩٩٩٩".encode()),
        good,
    ),
    BadToken(
        55,
        "exp a float of the past",
        Reason.TOKEN_EXPIRED,
        claims(exp=lambda now: now - 30.5),
        claims(exp=lambda now: now + 30.5),
    ),
    BadToken(56, "exp true", Reason.TOKEN_CLAIMS, claims(exp=True), good),
    BadToken(57, "exp null", Reason.TOKEN_CLAIMS, claims(exp=None), good),
    BadToken(57, "exp a list", Reason.TOKEN_CLAIMS, claims(exp=[]), good),
    BadToken(57, "exp an object", Reason.TOKEN_CLAIMS, claims(exp={}), good),
    BadToken(58, "exp NaN", Reason.TOKEN_MALFORMED, with_raw("exp", b"NaN"), good),
    BadToken(
        59, "exp Infinity", Reason.TOKEN_MALFORMED, with_raw("exp", b"Infinity"), good
    ),
    BadToken(59, "exp 1e400", Reason.TOKEN_MALFORMED, with_raw("exp", b"1e400"), good),
    BadToken(
        60,
        "exp 10^400",
        Reason.TOKEN_MALFORMED,
        with_raw("exp", b"1" + b"0" * 400),
        good,
    ),
    BadToken(
        60, "exp 10^300", Reason.TOKEN_CLAIMS, with_raw("exp", b"1" + b"0" * 300), good
    ),
    BadToken(
        61,
        "exp of 5000 digits",
        Reason.TOKEN_MALFORMED,
        with_raw("exp", b"9" * 5000),
        good,
    ),
    BadToken(
        62,
        "exp now, leeway over",
        Reason.TOKEN_EXPIRED,
        claims(exp=lambda now: now - 30),
        claims(exp=lambda now: now - 29),
    ),
    BadToken(
        63,
        "iat in the future",
        Reason.TOKEN_NOT_YET_VALID,
        claims(iat=lambda now: now + 31),
        claims(iat=lambda now: now + 30),
    ),
    BadToken(
        63,
        "nbf in the future",
        Reason.TOKEN_NOT_YET_VALID,
        claims(nbf=lambda now: now + 31),
        claims(nbf=lambda now: now + 30),
    ),
    BadToken(64, "nbf null", Reason.TOKEN_CLAIMS, claims(nbf=None), good),
    BadToken(64, "iat a string", Reason.TOKEN_CLAIMS, claims(iat="1700000000"), good),
    BadToken(65, "no aud", Reason.AUDIENCE, claims(aud=WITHOUT), good),
    BadToken(65, "another aud", Reason.AUDIENCE, claims(aud=AUDIENCE + "/"), good),
    BadToken(66, "aud empty", Reason.AUDIENCE, claims(aud=[]), claims(aud=[AUDIENCE])),
    BadToken(
        66,
        "aud with a number",
        Reason.TOKEN_CLAIMS,
        claims(aud=[AUDIENCE, 1]),
        claims(aud=[AUDIENCE, "1"]),
    ),
    BadToken(66, "aud an object", Reason.TOKEN_CLAIMS, claims(aud={AUDIENCE: 1}), good),
    BadToken(68, "iss a list", Reason.ISSUER, claims(iss=["a"]), good),
    BadToken(68, "no iss", Reason.ISSUER, claims(iss=WITHOUT), good),
    BadToken(
        69,
        "aud twice",
        Reason.TOKEN_MALFORMED,
        payload(lambda data: data.replace(b"{", b'{"aud":"elsewhere",', 1)),
        good,
    ),
    BadToken(
        70,
        "sub with half a surrogate pair",
        Reason.TOKEN_MALFORMED,
        with_raw("sub", rb'"\ud800"'),
        with_raw("sub", rb'"\ud83d\ude00"'),
    ),
    BadToken(
        71,
        "iss with NUL",
        Reason.ISSUER,
        lambda signer: signer.token(claims={"iss": signer.issuer + "\0"}),
        good,
    ),
    BadToken(
        71,
        "iss longer",
        Reason.ISSUER,
        lambda signer: signer.token(claims={"iss": signer.issuer + ".evil.example"}),
        good,
    ),
    BadToken(
        72,
        "payload an array",
        Reason.TOKEN_MALFORMED,
        payload(lambda d: b"[" + d + b"]"),
        good,
    ),
    BadToken(
        81,
        "iss of another issuer",
        Reason.ISSUER,
        claims(iss="https://sso.example.com/realms/other"),
        good,
    ),
    BadToken(
        83,
        "bound to a certificate",
        Reason.TOKEN_BOUND,
        claims(cnf={"x5t#S256": "A"}),
        good,
    ),
    BadToken(84, "bound to a key", Reason.TOKEN_BOUND, claims(cnf={"jkt": "A"}), good),
    BadToken(84, "bound to nothing", Reason.TOKEN_BOUND, claims(cnf=None), good),
]
