"""Makes what settings describe: a kind, and the arguments that it takes."""

import inspect
import os
import re
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from s2sauth.client.configuration.file import did_you_mean
from s2sauth.client.configuration.kinds import SECRET_SOURCES, Catalog
from s2sauth.client.configuration.settings import Path, Settings
from s2sauth.errors import ConfigurationError

__all__ = ["Maker"]

_TEXT = frozenset({str, os.PathLike})
_PLAIN = _TEXT | {bool, int, float, Callable}  # a callable: a secret source
_TRUTH = {"true": True, "false": False}


class Maker:
    """Makes things from settings; errors name who said what's wrong, and no value.

    Args:
        settings: What's said.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make(
        self,
        catalog: Catalog,
        path: Path,
        *,
        default: str | None = None,
        besides: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what stands at a path.

        Args:
            catalog: What its kind may be.
            path: Where it's described.
            default: Its kind where none is said.
            besides: Arguments for those kinds that take them, if nothing is said.

        Raises:
            ConfigurationError: Nothing is said, a kind or key is unknown, an
                argument is missing, or can't be.
        """
        names = [name for name in self._settings.below(path) if name != "kind"]
        make, kind = self._kind(catalog, path, default)
        parameters = inspect.signature(make, eval_str=True).parameters
        for name in names:
            if name not in parameters or not _settable(parameters[name]):
                raise self._unknown(path, name, kind, parameters)
        for name, parameter in parameters.items():
            if parameter.default is parameter.empty and name not in names:
                raise self._settings.missing((*path, name))
        arguments = {
            name: value for name, value in (besides or {}).items() if name in parameters
        }
        for name in names:
            arguments[name] = self._value((*path, name), parameters[name])
        try:
            return make(**arguments)
        except ConfigurationError as error:
            message = str(error)
        del arguments
        message = f"{self._blamed(path, names, message)}: {message}"
        raise ConfigurationError(message)

    def _kind(
        self, catalog: Catalog, path: Path, default: str | None
    ) -> tuple[Callable[..., Any], str]:
        said = self._settings.find((*path, "kind"))
        kind = default if said is None else said.value
        if kind is None:
            raise self._settings.missing((*path, "kind"))
        make = catalog.find(kind)
        if make is not None:
            return make, str(kind)
        # The value itself isn't shown: somebody may have put the secret there.
        where = self._settings.origin((*path, "kind"))
        hint = did_you_mean(str(kind), catalog.names())
        message = f"{where} names no {catalog.what} that's known{hint}"
        raise ConfigurationError(message)

    def _unknown(
        self, path: Path, name: str, kind: str, parameters: Mapping[str, Any]
    ) -> ConfigurationError:
        known = tuple(key for key, one in parameters.items() if _settable(one))
        where = self._settings.origin((*path, name))
        message = f"{where} is unknown to {kind}{did_you_mean(name, known)}"
        return ConfigurationError(message)

    def _value(self, path: Path, parameter: inspect.Parameter) -> Any:
        setting = self._settings.find(path)
        if setting is None:  # it's described by what stands below
            return self.make(SECRET_SOURCES, path)
        try:
            return _converted(setting.value, _types(parameter.annotation))
        except _Unfit as problem:
            message = f"{setting.origin} must be {problem}"
        raise ConfigurationError(message)

    def _blamed(self, path: Path, names: list[str], message: str) -> str:
        """Name who said the argument that a message speaks of, or the kind."""
        for name in names:
            if re.search(rf"\b{re.escape(name)}\b", message):
                return self._settings.origin((*path, name))
        return self._settings.origin(path)


class _Unfit(Exception):
    """A value is not of its argument's type; says what it must be."""


def _settable(parameter: inspect.Parameter) -> bool:
    """Tell whether an argument can be said in words: clocks and the like can't."""
    types = _types(parameter.annotation)
    return bool(types & _PLAIN) or any(map(SECRET_SOURCES.exports, types))


def _types(annotation: Any) -> frozenset[Any]:
    """Return the plain types that an annotation allows."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return frozenset().union(*map(_types, get_args(annotation)))
    if origin is Literal:
        return frozenset(map(type, get_args(annotation)))
    return frozenset({origin or annotation})


def _converted(value: Any, types: frozenset[Any]) -> Any:
    """Return a value of one of these types; text comes from variables too."""
    if isinstance(value, str) and not types & _TEXT:
        return _from_text(value, types)
    if isinstance(value, bool) and bool not in types:
        raise _Unfit(_wanted(types))
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and types & {float, type(value)}:
        return value
    raise _Unfit(_wanted(types))


def _from_text(text: str, types: frozenset[Any]) -> Any:
    if bool in types and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    for number in types & {int, float}:
        try:
            return number(text)
        except ValueError:
            continue
    raise _Unfit(_wanted(types))


def _wanted(types: frozenset[Any]) -> str:
    if types & _TEXT:
        return "a string"
    if bool in types:
        return "true or false"
    return "a number" if types & {int, float} else "a table with its kind"
