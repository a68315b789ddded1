"""Who we are: every way to authenticate to an authorization server.

To add one: a class in a file of its own that fits the port `Credential`, and a row
in the table of tests/flow/test_credentials.py.

What needs `cryptography` is looked up when it's first used: loading that takes as
long as all the rest of s2sauth.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from s2sauth.credentials.client_secret import ClientSecret
from s2sauth.credentials.client_secret_jwt import ClientSecretJwt
from s2sauth.credentials.credential import (
    Authentication,
    AuthenticationContext,
    Credential,
    RenewableCredential,
    renewed_version,
    shows_certificate,
)
from s2sauth.credentials.workload_token import WorkloadToken

if TYPE_CHECKING:  # the same names, for type checkers: they don't run __getattr__
    from s2sauth.credentials.client_certificate import ClientCertificate
    from s2sauth.credentials.private_key_jwt import PrivateKeyJwt

__all__ = [
    "Authentication",
    "AuthenticationContext",
    "ClientCertificate",
    "ClientSecret",
    "ClientSecretJwt",
    "Credential",
    "PrivateKeyJwt",
    "RenewableCredential",
    "WorkloadToken",
    "renewed_version",
    "shows_certificate",
]

_HOMES = {
    "ClientCertificate": "s2sauth.credentials.client_certificate",
    "PrivateKeyJwt": "s2sauth.credentials.private_key_jwt",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
