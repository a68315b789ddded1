"""The keys of a policy: what they may look like, and which one decides.

gRPC keys are `/pkg.Service/Method` and `/pkg.Service/*`. HTTP keys are a method, a
space and a path: `POST /api/payments/charge`. There `*` stands for one segment, a
`**` at the end for the rest (nothing included: `/api/**` also matches `/api`), and
the method may be `*`.

The most specific key decides, and no other is looked at:

1. gRPC: the method's own key, then its service's.
2. HTTP: the paths are compared segment by segment from the left; a literal beats
   `*`, and `*` beats `**`.
3. Between equal paths, the method's own key beats that of `*`. `HEAD` is judged as
   `GET` where it has no key of its own, since servers answer it from the same code.

Wildcards match only what can mean nothing else: a path with an empty segment (`//`,
or a slash at the end), `.`, `..`, a backslash, a control character, or an escape
that is still there after decoding never matches one, so that no framework's idea of
tidying up can lead around a rule. A slash at the end is part of a path: `/items/` and
`/items` are two, and `GET /items/*/` says the former with a wildcard.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from s2sauth.errors import ConfigurationError

__all__ = ["PathPatterns", "check_key", "is_http", "is_pattern", "split_path"]

T = TypeVar("T")

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_GRPC = re.compile(rf"/{_NAME}(?:\.{_NAME})*/(?:{_NAME}|\*)")
_METHOD = re.compile(r"\*|[A-Z][A-Z0-9_-]*")
# Segments that a server, a proxy or a framework might take for something else.
_AMBIGUOUS = re.compile(
    r"\A\.{0,2}\Z"  # empty, or dots that mean another folder
    r"|[\\\x00-\x1f\x7f\ufffd]"  # U+FFFD stands for bytes that are no UTF-8
    r"|%[0-9A-Fa-f]{2}"  # an escape under an escape
)


def check_key(key: str) -> None:
    """Check that a policy's key is well-formed.

    Raises:
        ConfigurationError: It isn't; says why.
    """
    problem = _problem(key)
    if problem is not None:
        message = f"the policy's key {key!r} is malformed: {problem}"
        raise ConfigurationError(message)


def is_http(key: str) -> bool:
    """Tell an HTTP key from a gRPC one."""
    return not key.startswith("/")


def is_pattern(key: str) -> bool:
    """Tell whether a key has a wildcard."""
    return "*" in key


def _problem(key: object) -> str | None:
    if not isinstance(key, str):
        return "a key is a string"
    if not is_http(key):
        if _GRPC.fullmatch(key):
            return None
        return (
            "write /pkg.Service/Method, /pkg.Service/*, or a method before an HTTP path"
        )
    method, _, path = key.partition(" ")
    if not _METHOD.fullmatch(method):
        return "an HTTP key begins with a method in capitals, or *"
    if not path.startswith("/"):
        return "after the method comes one space and a path that begins with a slash"
    return _path_problem(path)


def _path_problem(path: str) -> str | None:
    if "?" in path or "#" in path:
        return "a path has no query and no fragment"
    segments = split_path(path)
    if "**" in segments[:-1]:
        return "** stands for the rest, so it comes last"
    for index, segment in enumerate(segments):
        if segment in ("*", "**") or (not segment and index == len(segments) - 1):
            continue
        if "*" in segment:
            return "* stands for a whole segment"
        if _AMBIGUOUS.search(segment):
            return "write the path decoded, without empty segments, dots or backslashes"
    return None


def split_path(path: str) -> list[str]:
    """Return the segments of a path that begins with a slash; the root has none."""
    return path.split("/")[1:] if path != "/" else []


class _Node(Generic[T]):
    """What's known after some segments of a path."""

    __slots__ = ("by_method", "literals", "rest", "star")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.star: _Node[T] | None = None
        self.rest: dict[str, T] = {}  # of `**` from here on, by method
        self.by_method: dict[str, T] = {}


class PathPatterns(Generic[T]):
    """Finds the most specific of many HTTP patterns for a method and a path.

    Immutable once made. What it's asked for leaves no trace, since an attacker
    chooses it.

    Args:
        entries: What each well-formed HTTP key stands for.
    """

    __slots__ = ("_root",)

    def __init__(self, entries: Mapping[str, T]) -> None:
        self._root: _Node[T] = _Node()
        for key, value in entries.items():
            method, _, path = key.partition(" ")
            self._add(method, split_path(path), value)

    def _add(self, method: str, segments: Sequence[str], value: T) -> None:
        node = self._root
        for segment in segments:
            if segment == "**":
                node.rest[method] = value
                return
            if segment == "*":
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.literals.setdefault(segment, _Node())
        node.by_method[method] = value

    def find(self, method: str, path: str) -> T | None:
        """Return what the most specific key stands for; None: no key matches."""
        segments = split_path(path)
        # From where on all is unambiguous, so that `**` may match it.
        clear_from = len(segments)
        while clear_from and not _AMBIGUOUS.search(segments[clear_from - 1]):
            clear_from -= 1
        methods = (method, "GET", "*") if method == "HEAD" else (method, "*")
        for table in _tables(self._root, segments, 0, clear_from):
            for candidate in methods:
                if candidate in table:
                    return table[candidate]
        return None


def _tables(
    node: _Node[T], segments: Sequence[str], index: int, clear_from: int
) -> Iterator[dict[str, T]]:
    """Yield what matches, the most specific first: literals, then `*`, then `**`."""
    if index == len(segments):
        yield node.by_method
    else:
        segment = segments[index]
        literal = node.literals.get(segment)
        if literal is not None:
            yield from _tables(literal, segments, index + 1, clear_from)
        if node.star is not None and not _AMBIGUOUS.search(segment):
            yield from _tables(node.star, segments, index + 1, clear_from)
    if index >= clear_from:
        yield node.rest
