"""Where a secret comes from: read when it's needed, so that it may change."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from s2sauth.errors import ConfigurationError, CredentialUnavailable

__all__ = ["EnvSecret", "FileSecret", "SecretSource", "read_secret"]

SecretSource: TypeAlias = Callable[[], str]


@dataclass(frozen=True, slots=True)
class FileSecret:
    """A secret in a file, read anew at each fetch.

    Follows Kubernetes' symlink swap. Line ends behind the secret are stripped,
    since editors and `echo` leave them. Safe to share between threads.

    Args:
        path: The file.
    """

    path: str | os.PathLike[str]

    def __call__(self) -> str:
        """Return the secret.

        Raises:
            CredentialUnavailable: The file can't be read, is empty, or no UTF-8.
        """
        name = os.fspath(self.path)
        try:
            secret = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            message = f"the secret file {name!r} can't be read: {error.strerror}"
        except UnicodeDecodeError:
            message = f"the secret file {name!r} is not UTF-8 text"
        else:
            if secret:
                return secret
            message = f"the secret file {name!r} is empty"
        raise CredentialUnavailable(message)


@dataclass(frozen=True, slots=True)
class EnvSecret:
    """A secret in an environment variable, read anew at each fetch.

    Args:
        name: The variable.
    """

    name: str

    def __call__(self) -> str:
        """Return the secret.

        Raises:
            CredentialUnavailable: The variable is unset or empty.
        """
        secret = os.environ.get(self.name)
        if not secret:
            message = f"the environment variable {self.name} is not set"
            raise CredentialUnavailable(message)
        return secret


def check_secret(secret: object) -> None:
    """Check, when a credential is made, that `secret` can be one.

    Raises:
        ConfigurationError: Neither a string that isn't empty nor a callable.
    """
    if callable(secret) or (isinstance(secret, str) and secret):
        return
    message = (
        "secret must be a string that isn't empty, or a source such as "
        "FileSecret(path) or EnvSecret(name)"
    )
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
        message = "the secret source gave no text"
    raise CredentialUnavailable(message)
