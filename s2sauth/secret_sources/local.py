"""Secrets from this machine: a file, an environment variable."""

import os
from dataclasses import dataclass
from pathlib import Path

from s2sauth.errors import CredentialUnavailable

__all__ = ["EnvSecret", "FileSecret"]


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
