"""Writes down the public API: every name that users may rely on, and its parameters.

`public_api.txt` is what it was when someone last said yes to a change::

    python tests/house/public_api.py --write
"""

import importlib
import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).with_name("public_api.txt")
MODULES = (
    "s2sauth",
    "s2sauth.client.grpc",
    "s2sauth.client.requests",
    "s2sauth.credentials",
    "s2sauth.errors",
    "s2sauth.events",
    "s2sauth.observers",
    "s2sauth.policy",
    "s2sauth.providers",
    "s2sauth.secret_sources",
    "s2sauth.server",
    "s2sauth.server.flask",
    "s2sauth.server.grpc",
    "s2sauth.server.wsgi",
    "s2sauth.testing",
    "s2sauth.values",
)


def describe() -> str:
    """Describe it all, in an order that doesn't change by itself."""
    parts = []
    for name in MODULES:
        module = importlib.import_module(name)
        lines = [name]
        for exported in sorted(module.__all__):
            lines += _described(exported, getattr(module, exported))
        parts.append("\n    ".join(lines))
    return "\n\n".join(parts) + "\n"


def _described(name: str, thing: Any) -> Iterator[str]:
    if inspect.isclass(thing):
        bases = ", ".join(
            base.__name__ for base in thing.__bases__ if base is not object
        )
        yield f"class {name}({bases})"
        yield from (f"    {line}" for line in _members(thing))
    elif inspect.isroutine(thing):
        yield f"{name}{_parameters(thing)}"
    else:
        yield f"{name}: a value"


def _members(cls: type) -> Iterator[str]:
    if issubclass(cls, Enum):
        yield from sorted(cls.__members__)
        return
    if cls.__init__ is not object.__init__ and not getattr(cls, "_is_protocol", False):
        yield f"__init__{_parameters(cls)}"
    for name, member in sorted(vars(cls).items()):
        if name.startswith("_"):
            continue
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function):
            yield f"{name}{_parameters(function)}"
        else:
            yield name


def _parameters(function: Any) -> str:
    """Write parameters without annotations: those mypy and pyright hold."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # made in C
        return "(...)"
    plain = [
        one.replace(
            annotation=inspect.Parameter.empty,
            default=one.default if one.default is one.empty else _Shown(one.default),
        )
        for one in signature.parameters.values()
        if one.name != "self"
    ]
    return str(inspect.Signature(plain))


class _Shown:
    """A default, shown without addresses."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        plain = (str, int, float, bool, tuple, frozenset, type(None))
        if type(self._value) in plain:
            return repr(self._value)
        return f"<{getattr(self._value, '__name__', type(self._value).__name__)}>"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SNAPSHOT.write_text(describe(), encoding="utf-8")
    else:
        print(describe())
