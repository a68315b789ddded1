"""JSON that lenient readers take, or read differently from one another."""

import json
from collections.abc import Callable

from support.bad_tokens.pairs import raw_claim, whole_payload

__all__ = ["MORE_JSON"]

_NUMBERS = [
    ("minus Infinity", b"-Infinity", b"-1"),
    ("NaN in a list", b"[NaN]", b"[0]"),
    ("minus 1e309", b"-1e309", b"-1e308"),
    ("309 digits", b"1" * 309, b"1" * 308),
    ("a leading zero", b"01", b"1"),
    ("a leading plus", b"+1", b"1"),
    ("a point and no digits", b"1.", b"1.0"),
    ("a point first", b".5", b"0.5"),
    ("a lone minus", b"-", b"-0"),
    ("hexadecimal", b"0x10", b"16"),
    ("underscores", b"1_000", b"1000"),
    ("an exponent without digits", b"1e", b"1e0"),
    ("fullwidth digits", "\uff11".encode(), b"1"),
    ("two numbers", b"1 1", b"1 "),
]
_WORDS = [
    ("True", b"True", b"true"),
    ("None", b"None", b"null"),
    ("undefined", b"undefined", b"null"),
    ("a word cut short", b"t", b"true"),
    ("nothing for a value", b"", b"0"),
]
_STRINGS = [
    ("single quotes", b"'x'", b'"x"'),
    ("a raw line end in a string", b'"a\nb"', rb'"a\nb"'),
    ("a raw NUL in a string", b'"a\0b"', rb'"a\u0000b"'),
    ("a short escape", rb'"\u12"', rb'"\u0012"'),
    ("an unknown escape", rb'"\q"', rb'"\\q"'),
    ("an open string", b'"a', b'"a"'),
    ("half a surrogate pair, low", rb'"\udc00"', rb'"\ud83d\ude00"'),
    ("two high surrogates", rb'"\ud83d\ud83d"', rb'"\ud83d\ude00"'),
    ("half a pair in a name", rb'{"\ud800":1}', rb'{"\ud83d\ude00":1}'),
    ("an overlong dot", b'"\xc0\xae"', b'"."'),
    ("a surrogate in UTF-8", b'"\xed\xa0\x80"', b'"\xed\x9f\xbf"'),
    ("a character beyond Unicode", b'"\xf4\x90\x80\x80"', b'"\xf4\x8f\xbf\xbf"'),
    ("a lone continuation byte", b'"\x80"', b'"\xc2\x80"'),
    ("Latin-1", b'"\xe9"', b'"\xc3\xa9"'),
]
_STRUCTURE = [
    ("a comma behind in a list", b"[1,]", b"[1]"),
    ("a comma behind in an object", b'{"a":1,}', b'{"a":1}'),
    ("a member without quotes", b"{a:1}", b'{"a":1}'),
    ("a member twice inside", b'{"a":1,"a":2}', b'{"a":1,"b":2}'),
    ("a member twice by an escape", rb'{"a":1,"\u0061":2}', rb'{"a":1,"\u0062":2}'),
    ("a member twice in a list", b'[{"a":1,"a":1}]', b'[{"a":1},{"a":1}]'),
    ("a comment", b"1/*x*/", b"1"),
    ("a line comment", b"1//x\n", b"1\n"),
    ("a bracket too few", b"[1", b"[1]"),
    ("a bracket of another kind", b"[1}", b"[1]"),
    ("objects nested 40 deep", b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a":1}'),
    ("32 levels below the claims", b"[" * 32 + b"]" * 32, b"[" * 31 + b"]" * 31),
]


def _again(name: str) -> Callable[[bytes], bytes]:
    """Return what says a claim a second time, with the same value."""

    def edit(data: bytes) -> bytes:
        again = json.dumps({name: json.loads(data)[name]}).encode()
        return data[:-1] + b"," + again[1:]

    return edit


MORE_JSON = [
    *(raw_claim(*one) for one in (*_NUMBERS, *_WORDS, *_STRINGS, *_STRUCTURE)),
    whole_payload("with a BOM", lambda data: b"\xef\xbb\xbf" + data),
    whole_payload("null", lambda _: b"null"),
    whole_payload("a string", lambda _: b'"x"'),
    whole_payload("a number", lambda _: b"1"),
    whole_payload("an empty array", lambda _: b"[]"),
    whole_payload("cut short", lambda data: data[:-1]),
    whole_payload("with a brace more", lambda data: data + b"}"),
    whole_payload("twice", lambda data: data + data),
    whole_payload("with NUL behind", lambda data: data + b"\0"),
    whole_payload("with a vertical tab before", lambda data: b"\x0b" + data),
    whole_payload("with a no-break space before", lambda data: b"\xc2\xa0" + data),
    whole_payload("in UTF-16 without a BOM", lambda d: d.decode().encode("utf-16-le")),
    whole_payload("in UTF-32", lambda data: data.decode().encode("utf-32")),
    whole_payload("in UTF-7", lambda data: data.replace(b'"exp"', b"+ACI-exp+ACI-")),
    *(
        whole_payload(f"with {name} twice", _again(name))
        for name in ("exp", "iss", "azp", "typ", "scope", "sub")
    ),
]
