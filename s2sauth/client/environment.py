"""Reads a client's configuration from environment variables, and the file they name."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from s2sauth.client.configuration import (
    CREDENTIALS,
    PROVIDERS,
    Maker,
    Setting,
    Settings,
    read_file,
)
from s2sauth.credentials import Credential
from s2sauth.errors import ConfigurationError, fresh_copy
from s2sauth.providers import Provider

__all__ = ["ClientConfiguration", "configuration_from", "provider_from"]

_FIXED: Mapping[str, tuple[str, ...]] = {
    "S2SAUTH_CLIENT_ID": ("client_id",),
    "S2SAUTH_PROVIDER": ("provider", "kind"),
    "S2SAUTH_CREDENTIAL": ("credential", "kind"),
    "S2SAUTH_CLIENT_SECRET": ("credential", "secret"),
    "S2SAUTH_SECRET": ("credential", "secret", "kind"),
}
_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "S2SAUTH_PROVIDER_": ("provider",),
    "S2SAUTH_CREDENTIAL_": ("credential",),
    "S2SAUTH_SECRET_": ("credential", "secret"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfiguration:
    """Who we are, and where: what the variables say."""

    provider: Provider
    client_id: str
    credential: Credential


def configuration_from(
    environ: Mapping[str, str],
    *,
    path: str | os.PathLike[str] | None = None,
    ca: str | os.PathLike[str] | None = None,
    allow_insecure: bool = False,
) -> ClientConfiguration:
    """Return what the variables and the file say; `TokenManager.from_env` lists them.

    Args:
        environ: The variables.
        path: The file; None: the one that `S2SAUTH_CONFIG` names, if any.
        ca: A PEM file or folder for discovery.
        allow_insecure: Whether discovery may use plain http beyond loopback.

    Raises:
        ConfigurationError: Something is missing, unknown, or said twice and
            differently; the message names the variable or the key.
    """
    try:
        return _made(_settings(environ, path), ca, allow_insecure=allow_insecure)
    except ConfigurationError as error:
        failure = fresh_copy(error)
    # Raised out here, so that nobody who looks at this error's traceback finds the
    # settings, which may hold a secret.
    del environ
    raise failure


def provider_from(
    environ: Mapping[str, str],
    *,
    path: str | os.PathLike[str] | None = None,
    ca: str | os.PathLike[str] | None = None,
    allow_insecure: bool = False,
) -> Provider | None:
    """Return the provider alone, for who verifies; None where nothing names one.

    Args:
        environ: The variables.
        path: The file; None: the one that `S2SAUTH_CONFIG` names, if any.
        ca: A PEM file or folder for discovery.
        allow_insecure: Whether discovery may use plain http beyond loopback.

    Raises:
        ConfigurationError: What names it is wrong; see `configuration_from`.
    """
    try:
        settings = _settings(environ, path)
        if not list(settings.below(("provider",))):
            return None
        return _provider(Maker(settings), ca, allow_insecure=allow_insecure)
    except ConfigurationError as error:
        failure = fresh_copy(error)
    del environ
    raise failure


def _provider(
    maker: Maker, ca: str | os.PathLike[str] | None, *, allow_insecure: bool
) -> Provider:
    besides = {"ca": ca, "allow_insecure": allow_insecure}
    provider: Provider = maker.make(PROVIDERS, ("provider",), besides=besides)
    return provider


def _made(
    settings: Settings,
    ca: str | os.PathLike[str] | None,
    *,
    allow_insecure: bool,
) -> ClientConfiguration:
    maker = Maker(settings)
    if not list(settings.below(("provider",))):
        raise settings.missing(("provider",))
    provider = _provider(maker, ca, allow_insecure=allow_insecure)
    client_id = settings.find(("client_id",))
    if client_id is None:
        raise settings.missing(("client_id",))
    if not list(settings.below(("credential",))):
        raise settings.missing(("credential",))
    return ClientConfiguration(
        provider=provider,
        client_id=client_id.value,
        credential=maker.make(CREDENTIALS, ("credential",), default="ClientSecret"),
    )


def _settings(
    environ: Mapping[str, str], path: str | os.PathLike[str] | None
) -> Settings:
    named = environ.get("S2SAUTH_CONFIG")
    if path is not None and named and os.fspath(path) != named:
        message = f"S2SAUTH_CONFIG names another file than {os.fspath(path)}: keep one"
        raise ConfigurationError(message)
    settings = Settings({})
    for name in sorted(environ):
        if environ[name]:
            for where, value in _said(name, environ[name]):
                settings.and_also(where, Setting(value, name))
    file = path or named
    return settings if not file else settings.joined(read_file(file))


def _said(name: str, value: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Say what one variable says; nothing for those that aren't ours."""
    if name == "S2SAUTH_ISSUER":
        yield ("provider", "kind"), "discover"
        yield ("provider", "issuer_url"), value
    elif name == "S2SAUTH_CLIENT_SECRET_FILE":
        yield ("credential", "secret", "kind"), "FileSecret"
        yield ("credential", "secret", "path"), value
    elif name in _FIXED:
        yield _FIXED[name], value
    else:
        for prefix, path in _PREFIXES.items():
            if name.startswith(prefix):
                yield (*path, name.removeprefix(prefix).lower()), value
