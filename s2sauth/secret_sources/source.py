"""The port that every source of secrets meets at, and how one is asked."""

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from s2sauth.errors import ConfigurationError, CredentialUnavailable

__all__ = [
    "RenewableSource",
    "SecretSource",
    "check_secret",
    "check_source",
    "read_secret",
]

SecretSource: TypeAlias = Callable[[], str]


@runtime_checkable
class RenewableSource(Protocol):
    """A source that remembers what it gave, or has more than one secret to give."""

    def __call__(self) -> str:
        """Return the secret to prove with now.

        Raises:
            CredentialUnavailable: It can't be had.
        """
        ...

    def refused(self, secret: str) -> None:
        """Take note that the server refused a secret: ask anew, or give the other.

        Args:
            secret: What was refused.
        """
        ...


def check_secret(secret: object) -> None:
    """Check, when a credential is made, that `secret` can be one.

    Raises:
        ConfigurationError: Neither a string that isn't empty nor a callable.
    """
    if callable(secret) or (isinstance(secret, str) and secret):
        return
    del secret  # it may be the secret, as bytes
    message = (
        "secret must be a string that isn't empty, or a source such as "
        "FileSecret(path) or EnvSecret(name)"
    )
    raise ConfigurationError(message)


def check_source(name: str, source: SecretSource) -> SecretSource:
    """Return a source.

    Raises:
        ConfigurationError: It can't be called; the message names it.
    """
    if callable(source):
        return source
    del source  # it may be the secret itself
    message = f"{name} must be a source such as FileSecret(path), or any callable"
    raise ConfigurationError(message)


def read_secret(secret: str | SecretSource) -> str:
    """Return the secret as it is now.

    Raises:
        CredentialUnavailable: Its source failed, or gave no text.
    """
    if isinstance(secret, str):
        return secret
    try:
        value = secret()
    except CredentialUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a user's own source may raise anything
        # Its words may hold the secret; the kind of the error doesn't.
        message = f"the secret source failed ({type(error).__name__})"
    else:
        if isinstance(value, str) and value:
            return value
        del value  # it may be the secret, as bytes
        message = "the secret source gave no text"
    raise CredentialUnavailable(message)
