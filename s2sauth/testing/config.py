"""What `s2sauth serve --config` reads."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from s2sauth.errors import ConfigurationError

__all__ = ["Settings", "read_settings"]

MadeT = TypeVar("MadeT")

_TEXT, _NUMBER, _TEXTS = "a string", "a number", "a list of strings"
_SERVER_KEYS = {
    "dialect": _TEXT,
    "port": "a whole number",
    "realm": _TEXT,
    "token_lifetime": _NUMBER,
    "token_format": _TEXT,
    "signing_algorithm": _TEXT,
    "clients": "a table",
}
_CLIENT_KEYS = {
    "secret": _TEXT,
    "scopes": _TEXTS,
    "audiences": _TEXTS,
    "token_lifetime": _NUMBER,
    "token_format": _TEXT,
    "auth_methods": _TEXTS,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file says.

    Args:
        origin: The file, for messages.
        arguments: The server's.
        clients: Those of its clients, by name.
    """

    origin: str
    arguments: Mapping[str, Any]
    clients: Mapping[str, Mapping[str, Any]] = field(repr=False)  # their secrets

    def server(self, **chosen: Any) -> dict[str, Any]:
        """Return the server's arguments; what is `chosen` wins over the file's."""
        given = {name: one for name, one in chosen.items() if one is not None}
        return {**self.arguments, **given}

    def apply(self, where: str, make: Callable[[], MadeT]) -> MadeT:
        """Return what `make` makes of the settings.

        Raises:
            ConfigurationError: It can't be made; said with the file, and `where`.
        """
        try:
            return make()
        except ConfigurationError as error:
            message = f"{self.origin}: {where}{error}"
        raise ConfigurationError(message)


def read_settings(config: str | PathLike[str] | Mapping[str, Any]) -> Settings:
    """Read a TOML file, or check what would stand in one.

    Raises:
        ConfigurationError: It can't be read; a key is unknown, missing, or of the
            wrong type. The message names the key and the file, and no value.
    """
    if isinstance(config, Mapping):
        return _Reader("config").settings(config)
    path = Path(config)
    return _Reader(str(path)).settings(_parsed(path))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problem = f"can't be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem = f"is no TOML: {error}"
    message = f"{path} {problem}"
    raise ConfigurationError(message)


class _Reader:
    """Checks tables, and says where a problem is."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def settings(self, table: Mapping[str, Any]) -> Settings:
        self._check(table, "", _SERVER_KEYS)
        clients = table.get("clients", {})
        for name, facts in clients.items():
            where = f"clients.{name}"
            if not isinstance(facts, Mapping):
                self._refuse(where, "must be a table")
            self._check(facts, f"{where}.", _CLIENT_KEYS)
            if "secret" not in facts:
                self._refuse(f"{where}.secret", "is missing")
        arguments = {key: table[key] for key in table if key != "clients"}
        return Settings(self._origin, arguments, clients)

    def _check(
        self, table: Mapping[str, Any], prefix: str, known: Mapping[str, str]
    ) -> None:
        for key, value in table.items():
            if key not in known:
                self._refuse(
                    f"{prefix}{key}", f"is unknown; known are {', '.join(known)}"
                )
            if not _FITS[known[key]](value):
                self._refuse(f"{prefix}{key}", f"must be {known[key]}")

    def _refuse(self, key: str, problem: str) -> NoReturn:
        message = f"{self._origin}: {key} {problem}"
        raise ConfigurationError(message)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return type(value) is int


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _are_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_is_text, value))


_FITS: dict[str, Callable[[object], bool]] = {
    _TEXT: _is_text,
    _NUMBER: _is_number,
    _TEXTS: _are_texts,
    "a whole number": _is_whole,
    "a table": lambda value: isinstance(value, Mapping),
}
