"""Headers that ask for what we don't do, or are nearly right."""

from typing import Any

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.pairs import entry, head
from support.bad_tokens.spoiling import header, header_bytes
from support.tokens import WITHOUT

__all__ = ["MORE_HEADERS"]

_NO_TEXT: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 1.5,
    "a list": ["rsa"],
    "an object": {"rsa": 1},
}


def _algorithms() -> list[BadToken]:
    names = (
        *("rs256", "RS256 ", " RS256", "RS-256", "RS2566", "RS256\0", "NONE", "none "),
        *("HS384", "HS512", "RS384", "PS384", "PS512", "ES512", "ES256K", "RS1"),
        *(
            "RSA-OAEP",
            "dir",
            "Ed25519",
            "Ed448",
            "EdDSA448",
            "ECDH-ES",
            "RS\u0662\u0665",
        ),
    )
    return [
        *(
            head("alg", f"is {ascii(name)[1:-1]}", Reason.TOKEN_ALGORITHM, name)
            for name in names
        ),
        *(
            head("alg", f"is {label}", Reason.TOKEN_ALGORITHM, value)
            for label, value in _NO_TEXT.items()
        ),
    ]


def _types() -> list[BadToken]:
    names = (
        *("", "JWE", "JOSE", "JOSE+JSON", "at+jwt ", "at jwt", "id+jwt", "logout+jwt"),
        *("secevent+jwt", "application/jwt", "token-introspection+jwt", "JWT\0"),
        *("application/application/at+jwt", "at+jwt; charset=utf-8"),
    )
    accepted = "application/AT+JWT"
    return [
        *(
            head("typ", f"is {name!a}", Reason.TOKEN_TYPE, name, accepted)
            for name in names
        ),
        *(
            head("typ", f"is {label}", Reason.TOKEN_TYPE, value, accepted)
            for label, value in _NO_TEXT.items()
        ),
    ]


def _key_ids() -> list[BadToken]:
    names = (
        *("", "RSA", "rsa ", " rsa", "rsa\n", "rsa/../rsa", "rs", "rsaa", "%72sa"),
        *("rs\u0430", "*", "0", "null", "${jndi:ldap://evil.example}", "rsa\0rsa"),
    )
    return [
        *(head("kid", f"is {name!a}", Reason.KEY_UNKNOWN, name) for name in names),
        *(
            head("kid", f"is {label}", Reason.TOKEN_MALFORMED, value)
            for label, value in _NO_TEXT.items()
            if label != "null"
        ),
        head("kid", "is missing where several keys fit", Reason.KEY_UNKNOWN, WITHOUT),
    ]


def _extensions() -> list[BadToken]:
    wanted: list[tuple[str, str, Any]] = [
        ("crit", "names exp", ["exp"]),
        ("crit", "names b64", ["b64"]),
        ("crit", "names what nobody knows", ["urn:example:x"]),
        ("crit", "null", None),
        ("crit", "a string", "exp"),
        ("crit", "false", False),
        ("b64", "true", True),
        ("b64", "null", None),
        ("zip", "DEF", "DEF"),
        ("zip", "null", None),
        ("enc", "A256GCM", "A256GCM"),
        ("enc", "null", None),
    ]
    return [
        entry(
            f"header {name} {label}",
            Reason.TOKEN_MALFORMED,
            header(**{name: value}),
            header(**{"x-" + name: value}),
        )
        for name, label, value in wanted
    ]


def _bytes() -> list[BadToken]:
    edits: dict[str, Any] = {
        "an array": lambda data: b"[" + data + b"]",
        "null": lambda _: b"null",
        "a string": lambda _: b'"RS256"',
        "no JSON": lambda _: b"alg=RS256",
        "cut short": lambda data: data[:-1],
        "with a brace more": lambda data: data + b"}",
        "twice": lambda data: data + data,
        "with NUL behind": lambda data: data + b"\0",
        "with a comma behind": lambda data: data[:-1] + b",}",
        "with kid twice": lambda data: data[:-1] + b',"kid":"rsa"}',
        "with typ twice": lambda data: data[:-1] + b',"typ":"JWT"}',
        "with alg twice by an escape": lambda d: d[:-1] + b',"\\u0061lg":"RS256"}',
        "with NaN": lambda data: data[:-1] + b',"x":NaN}',
        "with a huge number": lambda data: data[:-1] + b',"x":1e999}',
        "with half a surrogate pair": lambda d: d[:-1] + b',"x":"\\udfff"}',
        "nested too deep": lambda d: d[:-1] + b',"x":' + b"[" * 33 + b"]" * 33 + b"}",
        "in UTF-16": lambda data: data.decode().encode("utf-16-be"),
        "in UTF-32": lambda data: data.decode().encode("utf-32"),
        "in single quotes": lambda data: data.replace(b'"', b"'"),
    }
    return [
        entry(
            f"header {label}",
            Reason.TOKEN_MALFORMED,
            header_bytes(edit),
            header_bytes(lambda data: data[:-1] + b',"x":1 }'),
        )
        for label, edit in edits.items()
    ]


MORE_HEADERS = [
    *_algorithms(),
    *_types(),
    *_key_ids(),
    *_extensions(),
    *_bytes(),
]
