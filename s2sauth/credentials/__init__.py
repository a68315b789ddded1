"""Who we are: every way to authenticate to an authorization server.

To add one: a class in a file of its own that fits the port `Credential`, and a row
in the table of tests/unit/credentials.
"""

from s2sauth.credentials.client_secret import ClientSecret
from s2sauth.credentials.credential import (
    Authentication,
    AuthenticationContext,
    Credential,
)

__all__ = ["Authentication", "AuthenticationContext", "ClientSecret", "Credential"]
