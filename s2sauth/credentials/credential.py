"""The port that every way to prove who we are meets at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

__all__ = ["Authentication", "AuthenticationContext", "Credential"]


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
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


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
