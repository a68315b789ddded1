"""What users test their own services with.

Names are looked up when they're first used, so that tests without HTTP need none
of the extra `testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same names, for type checkers: they don't run __getattr__
    from s2sauth.testing.clock import FakeClock
    from s2sauth.testing.server import AuthorizationServer
    from s2sauth.testing.static import StaticTokenSource, StaticVerifier

__all__ = ["AuthorizationServer", "FakeClock", "StaticTokenSource", "StaticVerifier"]

_HOMES = {
    "AuthorizationServer": "s2sauth.testing.server",
    "FakeClock": "s2sauth.testing.clock",
    "StaticTokenSource": "s2sauth.testing.static",
    "StaticVerifier": "s2sauth.testing.static",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
