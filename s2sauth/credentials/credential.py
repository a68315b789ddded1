"""The port that every way to prove who we are meets at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from s2sauth._base.tls_identity import TlsIdentity

__all__ = [
    "Authentication",
    "AuthenticationContext",
    "Credential",
    "RenewableCredential",
    "renewed_version",
    "shows_certificate",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationContext:
    """To whom we prove who we are.

    Args:
        client_id: Who we are.
        endpoint: The URL of the very endpoint that's invoked.
        assertion_audience: The `aud` that the provider wants in assertions.
    """

    client_id: str
    endpoint: str
    assertion_audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What goes into one request to prove who we are; its repr shows nothing.

    Args:
        headers: To be added to the request's.
        form: To be added to the form.
        secrets: What must be cut out of anything the server echoes.
        identity: What to show in the TLS handshake (RFC 8705), or None.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    identity: TlsIdentity | None = field(default=None, repr=False)


@runtime_checkable
class Credential(Protocol):
    """A way to prove who we are (RFC 6749 §2.3). Safe to share between threads."""

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return what goes into one try: called anew for every one.

        Raises:
            CredentialUnavailable: A secret source or key file can't be read.
        """
        ...

    def version(self) -> str:
        """Name what it would prove with now: another name, another secret.

        Raises:
            CredentialUnavailable: A secret source or key file can't be read.
        """
        ...


@runtime_checkable
class RenewableCredential(Credential, Protocol):
    """A credential that can do something about a refusal: ask its source anew."""

    def renew(self, refused: str) -> None:
        """Take note that the server refused a version; prove with another, if any.

        Args:
            refused: What `version()` named before the refusal. Where it isn't the
                current one any more, somebody else has renewed already.

        Raises:
            CredentialUnavailable: A secret source can't be read.
        """
        ...


def renewed_version(credential: Credential, refused: str) -> str:
    """Return the version to try after a refusal: `refused` again if there's no other.

    Raises:
        CredentialUnavailable: A secret source or key file can't be read.
    """
    if isinstance(credential, RenewableCredential):
        credential.renew(refused)
    return credential.version()


def shows_certificate(credential: Credential) -> bool:
    """Tell whether it proves by TLS, and so wants `mtls_endpoint_aliases`."""
    return getattr(credential, "shows_certificate", False) is True
