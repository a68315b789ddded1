"""Settings by their path, each with who said it: a variable, or a key in a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from s2sauth.errors import ConfigurationError

__all__ = ["Path", "Setting", "Settings", "variable_for"]

Path: TypeAlias = tuple[str, ...]

_VARIABLES: Mapping[Path, str] = {
    ("client_id",): "S2SAUTH_CLIENT_ID",
    ("provider",): "S2SAUTH_PROVIDER",
    ("provider", "kind"): "S2SAUTH_PROVIDER",
    ("credential",): "S2SAUTH_CLIENT_SECRET",
    ("credential", "kind"): "S2SAUTH_CREDENTIAL",
    ("credential", "secret"): "S2SAUTH_CLIENT_SECRET",
    ("credential", "secret", "kind"): "S2SAUTH_SECRET",
}
_PREFIXES: Mapping[Path, str] = {
    ("provider",): "S2SAUTH_PROVIDER_",
    ("credential",): "S2SAUTH_CREDENTIAL_",
    ("credential", "secret"): "S2SAUTH_SECRET_",
}


def variable_for(path: Path) -> str | None:
    """Return the environment variable that says what stands at a path, or None."""
    if path in _VARIABLES:
        return _VARIABLES[path]
    prefix = _PREFIXES.get(path[:-1])
    return None if prefix is None else prefix + path[-1].upper()


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, as text or as TOML has it, and who said it. Its repr shows no value."""

    value: Any = field(repr=False)
    origin: str


class Settings:
    """Everything that's said, by path. Its repr shows no value.

    Args:
        entries: What's said; no path leads through another's value.
        file: The file that's in use, for messages, or None.
    """

    def __init__(
        self, entries: Mapping[Path, Setting], *, file: str | None = None
    ) -> None:
        self._entries = dict(entries)
        self.file = file

    def __repr__(self) -> str:
        return f"<Settings {[setting.origin for setting in self._entries.values()]}>"

    def and_also(self, path: Path, setting: Setting) -> None:
        """Note a further setting.

        Raises:
            ConfigurationError: Another says something else; the message names both,
                and no value.
        """
        for other, known in self._entries.items():
            if other == path and _same(known.value, setting.value):
                return
            shorter = min(len(other), len(path))
            if other[:shorter] == path[:shorter]:
                message = f"{known.origin} and {setting.origin} disagree: keep one"
                raise ConfigurationError(message)
        self._entries[path] = setting

    def joined(self, others: "Settings") -> "Settings":
        """Return both together; the file is either's.

        Raises:
            ConfigurationError: They disagree.
        """
        together = Settings(self._entries, file=self.file or others.file)
        for path, setting in others.items():
            together.and_also(path, setting)
        return together

    def items(self) -> Iterable[tuple[Path, Setting]]:
        """List everything that's said."""
        return self._entries.items()

    def find(self, path: Path) -> Setting | None:
        """Return what's said at a path, or None."""
        return self._entries.get(path)

    def below(self, path: Path) -> Iterator[str]:
        """List the names that are said something of below a path, once each."""
        depth = len(path)
        names = (
            key[depth]
            for key in self._entries
            if len(key) > depth and key[:depth] == path
        )
        return iter(dict.fromkeys(names))

    def origin(self, path: Path) -> str:
        """Name who says what stands at a path, or first of what's below it."""
        for key, setting in self._entries.items():
            if key[: len(path)] == path:
                return setting.origin
        return ".".join(path)

    def missing(self, path: Path) -> ConfigurationError:
        """Return the error that what should stand at a path doesn't."""
        variable = variable_for(path)
        if self.file is None:
            name = variable or ".".join(path)
            return ConfigurationError(f"{name} is not set{_or_else(path)}")
        way = "" if variable is None else f" (or set {variable})"
        return ConfigurationError(f"{self.file}: {'.'.join(path)} is missing{way}")


def _or_else(path: Path) -> str:
    """Say by what else the most wanted settings can be said."""
    if path == ("provider",):
        return " (nor S2SAUTH_ISSUER, nor S2SAUTH_CONFIG)"
    if path == ("credential",):
        return " (nor S2SAUTH_CLIENT_SECRET_FILE, S2SAUTH_SECRET, S2SAUTH_CREDENTIAL)"
    return ""


def _same(one: Any, other: Any) -> bool:
    """Tell whether a variable's text says what a file's value does."""
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    return str(one) == str(other)
