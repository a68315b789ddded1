"""Service-to-service authentication with OAuth 2.0 client credentials.

One service gets a token and presents it, over `requests` or gRPC, to another, which
verifies it and enforces scopes::

    manager = TokenManager(provider, client_id="order-service", credential=…)
    payments = manager.source(scope="payments:write")

Calling: `s2sauth.client.requests`, `s2sauth.client.grpc`. Accepting:
`s2sauth.server`, `s2sauth.policy`. Testing: `s2sauth.testing`.
"""

from s2sauth._version import VERSION
from s2sauth.client.manager import TokenManager
from s2sauth.credentials import ClientSecret
from s2sauth.errors import (
    AccessError,
    AuthorizationServerUnavailable,
    ConfigurationError,
    CredentialUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    PermissionDenied,
    Reason,
    S2SAuthError,
    TokenError,
    TokenRequestRefused,
    TokenTimeout,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.providers import (
    Provider,
    auth0,
    cognito,
    discover,
    entra,
    keycloak,
    okta,
)
from s2sauth.values import AccessToken, Identity, TokenSource, Verifier

__version__ = VERSION

__all__ = [
    "AccessError",
    "AccessToken",
    "AuthorizationServerUnavailable",
    "ClientSecret",
    "ConfigurationError",
    "CredentialUnavailable",
    "Identity",
    "InvalidClient",
    "InvalidTokenResponse",
    "PermissionDenied",
    "Provider",
    "Reason",
    "S2SAuthError",
    "TokenError",
    "TokenManager",
    "TokenRequestRefused",
    "TokenSource",
    "TokenTimeout",
    "Unauthenticated",
    "Verifier",
    "VerifierUnavailable",
    "__version__",
    "auth0",
    "cognito",
    "discover",
    "entra",
    "keycloak",
    "okta",
]
