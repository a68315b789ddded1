"""Inputs as edits of something good, so that most of them get past the first rule.

One edit a line: `name=value`, the value as the bytes of its JSON, unchecked; without
a `=` the member is left out. Input that starts with a brace is taken as it is.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["COMMON_VALUES", "Words", "edited", "is_whole", "with_one_more"]

Words: TypeAlias = tuple[Sequence[bytes], Sequence[bytes]]  # names, and values

_MOST_EDITS = 4
COMMON_VALUES = (
    *(b"true", b"false", b"null", b"0", b"1", b"-1", b"1.5", b"1e3", b"9e99", b'""'),
    *(b"[]", b"{}", b'"x"', b'["x"]', b"[1]", b'["x",1]', b'{"x":1}', b'"\\u0000"'),
    *(b"NaN", b"Infinity", b"1e400", b'"\\ud800"', b"[[[1]]]", b"1,", b'"x":'),
)


def is_whole(data: bytes) -> bool:
    """Tell whether input is a document of its own."""
    return data.startswith(b"{")


def edited(members: Mapping[str, Any], edits: list[bytes]) -> bytes:
    """Return a JSON object with its members edited, duplicates and all.

    Args:
        members: The good object.
        edits: Lines.
    """
    parts = {
        name.encode(): json.dumps(value).encode() for name, value in members.items()
    }
    more: list[bytes] = []
    for edit in edits:
        name, equals, value = edit.partition(b"=")
        if not equals:
            parts.pop(name, None)
        elif name.startswith(b"+"):  # beside the good one: a member twice
            more.append(b'"' + name[1:] + b'":' + value)
        else:
            parts[name] = value
    good = [b'"' + name + b'":' + value for name, value in parts.items()]
    return b"{" + b",".join(good + more) + b"}"


def with_one_more(data: bytes, words: Words, choice: random.Random) -> bytes:
    """Return input with one edit more, put together from words.

    Args:
        data: Edits; a whole document stays as it is.
        words: What edits are made of.
        choice: Draws them.
    """
    names, values = words
    if is_whole(data) or not names:
        return data
    lines = [line for line in data.split(b"\n") if b"=" in line][: _MOST_EDITS - 1]
    name, value = choice.choice(names), choice.choice(values)
    lines.insert(choice.randint(0, len(lines)), name + b"=" + value)
    return b"\n".join(lines)
