"""What the doctor is told: a client's configuration, and what it asks for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from s2sauth._base.tls_identity import TlsIdentity
from s2sauth.cli.options import Reach
from s2sauth.client.environment import ClientConfiguration, configuration_from
from s2sauth.client.manager import TokenManager
from s2sauth.credentials import AuthenticationContext, shows_certificate
from s2sauth.providers import Provider
from s2sauth.server.arguments import expected_header
from s2sauth.values import TokenSource

__all__ = ["Patient", "Wish", "examine"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the token is for.

    Args:
        scopes: What's asked for, and must be granted.
        audience: What's asked for; None: nothing.
        expected: What the called service's verifier calls itself, or None.
        algorithms: What it allows.
    """

    scopes: tuple[str, ...]
    audience: str | None
    expected: str | None
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """A configuration that makes sense, and what it made.

    Args:
        configuration: What was said.
        wish: What the token is for.
        reach: How the server is reached.
        manager: Gets tokens.
        source: Gets the one that's wished for.
    """

    configuration: ClientConfiguration
    wish: Wish
    reach: Reach
    manager: TokenManager
    source: TokenSource

    @property
    def provider(self) -> Provider:
        """The authorization server."""
        return self.configuration.provider

    @property
    def addresses(self) -> tuple[str, ...]:
        """The URLs that are known without looking anything up; one at least."""
        provider = self.provider
        if type(provider) is not Provider:  # others look their endpoints up
            return (provider.issuer,)
        named = (provider.token_url, provider.jwks_url)
        return tuple(url for url in named if url is not None)

    def introduce(self) -> str:
        """Say who asks whom."""
        return f"{self.configuration.client_id} at {self.provider.issuer}"

    def secret(self) -> str:
        """Read what proves who we are.

        Raises:
            CredentialUnavailable: It can't be read.
        """
        credential = self.configuration.credential
        credential.version()
        return f"{type(credential).__name__} can be read"

    def identity(self) -> TlsIdentity | None:
        """Return what's shown in TLS handshakes, if anything is."""
        credential = self.configuration.credential
        if not shows_certificate(credential):
            return None
        context = AuthenticationContext(
            client_id=self.configuration.client_id,
            endpoint=self.addresses[0],
            assertion_audience=self.provider.issuer,
        )
        return credential.authenticate(context).identity


def examine(
    wish: Wish,
    reach: Reach,
    config: Path | None,
    environ: Mapping[str, str] = os.environ,
) -> Patient:
    """Read the configuration; nothing is sent.

    Raises:
        ConfigurationError: It makes no sense; the message names what.
    """
    configuration = configuration_from(
        environ, path=config, ca=reach.ca, allow_insecure=reach.allow_insecure
    )
    manager = TokenManager(
        configuration.provider,
        client_id=configuration.client_id,
        credential=configuration.credential,
        ca=reach.ca,
        allow_insecure=reach.allow_insecure,
    )
    expected_header(wish.algorithms, None)
    source = manager.source(scope=wish.scopes, audience=wish.audience)
    return Patient(configuration, wish, reach, manager, source)
