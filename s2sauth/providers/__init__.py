"""The authorization servers: where their endpoints are, how they word their tokens.

To add one: a function in a file of its own that returns a `Provider`, a `Dialect`
where its claims differ, and a row in the table of tests/unit/providers.
"""

from s2sauth.providers.dialect import GENERIC, KEYCLOAK, ClaimProblem, Dialect
from s2sauth.providers.discovery import discover
from s2sauth.providers.keycloak import keycloak
from s2sauth.providers.provider import Provider

__all__ = [
    "GENERIC",
    "KEYCLOAK",
    "ClaimProblem",
    "Dialect",
    "Provider",
    "discover",
    "keycloak",
]
