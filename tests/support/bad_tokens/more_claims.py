"""Claims of wrong types, out of range, or nearly right."""

from typing import Any

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.pairs import claim, entry
from support.bad_tokens.spoiling import claims, good
from support.tokens import AUDIENCE, PROVIDER, WITHOUT

__all__ = ["MORE_CLAIMS"]

_CLAIMS = Reason.TOKEN_CLAIMS
_LIMIT = 2**53
_ISSUER = PROVIDER.issuer

_NO_NUMBERS: dict[str, Any] = {
    "false": False,
    "an empty string": "",
    "a string of digits": "1700000000",
    "a list with a number": [1_700_000_000],
    "an object": {"seconds": 1_700_000_000},
    "2^53": _LIMIT,
    "minus 2^53": -_LIMIT,
    "1e300": 1e300,
}
_NO_STRINGS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a float": 1.5,
    "a list": ["order-service"],
    "an object": {"id": "order-service"},
}


def _times() -> list[BadToken]:
    return [
        *(
            claim(name, label, _CLAIMS, value, lambda now: now)
            for name in ("exp", "nbf", "iat")
            for label, value in _NO_NUMBERS.items()
        ),
        *(
            claim(name, "true", _CLAIMS, True, lambda now: now)
            for name in ("nbf", "iat")
        ),
        claim("iat", "null", _CLAIMS, None, lambda now: now),
        claim("exp", "0", Reason.TOKEN_EXPIRED, 0),
        claim("exp", "minus 0.0", Reason.TOKEN_EXPIRED, -0.0),
        claim("exp", "of 1969", Reason.TOKEN_EXPIRED, -1),
        claim(
            "exp",
            "a float, leeway just over",
            Reason.TOKEN_EXPIRED,
            lambda now: now - 30.0,
            lambda now: now - 29.9,
        ),
        claim("exp", "in milliseconds, past", Reason.TOKEN_EXPIRED, 1_600_000_000),
        claim(
            "nbf",
            "a float beyond the leeway",
            Reason.TOKEN_NOT_YET_VALID,
            lambda now: now + 30.5,
            lambda now: now + 30.0,
        ),
        claim(
            "iat",
            "a float beyond the leeway",
            Reason.TOKEN_NOT_YET_VALID,
            lambda now: now + 30.5,
            lambda now: now + 30.0,
        ),
        claim(
            "nbf",
            "in milliseconds",
            Reason.TOKEN_NOT_YET_VALID,
            lambda now: now * 1000,
            lambda now: now,
        ),
        claim(
            "iat",
            "in milliseconds",
            Reason.TOKEN_NOT_YET_VALID,
            lambda now: now * 1000,
            lambda now: now,
        ),
    ]


def _audiences() -> list[BadToken]:
    wrong = {
        "null": None,
        "true": True,
        "a number": 0,
        "a list in a list": [[AUDIENCE]],
        "a list with null": [AUDIENCE, None],
        "a list with true": [AUDIENCE, True],
        "a list with an object": [AUDIENCE, {}],
    }
    others = {
        "an empty string": "",
        "a list with an empty string": [""],
        "in capitals": AUDIENCE.upper(),
        "with a space behind": AUDIENCE + " ",
        "with a space before": " " + AUDIENCE,
        "with NUL behind": AUDIENCE + "\0",
        "cut short": AUDIENCE[:-1],
        "of a longer host": AUDIENCE + ".evil.example",
        "a wildcard": "*",
        "over http": AUDIENCE.replace("https", "http"),
        "with its port": AUDIENCE + ":443",
        "percent-encoded": AUDIENCE.replace("-", "%2D"),
        "in fullwidth letters": AUDIENCE.replace("p", "\uff50"),
        "several in one string": f"https://a.example {AUDIENCE}",
        "a list of others": ["https://a.example", "https://b.example"],
    }
    accepted = ["https://a.example", AUDIENCE]
    return [
        *(claim("aud", what, _CLAIMS, aud, accepted) for what, aud in wrong.items()),
        *(
            claim("aud", what, Reason.AUDIENCE, aud, accepted)
            for what, aud in others.items()
        ),
    ]


def _issuers() -> list[BadToken]:
    others: dict[str, Any] = {
        "null": None,
        "true": True,
        "a number": 0,
        "an empty string": "",
        "a list with ours": [_ISSUER],
        "an object": {"iss": _ISSUER},
        "with a slash behind": _ISSUER + "/",
        "in capitals": _ISSUER.upper(),
        "with a space behind": _ISSUER + " ",
        "with a fragment": _ISSUER + "#",
        "with a query": _ISSUER + "?",
        "over http": _ISSUER.replace("https", "http"),
        "with the default port": _ISSUER.replace("example.com", "example.com:443"),
        "with a user": _ISSUER.replace("https://", "https://sso.example.com@"),
        "percent-encoded": _ISSUER.replace("m", "%6d"),
        "with dots": _ISSUER.replace("/realms", "/x/../realms"),
        "with a Cyrillic letter": _ISSUER.replace("o", "\u043e"),
        "cut short": _ISSUER[:-1],
    }
    return [claim("iss", what, Reason.ISSUER, iss) for what, iss in others.items()]


def _strings() -> list[BadToken]:
    return [
        claim(name, label, _CLAIMS, value)
        for name in ("sub", "jti", "client_id", "azp")
        for label, value in _NO_STRINGS.items()
    ]


def _scopes() -> list[BadToken]:
    wrong = {
        **_NO_STRINGS,
        "a list": ["payments:write", 1],
        "a list in a list": [["a"]],
    }
    return [
        claim("scope", label, _CLAIMS, value, ["payments:write", "payments:read"])
        for label, value in wrong.items()
    ]


def _kinds() -> list[BadToken]:
    bound = {"empty": {}, "false": False, "a string": "jkt", "a list": [], "0": 0}
    return [
        *(
            entry(f"cnf {what}", Reason.TOKEN_BOUND, claims(cnf=cnf), good)
            for what, cnf in bound.items()
        ),
        *(
            claim("typ", f"{kind} of Keycloak", Reason.TOKEN_TYPE, kind, "Bearer")
            for kind in ("Offline", "Logout", "ID")
        ),
        claim("sid", "of a session", Reason.USER_TOKEN, "c1f2", WITHOUT),
        claim("azp", "missing with client_id no string", _CLAIMS, ["a"], WITHOUT),
    ]


MORE_CLAIMS = [
    *_times(),
    *_audiences(),
    *_issuers(),
    *_strings(),
    *_scopes(),
    *_kinds(),
]
