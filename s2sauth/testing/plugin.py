"""The pytest plugin: a fixture that is a running authorization server.

Loaded by every pytest run of an environment that has s2sauth, so it imports next to
nothing until the fixture is asked for.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # importing it here would cost every pytest run
    from s2sauth.testing.server import AuthorizationServer

__all__ = ["authorization_server", "authorization_server_dialect"]


@pytest.fixture
def authorization_server_dialect() -> str:
    """Name the dialect; override it, or parametrize it, for another one."""
    return "keycloak"


@pytest.fixture
def authorization_server(
    authorization_server_dialect: str,
) -> "Iterator[AuthorizationServer]":
    """Give a started `AuthorizationServer`, and stop it after the test."""
    from s2sauth.testing.server import AuthorizationServer

    with AuthorizationServer(authorization_server_dialect) as server:
        yield server
