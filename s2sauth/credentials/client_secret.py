"""A shared secret, in the Authorization header or in the form."""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import Literal, NoReturn
from urllib.parse import quote_plus

from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import SecretSource, check_secret, read_secret

__all__ = ["ClientSecret"]

_VERSION_KEY = os.urandom(16)  # versions mean nothing outside this process


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret shared with the authorization server (RFC 6749 §2.3.1).

    Its repr shows no secret, and pickling it is an error. Safe to share between
    threads.

    Args:
        secret: The secret, or a source that's asked at each fetch: `FileSecret`,
            `EnvSecret`, or any callable that returns it.
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
        secret = read_secret(self.secret)
        if self.method == "post":
            form = {"client_id": context.client_id, "client_secret": secret}
            return Authentication(form=form, secrets=(secret,))
        return self._basic(context.client_id, secret)

    def _basic(self, client_id: str, secret: str) -> Authentication:
        if self.form_encode:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        elif ":" in client_id:
            message = "a client id with a colon can't be sent without form_encode"
            raise CredentialUnavailable(message)
        else:
            pair = f"{client_id}:{secret}"
        encoded = base64.b64encode(pair.encode("utf-8")).decode("ascii")
        return Authentication(
            headers={"Authorization": f"Basic {encoded}"},
            secrets=(secret, quote_plus(secret), encoded),
        )

    def version(self) -> str:
        """Name the secret as it is now, by a digest that only this process knows.

        Raises:
            CredentialUnavailable: The secret's source failed.
        """
        secret = read_secret(self.secret).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(secret, key=_VERSION_KEY, digest_size=8).hexdigest()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "a credential can't be pickled: have the other process read its "
            "secret itself, with FileSecret or EnvSecret"
        )
        raise TypeError(message)
