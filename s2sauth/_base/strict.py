"""JSON and base64url that leave no room: one spelling, no surprises.

Used for everything that comes from outside: tokens, key sets, discovery
documents, token and introspection answers.
"""

import binascii
import json
from typing import Any, NoReturn

__all__ = ["NotStrict", "decode_base64url", "encode_base64url", "parse_object"]

MAX_DEPTH = 32  # nobody nests claims deeper; CPython's own limit is near 1000
_MAX_DIGITS = 308  # more overflow a float: seconds could not be added to it

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# To the standard alphabet, which binascii knows; what base64url hasn't goes to what
# no alphabet has, and is refused.
_URL_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
# By what's over after groups of four: the padding that binascii wants, and the last
# characters that may be. They carry 4 or 2 bits that don't count, and must be zero,
# else several spellings would mean the same bytes.
_PADDING = (b"", b"", b"==", b"=")
_LAST: tuple[frozenset[int], ...] = (
    frozenset(),
    frozenset(),
    frozenset(_ALPHABET[::16]),
    frozenset(_ALPHABET[::4]),
)


class NotStrict(ValueError):
    """The input breaks a rule; the message says which, without quoting it."""


def decode_base64url(segment: bytes) -> bytes:
    """Decode canonical base64url without padding (RFC 7515 §2).

    Raises:
        NotStrict: Padding, whitespace, another alphabet, or stray bits.
    """
    over = len(segment) % 4
    if not over or segment[-1] in _LAST[over]:
        standard = segment.translate(_URL_TO_STANDARD) + _PADDING[over]
        try:
            return binascii.a2b_base64(standard, strict_mode=True)
        except binascii.Error:
            del standard
    message = "not canonical base64url without padding"
    raise NotStrict(message)


def encode_base64url(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 §2)."""
    encoded = binascii.b2a_base64(data, newline=False).decode("ascii")
    return encoded.rstrip("=").translate(str.maketrans("+/", "-_"))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a JSON object names a member twice"
        raise NotStrict(message)
    return members


def _no_constant(_name: str) -> NoReturn:
    message = "NaN and Infinity are not JSON"
    raise NotStrict(message)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        message = "a JSON number is out of range"
        raise NotStrict(message)
    return value


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        message = "a JSON number is out of range"
        raise NotStrict(message)
    return int(digits)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constant,
    parse_float=_finite_float,
    parse_int=_bounded_int,
)


# Spares the two regular expressions of `decode`.
_scan = _DECODER.scan_once  # type: ignore[attr-defined]  # typeshed leaves it out


def _parse(text: str) -> Any:
    value, end = _scan(text, 0) if text[:1] == "{" else (None, -1)
    if end == len(text):
        return value
    return _DECODER.decode(text)  # whitespace around it, or it's no JSON


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object (RFC 8259, and I-JSON's unique member names).

    Raises:
        NotStrict: Not UTF-8, a BOM, a duplicate member, NaN, Infinity, a number
            out of range, nesting beyond 32, text after the end, or no object.
    """
    try:
        value = _parse(data.decode("utf-8"))
    except NotStrict as error:
        message = str(error)
    except UnicodeDecodeError:
        message = "not UTF-8"
    except (ValueError, RecursionError, StopIteration):
        message = "not JSON"
    else:
        if type(value) is not dict:
            message = "not a JSON object"
        elif _may_be_deep(data) and _deeper_than(MAX_DEPTH, value):
            message = f"nested deeper than {MAX_DEPTH}"
        elif b"\\" in data and not _encodes(value):  # one byte is found far faster
            message = "a JSON string holds half of a surrogate pair"
        else:
            return value
    # Raised outside the `except`: its context would hold the input.
    raise NotStrict(message)


def _may_be_deep(data: bytes) -> bool:
    """Tell whether the brackets alone could make it too deep; cheap and careful."""
    return data.count(b"{") + data.count(b"[") > MAX_DEPTH


def _deeper_than(levels: int, value: Any) -> bool:
    if isinstance(value, dict):
        items = list(value.values())
    elif isinstance(value, list):
        items = value
    else:
        return False
    return levels == 0 or any(_deeper_than(levels - 1, item) for item in items)


def _encodes(value: Any) -> bool:
    """Tell whether every string in it can be sent again as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
