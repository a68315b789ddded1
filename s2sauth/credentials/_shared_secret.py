"""What the credentials over a shared secret have in common."""

from s2sauth.credentials._shared import fingerprint
from s2sauth.secret_sources import RenewableSource, SecretSource, read_secret

__all__ = ["renew_secret", "secret_version"]


def secret_version(secret: str | SecretSource) -> str:
    """Name a secret as it is now.

    Raises:
        CredentialUnavailable: Its source failed.
    """
    return fingerprint(read_secret(secret).encode("utf-8", "surrogatepass"))


def renew_secret(secret: str | SecretSource, refused: str) -> None:
    """Tell the source that the server refused a version, if that's the current one.

    Raises:
        CredentialUnavailable: The source failed.
    """
    if isinstance(secret, RenewableSource) and secret_version(secret) == refused:
        secret.refused(read_secret(secret))
