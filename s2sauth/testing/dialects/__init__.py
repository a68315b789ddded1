"""How the servers of this world differ, as values.

To add one: a file with a `Dialect`, and its place in `DIALECTS`.
"""

from s2sauth.errors import ConfigurationError
from s2sauth.testing.dialects.auth0 import AUTH0
from s2sauth.testing.dialects.cognito import COGNITO
from s2sauth.testing.dialects.dialect import ENDPOINTS, Dialect, Grant, Refusals, Site
from s2sauth.testing.dialects.entra import ENTRA
from s2sauth.testing.dialects.generic import GENERIC
from s2sauth.testing.dialects.granting import Granted, RfcGrant
from s2sauth.testing.dialects.keycloak import KEYCLOAK
from s2sauth.testing.dialects.okta import OKTA

__all__ = [
    "AUTH0",
    "COGNITO",
    "DIALECTS",
    "ENDPOINTS",
    "ENTRA",
    "GENERIC",
    "KEYCLOAK",
    "OKTA",
    "Dialect",
    "Grant",
    "Granted",
    "Refusals",
    "RfcGrant",
    "Site",
    "dialect_named",
]

DIALECTS = {
    dialect.name: dialect
    for dialect in (AUTH0, COGNITO, ENTRA, GENERIC, KEYCLOAK, OKTA)
}


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
