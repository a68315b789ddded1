"""How we log in to Vault."""

import os
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from s2sauth.errors import ConfigurationError
from s2sauth.secret_sources.local import EnvSecret, FileSecret
from s2sauth.secret_sources.source import SecretSource, check_secret, read_secret

__all__ = ["AppRoleLogin", "KubernetesLogin", "TokenLogin", "VaultLogin"]

_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@runtime_checkable
class VaultLogin(Protocol):
    """A way to get one of Vault's tokens. Safe to share between threads."""

    def token(self, client: Any) -> str:
        """Return a token that is new, as far as that's in our hands.

        Args:
            client: An `hvac.Client`.

        Raises:
            CredentialUnavailable: A secret source can't be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A token that somebody else renews; read anew when Vault refuses the old one.

    Args:
        secret: The token, or its source, such as the file that Vault's agent writes.

    Raises:
        ConfigurationError: It's empty.
    """

    secret: str | SecretSource = field(default=EnvSecret("VAULT_TOKEN"), repr=False)

    def __post_init__(self) -> None:
        check_secret(self.secret)

    def token(self, client: Any) -> str:  # noqa: ARG002 - a token needs no request
        """Return the token as it is now.

        Raises:
            CredentialUnavailable: Its source can't be read.
        """
        return read_secret(self.secret)


@dataclass(frozen=True, slots=True)
class AppRoleLogin:
    """A role and its secret (Vault's auth method AppRole).

    Args:
        role_id: The role.
        secret_id: Its secret, or a source of it.
        mount: Where the auth method is.

    Raises:
        ConfigurationError: An argument is empty.
    """

    role_id: str
    secret_id: str | SecretSource = field(repr=False)
    mount: str = "approle"

    def __post_init__(self) -> None:
        check_secret(self.secret_id)
        _check_names(role_id=self.role_id, mount=self.mount)

    def token(self, client: Any) -> str:
        """Log in.

        Raises:
            CredentialUnavailable: The secret's source can't be read.
        """
        secret_id = read_secret(self.secret_id)
        answer = client.auth.approle.login(
            self.role_id, secret_id, use_token=False, mount_point=self.mount
        )
        return _client_token(answer)


@dataclass(frozen=True, slots=True)
class KubernetesLogin:
    """This pod's service account (Vault's auth method Kubernetes).

    Args:
        role: The role in Vault.
        path: The projected token, read anew at each login.
        mount: Where the auth method is.

    Raises:
        ConfigurationError: An argument is empty.
    """

    role: str
    path: str | os.PathLike[str] = _SERVICE_ACCOUNT
    mount: str = "kubernetes"

    def __post_init__(self) -> None:
        _check_names(role=self.role, path=os.fspath(self.path), mount=self.mount)

    def token(self, client: Any) -> str:
        """Log in.

        Raises:
            CredentialUnavailable: The projected token can't be read.
        """
        jwt = FileSecret(self.path)().strip()
        answer = client.auth.kubernetes.login(
            self.role, jwt, use_token=False, mount_point=self.mount
        )
        return _client_token(answer)


def _client_token(answer: Any) -> str:
    token: str = answer["auth"]["client_token"]
    return token


def _check_names(**names: object) -> None:
    for name, value in names.items():
        if not isinstance(value, str) or not value:
            message = f"{name} must be a string that isn't empty"
            raise ConfigurationError(message)
