"""A token taken apart (RFC 7515 §7.1): three segments, one spelling, no surprises."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

from s2sauth._base.bearer import MAX_TOKEN_LENGTH
from s2sauth._base.strict import NotStrict, decode_base64url, parse_object
from s2sauth.errors import Reason, Unauthenticated

__all__ = [
    "TYPES",
    "Expected",
    "Header",
    "Parts",
    "decode_segment",
    "is_jwt",
    "read_header",
    "read_segment",
    "split",
]

# The values of `typ` that an access token may have (RFC 9068 §2.1), lower-case.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_REFUSED_MEMBERS = frozenset({"crit", "b64", "zip", "enc"})
_DOTS = 2


# The signing input (header and payload with their dot, as they were signed), and the
# three segments, still encoded. A plain tuple: it's made for every token.
Parts: TypeAlias = tuple[bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Header:
    """What of a JOSE header counts; `jwk`, `jku`, `x5u`, `x5c` are never obeyed.

    Args:
        algorithm: Its `alg`, an allowed one.
        key_id: Its `kid`, or None.
    """

    algorithm: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a header must say.

    Args:
        algorithms: The allow-list.
        types: The `typ`s accepted, lower-case; None among them: it may be absent.
    """

    algorithms: frozenset[str]
    types: Collection[str | None] = frozenset({None, *TYPES})


def _malformed(message: str) -> Unauthenticated:
    return Unauthenticated(message, reason=Reason.TOKEN_MALFORMED)


def split(token: object) -> Parts:
    """Take a token apart: signing input, header, payload, signature.

    Args:
        token: Whatever the caller passed.

    Raises:
        Unauthenticated: TOKEN_MALFORMED: no string, too long, not ASCII, or not
            three segments.
    """
    if not isinstance(token, str):
        message = "the token is no string"
        raise _malformed(message)
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
        message = f"the token isn't ASCII of at most {MAX_TOKEN_LENGTH} characters"
        raise _malformed(message)
    signing_input, _, signature = token.encode("ascii").rpartition(b".")
    header, dot, payload = signing_input.partition(b".")
    if not dot or b"." in payload:
        message = "the token isn't three segments: no signed JWT (RFC 7515 §7.1)"
        raise _malformed(message)
    return signing_input, header, payload, signature


def is_jwt(token: object) -> bool:
    """Tell whether a token is meant as a JWT: its first segment holds a JSON object.

    Lenient on purpose: a JWT that's spelt wrong is still its issuer's, and must not
    be shown to whoever is asked about opaque tokens.
    """
    if not isinstance(token, str) or not token.isascii():
        return False
    header, dot, _ = token[:MAX_TOKEN_LENGTH].partition(".")
    if not dot:
        return False
    try:
        decoded = base64.urlsafe_b64decode(header + "==")
    except ValueError:
        return False
    return decoded.lstrip().startswith(b"{")


def decode_segment(segment: bytes, name: str) -> bytes:
    """Decode a segment.

    Raises:
        Unauthenticated: TOKEN_MALFORMED: empty, or not canonical base64url.
    """
    if segment:
        try:
            return decode_base64url(segment)
        except NotStrict as error:
            message = f"the token's {name} is {error}"
    else:
        message = f"the token's {name} is empty"
    raise _malformed(message)


def read_segment(segment: bytes, name: str) -> dict[str, Any]:
    """Parse a segment that holds a JSON object.

    Raises:
        Unauthenticated: TOKEN_MALFORMED: not canonical base64url of strict JSON.
    """
    try:
        return parse_object(decode_base64url(segment))
    except NotStrict as error:
        message = f"the token's {name} is {error}"
    raise _malformed(message)


def read_header(segment: bytes, expected: Expected) -> Header:
    """Read and judge a header segment.

    Raises:
        Unauthenticated: TOKEN_ALGORITHM, TOKEN_TYPE, or TOKEN_MALFORMED where it
            asks for what we don't do (RFC 7515 §4.1.11).
    """
    members = read_segment(segment, "header")
    algorithm = members.get("alg")
    if type(algorithm) is not str or algorithm not in expected.algorithms:
        message = "the token's alg isn't among the algorithms allowed"
        raise Unauthenticated(message, reason=Reason.TOKEN_ALGORITHM)
    if not _REFUSED_MEMBERS.isdisjoint(members):
        message = "the token's header has crit, b64, zip or enc, which aren't supported"
        raise _malformed(message)
    _check_type(members, expected)
    return Header(algorithm, _key_id(members))


def _check_type(members: dict[str, Any], expected: Expected) -> None:
    named = members.get("typ")
    if type(named) is str:
        named = named.lower()  # compared without case (RFC 7515 §4.1.9)
    elif "typ" in members:
        named = ""  # null, a number, a list: equal to no type
    if named not in expected.types:
        message = "the typ of the token's header isn't that of an access token"
        raise Unauthenticated(message, reason=Reason.TOKEN_TYPE)


def _key_id(members: dict[str, Any]) -> str | None:
    key_id = members.get("kid")
    if type(key_id) is str or "kid" not in members:
        return key_id
    message = "the token's kid is no string"
    raise _malformed(message)
