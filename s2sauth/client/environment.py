"""Reads a client's configuration from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from s2sauth.credentials import ClientSecret, Credential
from s2sauth.errors import ConfigurationError
from s2sauth.providers import Provider, discover, keycloak
from s2sauth.secret_sources import FileSecret

__all__ = ["ClientConfiguration", "configuration_from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfiguration:
    """Who we are, and where: what the variables say."""

    provider: Provider
    client_id: str
    credential: Credential


def configuration_from(
    environ: Mapping[str, str],
    *,
    ca: str | os.PathLike[str] | None = None,
    allow_insecure: bool = False,
) -> ClientConfiguration:
    """Return what the variables say; `TokenManager.from_env` lists them.

    Args:
        environ: The variables.
        ca: A PEM file or folder for discovery.
        allow_insecure: Whether discovery may use plain http beyond loopback.

    Raises:
        ConfigurationError: A variable is missing, or two disagree.
    """
    return ClientConfiguration(
        provider=_provider(environ, ca, allow_insecure=allow_insecure),
        client_id=_needed(environ, "S2SAUTH_CLIENT_ID"),
        credential=_credential(environ),
    )


def _provider(
    environ: Mapping[str, str],
    ca: str | os.PathLike[str] | None,
    *,
    allow_insecure: bool,
) -> Provider:
    issuer = environ.get("S2SAUTH_ISSUER")
    kind = environ.get("S2SAUTH_PROVIDER")
    if issuer and kind:
        message = "S2SAUTH_ISSUER and S2SAUTH_PROVIDER are both set: keep one"
        raise ConfigurationError(message)
    if issuer:
        return discover(issuer, ca=ca, allow_insecure=allow_insecure)
    if not kind:
        message = "S2SAUTH_ISSUER is not set (nor S2SAUTH_PROVIDER, as keycloak)"
        raise ConfigurationError(message)
    if kind != "keycloak":
        message = f"S2SAUTH_PROVIDER is {kind!r}: the only kind known is keycloak"
        raise ConfigurationError(message)
    return keycloak(
        _needed(environ, "S2SAUTH_PROVIDER_URL"),
        realm=_needed(environ, "S2SAUTH_PROVIDER_REALM"),
    )


def _credential(environ: Mapping[str, str]) -> Credential:
    secret = environ.get("S2SAUTH_CLIENT_SECRET")
    path = environ.get("S2SAUTH_CLIENT_SECRET_FILE")
    if secret and path:
        message = (
            "S2SAUTH_CLIENT_SECRET and S2SAUTH_CLIENT_SECRET_FILE are both set: "
            "keep one"
        )
        raise ConfigurationError(message)
    if path:
        return ClientSecret(FileSecret(path))
    if secret:
        return ClientSecret(secret)
    message = "S2SAUTH_CLIENT_SECRET is not set (nor S2SAUTH_CLIENT_SECRET_FILE)"
    raise ConfigurationError(message)


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        message = f"{name} is not set"
        raise ConfigurationError(message)
    return value
