"""Where a secret comes from: read when it's needed, so that it may change."""

from s2sauth.secret_sources.aws import AwsSecret
from s2sauth.secret_sources.cached import CachedSecret
from s2sauth.secret_sources.local import EnvSecret, FileSecret
from s2sauth.secret_sources.source import (
    RenewableSource,
    SecretSource,
    check_secret,
    read_secret,
)
from s2sauth.secret_sources.vault import VaultSecret
from s2sauth.secret_sources.vault_login import (
    AppRoleLogin,
    KubernetesLogin,
    TokenLogin,
    VaultLogin,
)

__all__ = [
    "AppRoleLogin",
    "AwsSecret",
    "CachedSecret",
    "EnvSecret",
    "FileSecret",
    "KubernetesLogin",
    "RenewableSource",
    "SecretSource",
    "TokenLogin",
    "VaultLogin",
    "VaultSecret",
    "check_secret",
    "read_secret",
]
