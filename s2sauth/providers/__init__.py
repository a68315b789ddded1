"""The authorization servers: where their endpoints are, how they word their tokens.

To add one: a function in a file of its own that returns a `Provider`; a `Dialect`
where its claims differ, an `Asking` where its token requests do; and a row in the
table of tests/unit/providers.
"""

from s2sauth.providers.asking import AS_IT_STANDS, Asking, Target
from s2sauth.providers.auth0 import AUTH0, auth0
from s2sauth.providers.cognito import COGNITO, cognito
from s2sauth.providers.dialect import GENERIC, ClaimProblem, Dialect
from s2sauth.providers.discovery import discover
from s2sauth.providers.entra import entra
from s2sauth.providers.keycloak import KEYCLOAK, keycloak
from s2sauth.providers.okta import OKTA, okta
from s2sauth.providers.provider import Provider

__all__ = [
    "AS_IT_STANDS",
    "AUTH0",
    "COGNITO",
    "GENERIC",
    "KEYCLOAK",
    "OKTA",
    "Asking",
    "ClaimProblem",
    "Dialect",
    "Provider",
    "Target",
    "auth0",
    "cognito",
    "discover",
    "entra",
    "keycloak",
    "okta",
]
