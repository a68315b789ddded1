"""What the word `kind` may name: whatever the packages export, looked up by name.

Nothing is listed here, so that a new provider, credential or secret source can be
configured as soon as it's exported.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from s2sauth import credentials, providers, secret_sources

__all__ = ["CREDENTIALS", "PROVIDERS", "SECRET_SOURCES", "Catalog"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The things of one sort, by the names that they're exported by.

    Args:
        what: What they are, for messages.
        home: The package that exports them.
        fits: Whether something that's exported there is one of them.
    """

    what: str
    home: ModuleType
    fits: Callable[[Any], bool]

    def find(self, kind: object) -> Callable[..., Any] | None:
        """Return what a kind names, or None; loads nothing but that."""
        if not isinstance(kind, str) or kind not in self.home.__all__:
            return None
        found: Any = getattr(self.home, kind)
        return found if self.fits(found) else None

    def exports(self, found: object) -> bool:
        """Tell whether the package exports a class: a port may be one, too."""
        name = getattr(found, "__name__", "")
        return name in self.home.__all__ and getattr(self.home, name) is found

    def names(self) -> tuple[str, ...]:
        """List all kinds."""
        return tuple(name for name in self.home.__all__ if self.find(name) is not None)


def _is_provider(found: Any) -> bool:
    return inspect.isfunction(found) or found is providers.Provider


def _is_credential(found: Any) -> bool:
    return _is_class(found) and hasattr(found, "authenticate")


def _is_class(found: Any) -> bool:
    return inspect.isclass(found) and not getattr(found, "_is_protocol", False)


PROVIDERS = Catalog("provider", providers, _is_provider)
CREDENTIALS = Catalog("credential", credentials, _is_credential)
SECRET_SOURCES = Catalog("secret source", secret_sources, _is_class)
