"""Reads a client's configuration file (TOML)."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from s2sauth.client.configuration.settings import Path, Setting, Settings
from s2sauth.errors import ConfigurationError

__all__ = ["did_you_mean", "read_file"]

_TYPES: Mapping[str, tuple[type, str]] = {
    "client_id": (str, "a string"),
    "provider": (dict, "a table"),
    "credential": (dict, "a table"),
}


def read_file(path: str | os.PathLike[str]) -> Settings:
    """Return what a file says.

    Raises:
        ConfigurationError: It can't be read, is no TOML, or has an unknown key; the
            message names the file and the key, and no value.
    """
    name = os.fspath(path)
    table = _parsed(name)
    for key, value in table.items():
        if key not in _TYPES:
            message = f"{name}: {key} is unknown{did_you_mean(key, tuple(_TYPES))}"
            raise ConfigurationError(message)
        wanted, called = _TYPES[key]
        if not isinstance(value, wanted):
            message = f"{name}: {key} must be {called}"
            raise ConfigurationError(message)
    return Settings(dict(_flat(table, (), name)), file=name)


def did_you_mean(name: str, known: tuple[str, ...]) -> str:
    """Return how a message about an unknown name ends: the nearest, or them all."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f": did you mean {near[0]}?"
    return f"; known are {', '.join(known)}"


def _parsed(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(FilePath(name).read_text("utf-8"))
    except OSError as error:
        problem = f"can't be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem = f"is no TOML: {error}"
    message = f"{name} {problem}"
    raise ConfigurationError(message)


def _flat(
    table: Mapping[str, Any], above: Path, file: str
) -> list[tuple[Path, Setting]]:
    found: list[tuple[Path, Setting]] = []
    for key, value in table.items():
        path = (*above, key)
        if isinstance(value, Mapping):
            found += _flat(value, path, file)
        else:
            found.append((path, Setting(value, f"{file}: {'.'.join(path)}")))
    return found
