"""Secrets in HashiCorp Vault, read by hvac."""

import os
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from s2sauth._base.arguments import check_seconds
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources.memory import SecretMemory
from s2sauth.secret_sources.vault_login import TokenLogin, VaultLogin

__all__ = ["VaultSecret"]

ResultT = TypeVar("ResultT")
_KV_VERSIONS = (1, 2)
_FIRST_WITH_PREVIOUS = 2  # the first version of a secret that has one before it
_REQUESTS = 4  # the most that one look-up makes: read, login, read, read the previous


class VaultSecret:
    """A field of a secret in Vault's KV engine.

    It's read when the first fetch needs it, again after `max_age`, and at once when
    the authorization server refused what it gave; with KV version 2 the version
    before is then tried, too, so that the two may overlap. A Vault that is down is a
    `CredentialUnavailable`, which harms nobody while a token lives. Needs the extra
    `vault`. Safe to share between threads, and after a fork; pickling it is an error.

    Args:
        url: Vault's address, such as `https://vault.example.com:8200`.
        path: The secret, its engine first, as in `vault kv get secret/order-service`.
        field: Which of its fields.
        kv_version: The version of the engine: 1 or 2.
        mount: Where the engine is, if that's more than the path's first part.
        login: How we log in: `TokenLogin()` (the variable VAULT_TOKEN) unless said
            otherwise; `AppRoleLogin`, `KubernetesLogin`. The token is kept until
            Vault refuses it.
        namespace: Vault Enterprise's namespace.
        ca: A PEM file or folder that replaces the usual authorities.
        max_age: Seconds for which the secret is remembered.
        timeout: Seconds for one request to Vault.
        allow_insecure: Whether plain http beyond loopback is accepted.
        clock: What these are counted by; for tests.

    Raises:
        ConfigurationError: An argument can't be, or the extra is missing.

    Source: Vault's HTTP API documentation, KV secrets engine versions 1 and 2.
    """

    def __init__(
        self,
        url: str,
        path: str,
        *,
        field: str,
        kv_version: int = 2,
        mount: str | None = None,
        login: VaultLogin | None = None,
        namespace: str | None = None,
        ca: str | os.PathLike[str] | None = None,
        max_age: float = 300.0,
        timeout: float = 5.0,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._hvac = _import_hvac()
        self._url = check_url(url, "url", allow_insecure=allow_insecure)
        self._mount, self._path = _split(path, mount)
        self._field = _text("field", field)
        if kv_version not in _KV_VERSIONS:
            message = "kv_version must be 1 or 2"
            raise ConfigurationError(message)
        self._kv_version = kv_version
        self._login = _check_login(login)
        self._options = {
            "namespace": namespace,
            "verify": True if ca is None else os.fspath(ca),
            "timeout": check_seconds("timeout", timeout),
        }
        self._token: str | None = None
        self._memory = SecretMemory(
            self._ask,
            name=self._name,
            max_age=check_seconds("max_age", max_age, zero=True),
            limit=_REQUESTS * timeout,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"VaultSecret({self._url!r}, {self._where!r}, field={self._field!r})"

    def __call__(self) -> str:
        """Return the secret to prove with now.

        Raises:
            CredentialUnavailable: Vault can't be reached, is sealed, refuses us, or
                has no such secret or field; the message says which.
        """
        return self._memory.secret()

    def refused(self, secret: str) -> None:
        """Take note that the authorization server refused a secret."""
        self._memory.refused(secret)

    @property
    def _name(self) -> str:
        return f"Vault at {urlsplit(self._url).netloc}"

    @property
    def _where(self) -> str:
        return f"{self._mount}/{self._path}"

    def _ask(self, with_previous: bool) -> tuple[str, ...]:  # noqa: FBT001 - as the port says
        try:
            return self._look(with_previous=with_previous)
        except CredentialUnavailable as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 - hvac's and requests' have no common root
            # Their words may quote what was sent or read; ours don't.
            message = f"{self._name} {self._in_words(error)}"
        raise CredentialUnavailable(message)

    def _look(self, *, with_previous: bool) -> tuple[str, ...]:
        # A client of its own for each look-up: none is left to a forked child.
        client = self._hvac.Client(
            url=self._url, token=self._token, allow_redirects=False, **self._options
        )
        try:
            return self._secrets(client, with_previous=with_previous)
        finally:
            client.adapter.close()

    def _secrets(self, client: Any, *, with_previous: bool) -> tuple[str, ...]:
        data, version = self._logged_in(client, lambda: self._read(client, None))
        current = self._field_of(data)
        if not with_previous or version < _FIRST_WITH_PREVIOUS:
            return (current,)
        try:
            before, _ = self._read(client, version - 1)
            return (current, self._field_of(before))
        except (self._hvac.exceptions.InvalidPath, CredentialUnavailable):
            return (current,)  # the version before is deleted, or has no such field

    def _logged_in(self, client: Any, call: Callable[[], ResultT]) -> ResultT:
        """Make a call; once more under a new token, if Vault refuses the old one."""
        if self._token is not None:
            try:
                return call()
            except self._hvac.exceptions.Forbidden:
                self._token = None  # ended, or revoked
        client.token = None
        self._token = client.token = self._new_token(client)
        try:
            return call()
        except self._hvac.exceptions.Forbidden:
            self._token = None
            raise

    def _new_token(self, client: Any) -> str:
        try:
            return self._login.token(client)
        except self._hvac.exceptions.VaultError as error:
            # What is wrong here is no matter of the path.
            refused = isinstance(
                error,
                (
                    self._hvac.exceptions.InvalidRequest,
                    self._hvac.exceptions.Forbidden,
                    self._hvac.exceptions.InvalidPath,
                ),
            )
            if not refused:
                raise
            message = f"{self._name} refused our login: check the {type(self._login).__name__}"
        raise CredentialUnavailable(message)

    def _read(self, client: Any, version: int | None) -> tuple[dict[str, Any], int]:
        """Return the fields, and their version; 0 where there are no versions."""
        if self._kv_version == 1:
            answer = client.secrets.kv.v1.read_secret(self._path, self._mount)
            return _member(answer, "data"), 0
        answer = client.secrets.kv.v2.read_secret_version(
            self._path, version, self._mount, raise_on_deleted_version=True
        )
        outer = _member(answer, "data")
        number = _member(outer, "metadata").get("version")
        return _member(outer, "data"), number if isinstance(number, int) else 0

    def _field_of(self, data: dict[str, Any]) -> str:
        value = data.get(self._field)
        if isinstance(value, str) and value:
            return value
        problem = "is no text" if self._field in data else "isn't there"
        message = (
            f"{self._name}: the field {self._field!r} of {self._where} {problem}: "
            "check field="
        )
        raise CredentialUnavailable(message)

    def _in_words(self, error: Exception) -> str:
        kinds = self._hvac.exceptions
        for kind, words in (
            (kinds.Forbidden, f"doesn't let us read {self._where} (403)"),
            (kinds.InvalidPath, f"has no {self._where}: {self._advice}"),
            (kinds.VaultDown, "is sealed, or down for maintenance (503)"),
            (kinds.VaultNotInitialized, "is not initialized (501)"),
            (kinds.RateLimitExceeded, "asks us to slow down (429)"),
            (_NoSecret, f"answered something that is no secret: {self._advice}"),
            # requests' errors are of this kind.
            (OSError, f"can't be reached ({type(error).__name__})"),
        ):
            if isinstance(error, kind):
                return words
        return f"failed ({type(error).__name__})"

    @property
    def _advice(self) -> str:
        if self._kv_version == 1:
            return "check path=, or pass kv_version=2"
        return "check path= (without data/), or pass kv_version=1"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a secret source can't be pickled: make one in each process"
        raise TypeError(message)


class _NoSecret(Exception):
    """An answer that has not the form of a secret."""


def _member(answer: object, name: str) -> dict[str, Any]:
    member = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(member, dict):
        raise _NoSecret
    return member


def _split(path: object, mount: object) -> tuple[str, str]:
    whole = _text("path", path).strip("/")
    if mount is None:
        first, _, rest = whole.partition("/")
    else:
        first, rest = _text("mount", mount).strip("/"), whole
    if not first or not rest:
        message = (
            "path must name the engine and the secret, such as secret/order-service; "
            "or pass mount="
        )
        raise ConfigurationError(message)
    return first, rest


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    message = f"{name} must be a string that isn't empty"
    raise ConfigurationError(message)


def _check_login(login: object) -> VaultLogin:
    if login is None:
        return TokenLogin()
    if isinstance(login, VaultLogin):
        return login
    del login  # a token, perhaps
    message = "login must be a TokenLogin(…), AppRoleLogin(…) or KubernetesLogin(…)"
    raise ConfigurationError(message)


def _import_hvac() -> Any:
    try:
        import hvac
        import hvac.exceptions
    except ImportError:
        message = "VaultSecret needs hvac: pip install 's2sauth[vault]'"
    else:
        return hvac
    raise ConfigurationError(message)
