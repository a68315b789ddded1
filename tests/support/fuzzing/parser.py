"""The strict readers alone: JSON, base64url, the header line, the three segments."""

import base64
import json

from s2sauth._base.bearer import parse_authorization
from s2sauth._base.strict import NotStrict, decode_base64url, parse_object
from s2sauth.errors import AccessError
from s2sauth.server.compact import is_jwt, read_segment, split
from support.fuzzing.edits import Words
from support.tokens import b64

__all__ = ["ParserTarget"]


class ParserTarget:
    """Reads the same bytes as each of the things that they could be."""

    words: Words = ((), ())

    def __call__(self, data: bytes) -> list[str]:
        text = data.decode("latin-1")
        return [_json(data), _base64(data), _authorization(text), _segments(text)]


def _json(data: bytes) -> str:
    try:
        document = parse_object(data)
    except NotStrict as error:
        return f"json: {error}"
    # What we read, the most usual reader reads the same.
    assert json.loads(data) == document
    return "json: read"


def _base64(data: bytes) -> str:
    try:
        decoded = decode_base64url(data)
    except NotStrict as error:
        return f"base64url: {error}"
    assert b64(decoded).encode() == data, "two spellings of the same bytes"
    assert base64.urlsafe_b64decode(data + b"===") == decoded
    return "base64url: read"


def _authorization(text: str) -> str:
    try:
        parse_authorization([text])
    except AccessError as error:
        return f"header: {error.reason}"
    return "header: read"


def _segments(text: str) -> str:
    is_jwt(text)
    try:
        _, header, payload, _ = split(text)
        read_segment(header, "header")
        read_segment(payload, "payload")
    except AccessError as error:
        return f"segments: {error}"
    return "segments: read"
