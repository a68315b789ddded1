"""A shared secret, in the Authorization header or in the form."""

import base64
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, quote_plus

from s2sauth.credentials._shared import Unpicklable
from s2sauth.credentials._shared_secret import renew_secret, secret_version
from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import SecretSource, check_secret, read_secret

__all__ = ["ClientSecret"]


@dataclass(frozen=True, slots=True)
class ClientSecret(Unpicklable):
    """A secret shared with the authorization server (RFC 6749 §2.3.1).

    Its repr shows no secret, and pickling it is an error. Safe to share between
    threads.

    Args:
        secret: The secret, or a source that's asked at each fetch: `FileSecret`,
            `EnvSecret`, `VaultSecret`, `AwsSecret`, or any callable.
        method: `basic`: in the Authorization header; `post`: in the form.
        form_encode: Whether Basic credentials are form-urlencoded first, as the
            RFC wants; False for servers that don't decode them.

    Raises:
        ConfigurationError: An empty secret, or an unknown method.
    """

    secret: str | SecretSource = field(repr=False)
    method: Literal["basic", "post"] = field(default="basic", kw_only=False)
    form_encode: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        check_secret(self.secret)
        if self.method not in ("basic", "post"):
            message = 'method must be "basic" or "post"'
            raise ConfigurationError(message)

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return the header or the form fields that hold the secret.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        if ":" in context.client_id and self.method == "basic" and not self.form_encode:
            message = "a client id with a colon can't be sent without form_encode"
            raise CredentialUnavailable(message)
        secret = read_secret(self.secret)
        if self.method == "post":
            form = {"client_id": context.client_id, "client_secret": secret}
            secrets = _as_echoed(context.client_id, secret)
            return Authentication(form=form, secrets=secrets)
        return self._basic(context.client_id, secret)

    def _basic(self, client_id: str, secret: str) -> Authentication:
        if self.form_encode:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        else:
            pair = f"{client_id}:{secret}"
        encoded = base64.b64encode(pair.encode("utf-8")).decode("ascii")
        return Authentication(
            headers={"Authorization": f"Basic {encoded}"},
            secrets=_as_echoed(client_id, secret),
        )

    def version(self) -> str:
        """Name the secret as it is now, by a digest that only this process knows.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        return secret_version(self.secret)

    def renew(self, refused: str) -> None:
        """Have the source asked again, if it's the current secret that was refused.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        renew_secret(self.secret, refused)


def _as_echoed(client_id: str, secret: str) -> tuple[str, ...]:
    """Return each form in which a server may tell the secret back to us."""
    plain = (secret, quote_plus(secret), quote(secret, safe=""))
    pairs = (f"{client_id}:{secret}", f"{quote_plus(client_id)}:{plain[1]}")
    encoded = [base64.b64encode(pair.encode("utf-8")).decode("ascii") for pair in pairs]
    # Without the padding: who echoes it may leave that away.
    return (*plain, *(one.rstrip("=") for one in encoded))
