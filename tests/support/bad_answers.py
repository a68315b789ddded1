"""Token answers that are none, each with a sibling that differs only in the fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from s2sauth.errors import (
    AuthorizationServerUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    TokenError,
    TokenRequestRefused,
)

__all__ = ["BAD_ANSWERS", "GOOD_BODY", "BadAnswer"]

GOOD_BODY = (
    b'{"access_token":"abc.DEF-1","token_type":"Bearer","expires_in":300,"scope":"a b"}'
)


@dataclass(frozen=True)
class BadAnswer:
    """One answer, the error that it must end in, and what would have been taken."""

    name: str
    body: bytes
    kind: type[TokenError] = InvalidTokenResponse
    reason: str = "INVALID_RESPONSE"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sibling: bytes = GOOD_BODY


def _with(old: str, new: str) -> bytes:
    changed = GOOD_BODY.replace(old.encode(), new.encode())
    assert changed != GOOD_BODY
    return changed


def _refused(
    name: str,
    body: bytes,
    status: int,
    reason: str,
    kind: type[TokenError] = TokenRequestRefused,
) -> BadAnswer:
    return BadAnswer(name, body, kind, reason, status)


def _unavailable(
    name: str, status: int, reason: str = "SERVER_UNAVAILABLE"
) -> BadAnswer:
    return BadAnswer(name, b"{}", AuthorizationServerUnavailable, reason, status)


_TOKEN = '"abc.DEF-1"'
_EXPIRES = '"expires_in":300'

BAD_ANSWERS = [
    # The body is no JSON object
    BadAnswer("empty body", b""),
    BadAnswer("HTML", b"<html>login</html>"),
    BadAnswer("form-encoded", b"access_token=abc&token_type=bearer"),
    BadAnswer("an array", b"[" + GOOD_BODY + b"]"),
    BadAnswer("a string", b'"abc"'),
    BadAnswer("null", b"null"),
    BadAnswer("truncated", GOOD_BODY[:-1]),
    BadAnswer("text behind the end", GOOD_BODY + b"x"),
    BadAnswer("two objects", GOOD_BODY + GOOD_BODY),
    BadAnswer("a byte order mark", b"\xef\xbb\xbf" + GOOD_BODY),
    BadAnswer("UTF-16", GOOD_BODY.decode().encode("utf-16")),
    BadAnswer("no UTF-8", GOOD_BODY[:-1] + b',"x":"\xff"}'),
    BadAnswer("a comment", GOOD_BODY + b"// ok"),
    BadAnswer("a duplicate member", GOOD_BODY[:-1] + b',"access_token":"other"}'),
    BadAnswer(
        "nested too deep", GOOD_BODY[:-1] + b',"x":' + b"[" * 40 + b"]" * 40 + b"}"
    ),
    BadAnswer("nested without end", b"[" * 100_000),
    BadAnswer("half a surrogate pair", GOOD_BODY[:-1] + b',"x":"\\ud800"}'),
    BadAnswer("NaN somewhere", GOOD_BODY[:-1] + b',"x":NaN}'),
    # access_token
    BadAnswer("no token", _with('"access_token"', '"id_token"')),
    BadAnswer("token null", _with(_TOKEN, "null")),
    BadAnswer("token a number", _with(_TOKEN, "17")),
    BadAnswer("token a list", _with(_TOKEN, '["abc.DEF-1"]')),
    BadAnswer("token empty", _with(_TOKEN, '""')),
    BadAnswer("token with a space", _with(_TOKEN, '"abc DEF"')),
    BadAnswer("token with a line end", _with(_TOKEN, '"abc\\r\\nX-Evil: 1"')),
    BadAnswer("token with NUL", _with(_TOKEN, '"abc\\u0000"')),
    BadAnswer("token not ASCII", _with(_TOKEN, '"abcé"')),
    BadAnswer("token too long", _with(_TOKEN, '"' + "a" * 16_385 + '"')),
    # token_type
    BadAnswer("no type", _with('"token_type":"Bearer",', "")),
    BadAnswer("type null", _with('"Bearer"', "null")),
    BadAnswer("type a list", _with('"Bearer"', '["Bearer"]')),
    BadAnswer("type mac", _with('"Bearer"', '"mac"')),
    BadAnswer("type DPoP", _with('"Bearer"', '"DPoP"')),
    BadAnswer("type with a space", _with('"Bearer"', '"Bearer "')),
    # expires_in
    BadAnswer("expires_in negative", _with(_EXPIRES, '"expires_in":-1')),
    BadAnswer("expires_in true", _with(_EXPIRES, '"expires_in":true')),
    BadAnswer("expires_in words", _with(_EXPIRES, '"expires_in":"soon"')),
    BadAnswer("expires_in signed text", _with(_EXPIRES, '"expires_in":"+300"')),
    BadAnswer("expires_in a fraction as text", _with(_EXPIRES, '"expires_in":"3.5"')),
    BadAnswer("expires_in Arabic digits", _with(_EXPIRES, '"expires_in":"٣٠٠"')),
    BadAnswer("expires_in empty text", _with(_EXPIRES, '"expires_in":""')),
    BadAnswer("expires_in a list", _with(_EXPIRES, '"expires_in":[300]')),
    BadAnswer("expires_in NaN", _with(_EXPIRES, '"expires_in":NaN')),
    BadAnswer("expires_in Infinity", _with(_EXPIRES, '"expires_in":Infinity')),
    BadAnswer("expires_in 1e999", _with(_EXPIRES, '"expires_in":1e999')),
    BadAnswer("expires_in 10^390", _with(_EXPIRES, '"expires_in":1' + "0" * 390)),
    BadAnswer("expires_in 5000 digits", _with(_EXPIRES, '"expires_in":' + "9" * 5000)),
    BadAnswer("expires_in 0: over on arrival", _with(_EXPIRES, '"expires_in":0')),
    # scope
    BadAnswer("scope a list", _with('"a b"', '["a","b"]')),
    BadAnswer("scope null", _with('"a b"', "null")),
    # The status
    BadAnswer("201 Created", GOOD_BODY, status=201),
    BadAnswer("204 No Content", b"", status=204),
    BadAnswer("error in a 200", b'{"error":"invalid_client"}'),
    _refused("a redirect", GOOD_BODY, 302, "REFUSED"),
    _refused("404", b"not here", 404, "REFUSED"),
    _refused("403 without a body", b"", 403, "REFUSED"),
    _refused("invalid_scope", b'{"error":"invalid_scope"}', 400, "INVALID_SCOPE"),
    _refused("invalid_target", b'{"error":"invalid_target"}', 400, "INVALID_TARGET"),
    _refused("an unknown error", b'{"error":"teapot"}', 400, "REFUSED"),
    _refused("error a number", b'{"error":7}', 400, "REFUSED"),
    _refused("no such reason", b'{"error":"token_expired"}', 400, "REFUSED"),
    _refused(
        "unauthorized_client with 400",
        b'{"error":"unauthorized_client"}',
        400,
        "UNAUTHORIZED_CLIENT",
    ),
    _refused(
        "invalid_client with 400",
        b'{"error":"invalid_client"}',
        400,
        "INVALID_CLIENT",
        InvalidClient,
    ),
    _refused("a bare 401", b"", 401, "INVALID_CLIENT", InvalidClient),
    _refused(
        "Keycloak's 401",
        b'{"error":"unauthorized_client"}',
        401,
        "INVALID_CLIENT",
        InvalidClient,
    ),
    _unavailable("408", 408),
    _unavailable("429", 429, "RATE_LIMITED"),
    _unavailable("500", 500),
    _unavailable("503", 503),
    BadAnswer(
        "temporarily_unavailable",
        b'{"error":"temporarily_unavailable"}',
        AuthorizationServerUnavailable,
        "SERVER_UNAVAILABLE",
        400,
    ),
]
