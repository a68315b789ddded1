"""How the servers of this world differ, as values.

To add one: a file with a `Dialect`, and its place in `DIALECTS`.
"""

from s2sauth.errors import ConfigurationError
from s2sauth.testing.dialects.dialect import ENDPOINTS, Dialect, Grant, Refusals, Site
from s2sauth.testing.dialects.generic import GENERIC
from s2sauth.testing.dialects.keycloak import KEYCLOAK

__all__ = [
    "DIALECTS",
    "ENDPOINTS",
    "GENERIC",
    "KEYCLOAK",
    "Dialect",
    "Grant",
    "Refusals",
    "Site",
    "dialect_named",
]

DIALECTS = {dialect.name: dialect for dialect in (KEYCLOAK, GENERIC)}


def dialect_named(dialect: str | Dialect) -> Dialect:
    """Return a dialect by its name; one of one's own is taken as it is.

    Raises:
        ConfigurationError: There's none of that name.
    """
    if isinstance(dialect, Dialect):
        return dialect
    if dialect not in DIALECTS:
        message = f"dialect must be one of {', '.join(sorted(DIALECTS))}"
        raise ConfigurationError(message)
    return DIALECTS[dialect]
