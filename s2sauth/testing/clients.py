"""The clients that the embedded server knows."""

import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from s2sauth.errors import ConfigurationError

__all__ = [
    "AUTH_METHODS",
    "SECRET_METHODS",
    "TOKEN_FORMATS",
    "Client",
    "ClientRegistry",
    "RegisteredCertificate",
]

SECRET_METHODS = ("basic", "post", "client_secret_jwt")
AUTH_METHODS = (
    *SECRET_METHODS,
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "workload",
)
TOKEN_FORMATS = ("jwt", "opaque")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate that a client registered.

    Args:
        der: The certificate.
        thumbprint: Its SHA-256 digest.
    """

    der: bytes = field(repr=False)
    thumbprint: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client, checked when made; its repr shows no secret.

    Args:
        client_id: Its name.
        secret: What it shares with the server.
        scopes: What it may ask for, and gets when it names no scope.
        audiences: Whom its tokens are for.
        token_lifetime: Seconds; None: the server's.
        token_format: `jwt` or `opaque`; None: the server's.
        auth_methods: How it may authenticate: some of `AUTH_METHODS`.
        keys: The public keys of its assertions, or of its platform's, as JWKs.
        assertion_algorithms: The `alg`s that these may have; empty: any.
        certificate: What it shows in the TLS handshake, or whose key it signs with.
        subject_dn: Whom its certificate names, as RFC 4514 writes it.
        workload: The `iss` and `sub` of its platform's tokens.

    Raises:
        ConfigurationError: One of them can't be; the message names it.
    """

    client_id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    token_lifetime: float | None = None
    token_format: str | None = None
    auth_methods: tuple[str, ...] = SECRET_METHODS
    keys: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    assertion_algorithms: tuple[str, ...] = ()
    certificate: RegisteredCertificate | None = field(default=None, repr=False)
    subject_dn: str | None = None
    workload: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        _check_text("client_id", self.client_id)
        _check_text("secret", self.secret)
        _check_scopes(self.scopes)
        _check_audiences(self.audiences)
        check_lifetime(self.token_lifetime)
        check_format(self.token_format)
        if not self.auth_methods or not set(self.auth_methods) <= set(AUTH_METHODS):
            message = f"auth_methods must be some of {', '.join(AUTH_METHODS)}"
            raise ConfigurationError(message)


class ClientRegistry:
    """Clients by name. Thread-safe: readers see one whole snapshot."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the replacement of `_clients`
        self._clients: dict[str, Client] = {}

    def add(self, client: Client) -> None:
        """Register a client, in place of one of the same name."""
        with self._lock:
            self._clients = {**self._clients, client.client_id: client}

    def remove(self, client_id: str) -> None:
        """Forget a client.

        Raises:
            ConfigurationError: There's none of that name.
        """
        with self._lock:
            clients = dict(self._clients)
            if clients.pop(client_id, None) is None:
                message = f"client_id: there's no client {client_id!r}"
                raise ConfigurationError(message)
            self._clients = clients

    def get(self, client_id: str) -> Client | None:
        """Return a client, or None."""
        return self._clients.get(client_id)

    def of_workload(self, workload: tuple[object, object]) -> Client | None:
        """Return the client that a platform's tokens speak for, or None."""
        clients = self._clients.values()
        return next((one for one in clients if one.workload == workload), None)

    def scopes(self) -> list[str]:
        """Return every scope that any client may ask for."""
        clients = self._clients.values()
        return sorted({scope for client in clients for scope in client.scopes})


def new_secret() -> str:
    """Return a random secret, with characters that need form-urlencoding."""
    return f"{secrets.token_urlsafe(24)}+/%&=é"


def strings(
    name: str, value: str | Iterable[str], separator: str | None
) -> tuple[str, ...]:
    """Return the strings given, in order and once each.

    Args:
        name: The argument, for the message.
        value: One string, or several.
        separator: What splits a bare string; None: nothing does.

    Raises:
        ConfigurationError: Something else than strings.
    """
    if isinstance(value, str):
        value = (
            [part for part in value.split(separator) if part] if separator else [value]
        )
    found = tuple(dict.fromkeys(value)) if isinstance(value, Iterable) else (None,)
    if not all(isinstance(one, str) for one in found):
        message = f"{name} must be a string or strings"
        raise ConfigurationError(message)
    return found


def check_lifetime(seconds: float | None) -> None:
    """Check a `token_lifetime`.

    Raises:
        ConfigurationError: It's no number above 0.
    """
    if seconds is None:
        return
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not 0 < seconds < float("inf"):
        message = "token_lifetime must be a number of seconds above 0"
        raise ConfigurationError(message)


def check_format(token_format: str | None) -> None:
    """Check a `token_format`.

    Raises:
        ConfigurationError: It's neither `jwt` nor `opaque`.
    """
    if token_format is not None and token_format not in TOKEN_FORMATS:
        message = f"token_format must be one of {', '.join(TOKEN_FORMATS)}"
        raise ConfigurationError(message)


def check_mint_format(token_format: str | None, *, signed: bool) -> None:
    """Check the `token_format` of a token that may need a signature.

    Raises:
        ConfigurationError: It's none, or `opaque` where something must be signed.
    """
    check_format(token_format)
    if signed and token_format == "opaque":
        message = "token_format: an opaque token has neither headers nor a key"
        raise ConfigurationError(message)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value or not value.isprintable():
        message = f"{name} must be a printable string that isn't empty"
        raise ConfigurationError(message)


def _check_scopes(scopes: tuple[str, ...]) -> None:
    for scope in scopes:
        if _SCOPE.fullmatch(scope) is None:
            message = f"scopes: {scope!r} can't be a scope (RFC 6749 §3.3)"
            raise ConfigurationError(message)


def _check_audiences(audiences: tuple[str, ...]) -> None:
    if not all(audiences):
        message = "audiences must hold no empty string"
        raise ConfigurationError(message)
