"""JSON and base64url in one spelling only."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2sauth._base.strict import (
    MAX_DEPTH,
    NotStrict,
    decode_base64url,
    encode_base64url,
    parse_object,
)


@given(st.binary(max_size=64))
def test_base64url_comes_back(data):
    """What is encoded decodes to itself, and is the standard's own spelling."""
    encoded = encode_base64url(data)

    assert data == decode_base64url(encoded.encode())
    assert base64.urlsafe_b64encode(data).rstrip(b"=") == encoded.encode()


@given(st.text("ABCYZabcyz0189-_QgwAEIM", max_size=12))
def test_one_spelling_for_the_same_bytes(segment):
    """Whatever decodes is the only spelling of its bytes."""
    try:
        data = decode_base64url(segment.encode())
    except NotStrict:
        return

    assert segment == encode_base64url(data)


@pytest.mark.parametrize(
    "segment",
    [
        b"A",  # six bits make no byte
        b"AAAAA",
        b"AB",  # a stray bit
        b"AAB",
        b"AA==",
        b"AA=",
        b"AA\n",
        b" AA",
        b"A A",
        b"A+A",
        b"A/A",
        b"AAA\x00",
        "ÄÄ".encode(),
    ],
)
def test_refuses_other_base64(segment):
    """Padding, spaces, another alphabet and stray bits are refused."""
    with pytest.raises(NotStrict, match="base64url"):
        decode_base64url(segment)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' {"a": 1} \n', {"a": 1}),
        (b'{"a": [1.5, true, null, "x", {"a": -0.0}]}', None),
        (b'{"a": 1e308}', {"a": 1e308}),
        (b'{"a": ' + b"9" * 308 + b"}", {"a": int("9" * 308)}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\N{GRINNING FACE}"}),
        ('{"ä": "\N{GRINNING FACE}"}'.encode(), {"ä": "\N{GRINNING FACE}"}),
        (b'{"a":' * 32 + b"1" + b"}" * 32, None),
        (b'{"a": "' + b"[" * 99 + b'"}', {"a": "[" * 99}),
        (b'{"a": [' + b"[]," * 99 + b"[]]}", {"a": [[]] * 100}),
    ],
)
def test_parses_an_object(data, value):
    """A clean object is parsed as any other parser would."""
    assert (json.loads(data) if value is None else value) == parse_object(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b'{"a": 1}{}', "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        (b'{"a": "\\x41"}', "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"a"', "not a JSON object"),
        (b"1", "not a JSON object"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b'{"b": {"a": 1, "a": 2}}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "NaN and Infinity"),
        (b'{"a": [-Infinity]}', "NaN and Infinity"),
        (b'{"a": 1e309}', "out of range"),
        (b'{"a": -1e999}', "out of range"),
        (b'{"a": ' + b"9" * 309 + b"}", "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "out of range"),
        (b'{"a": "\\ud83d"}', "surrogate"),
        (b'{"\\ude00": 1}', "surrogate"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "deeper"),
        (b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "deeper"),
    ],
)
def test_refuses_what_leaves_room(data, why):
    """What two parsers could read differently is refused, with its reason."""
    with pytest.raises(NotStrict, match=why):
        parse_object(data)


def test_numbers_can_be_reckoned_with():
    """No accepted number overflows when seconds are added to it."""
    largest = parse_object(b'{"exp": ' + b"9" * 308 + b"}")["exp"]

    assert largest + 30.0 > 0


@pytest.mark.parametrize(
    "data", [b'{"a": "s3cr3t\xff"}', b'{"s3cr3t": 1, "s3cr3t": 2}', b'{"a": s3cr3t}']
)
def test_quotes_nothing(data):
    """A refusal holds nothing of its input, its chained errors neither."""
    with pytest.raises(NotStrict) as caught:
        parse_object(data)

    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_nothing_foreign_escapes(data):
    """Whatever comes, it's an object or NotStrict."""
    try:
        value = parse_object(data)
    except NotStrict:
        return

    assert dict is type(value)
