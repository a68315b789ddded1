"""Our own outgoing HTTP: one try, bounded in total, with nothing left to chance.

Shared by the token endpoint, discovery, key sets and introspection. https only
(loopback excepted), no redirects, no cookies, no netrc, answers capped while they
are read. The retries around it are in `_base.retry`.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

import requests.utils
import urllib3

from s2sauth._base.bounded import (
    BoundedPool,
    BoundedTlsPool,
    bounded,
    default_tls_context,
    make_tls_context,
)
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.exchange_failures import ExchangeFailed, failure_of
from s2sauth._base.tls_identity import TlsIdentity
from s2sauth._version import VERSION
from s2sauth.errors import ConfigurationError, Reason

__all__ = [
    "Answer",
    "ExchangeFailed",
    "HttpClient",
    "Request",
    "check_url",
    "is_loopback",
]

MAX_ANSWER = 1024 * 1024  # bytes; the largest real key set seen is under 50 KiB
_CHUNK = 64 * 1024
_DEFAULT_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": f"s2sauth/{VERSION}",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request of ours; its repr shows where it goes, not what it carries.

    Args:
        method: Such as `POST`.
        url: Where it goes.
        headers: Beside those that every request of ours has.
        body: What it carries.
        identity: What to show in the TLS handshake, or None.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    identity: TlsIdentity | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole.

    Args:
        status: The HTTP status.
        headers: By lower-case name.
        body: At most 1 MiB.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def is_loopback(host: str | None) -> bool:
    """Tell whether `host` is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_url(url: str, what: str, *, allow_insecure: bool = False) -> str:
    """Return `url` if we may send something secret to it.

    Args:
        url: The address of an endpoint.
        what: How the message names it: an argument, `jwks_url`.
        allow_insecure: Whether plain http beyond loopback is accepted.

    Raises:
        ConfigurationError: No absolute http(s) URL, plain http, credentials in
            it, or a fragment.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"{what} must be an absolute https URL, not {_shown(url)}"
        raise ConfigurationError(message)
    if parts.username is not None or parts.password is not None or parts.fragment:
        message = f"{what} must hold neither credentials nor a fragment"
        raise ConfigurationError(message)
    if parts.scheme == "http" and not (allow_insecure or is_loopback(parts.hostname)):
        message = (
            f"{what} is plain http ({parts.hostname}): use https, or pass "
            "allow_insecure=True if the network between is trusted"
        )
        raise ConfigurationError(message)
    return url


def _split(url: object) -> SplitResult | None:
    # Typed, but given by users: anything at all may come.
    if not isinstance(url, str) or any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return parts


def _shown(url: object) -> str:
    return repr(url) if isinstance(url, str) and "@" not in url else "this value"


# Plain http without a proxy, the proxy, and the version of the certificate shown.
_PoolKey: TypeAlias = tuple[bool, str | None, str | None]


class HttpClient:
    """Sends single requests over a small pool of connections.

    A request with another certificate than the last goes over new connections; those
    in use go on. Safe to share between threads; after a fork the child opens
    connections of its own.

    Args:
        ca: A PEM file or folder that replaces the usual authorities.
        proxy: A proxy's URL; None: what the environment says.
        allow_insecure: Whether plain http beyond loopback is accepted.
        clock: What bounds are judged by; sockets know no other time than the
            machine's own, so nobody passes a test's clock on to here.
    """

    def __init__(
        self,
        *,
        ca: str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._ca = ca
        self._tls = make_tls_context(ca) if ca is not None else None
        self._proxy = proxy
        self._allow_insecure = allow_insecure
        self._clock = clock
        # By proxy, and by the version of what is shown in the handshake.
        self._pools: dict[_PoolKey, urllib3.PoolManager] = {}

    def after_fork(self) -> None:
        """Forget the parent's connections: the child opens its own."""
        self._pools = {}

    def close(self) -> None:
        """Close every idle connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.clear()

    def send(self, request: Request, timeout: float) -> Answer:
        """Send once, and return the whole answer whatever its status.

        Args:
            request: What to send, headers and all.
            timeout: Seconds for everything: connecting, sending, reading.

        Raises:
            ExchangeFailed: No whole answer came in time.
            ConfigurationError: We may not send there.
        """
        check_url(request.url, "the URL", allow_insecure=self._allow_insecure)
        host = urlsplit(request.url).hostname
        end = self._clock.elapsed() + timeout
        try:
            with bounded(lambda: end - self._clock.elapsed()):
                return self._exchange(request, timeout)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            failure = failure_of(error, host, timeout)
        raise failure

    def _exchange(self, request: Request, timeout: float) -> Answer:
        response = self._pool_for(request).urlopen(
            request.method,
            request.url,
            body=request.body,
            headers={**_DEFAULT_HEADERS, **request.headers},
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
        )
        try:
            body = _read_capped(response)
            headers = {name.lower(): value for name, value in response.headers.items()}
        finally:
            response.close()  # read to its end, its connection is back in the pool
        return Answer(response.status, headers, body)

    def _pool_for(self, request: Request) -> urllib3.PoolManager:
        proxy, identity = self.proxy_for(request.url), request.identity
        plain = proxy is None and request.url.startswith("http:")
        key = (plain, proxy, None if identity is None else identity.version)
        pool = self._pools.get(key)
        if pool is None:
            made = self._make_pool(proxy, None if plain else self._context(identity))
            if identity is not None:
                self._forget_identities()
            # Two threads may both make one; the loser's is dropped, unused.
            pool = self._pools.setdefault(key, made)
        return pool

    def _context(self, identity: TlsIdentity | None) -> ssl.SSLContext:
        if identity is not None:
            return _showing(identity, make_tls_context(self._ca))
        if self._tls is None:
            self._tls = default_tls_context()
        return self._tls

    def _forget_identities(self) -> None:
        """Keep no connections of an old certificate; who uses one now isn't cut off."""
        pools = list(self._pools.items())
        self._pools = {key: pool for key, pool in pools if key[2] is None}

    def proxy_for(self, url: str) -> str | None:
        """Return the URL of the proxy that `url` is reached by; None: none."""
        if is_loopback(urlsplit(url).hostname):
            return None
        if self._proxy is not None:
            return self._proxy
        proxies = requests.utils.get_environ_proxies(url)
        return requests.utils.select_proxy(url, proxies)

    def _make_pool(
        self, proxy: str | None, context: ssl.SSLContext | None
    ) -> urllib3.PoolManager:
        pool = (
            urllib3.PoolManager(ssl_context=context, maxsize=4)
            if proxy is None
            else urllib3.ProxyManager(
                proxy,
                ssl_context=context,
                maxsize=4,
                proxy_headers=_proxy_headers(proxy),
            )
        )
        pool.pool_classes_by_scheme = {"http": BoundedPool, "https": BoundedTlsPool}
        return pool


def _showing(identity: TlsIdentity, context: ssl.SSLContext) -> ssl.SSLContext:
    """Have a context show a certificate."""
    try:
        identity.load_into(context)
    except OSError as error:  # an SSLError is one, too: a key that's too small
        why = getattr(error, "reason", None) or error.strerror
        message = f"our certificate can't be shown: {why}"
    else:
        return context
    raise ExchangeFailed(message, reason=Reason.TLS_FAILED, retryable=False)


def _proxy_headers(proxy: str) -> Mapping[str, str]:
    """Authenticate to the proxy, if its URL says as whom."""
    user, password = requests.utils.get_auth_from_url(proxy)
    return urllib3.make_headers(proxy_basic_auth=f"{user}:{password}") if user else {}


def _read_capped(response: urllib3.BaseHTTPResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    while chunk := response.read(_CHUNK):
        size += len(chunk)
        if size > MAX_ANSWER:
            message = f"the answer is larger than {MAX_ANSWER} bytes"
            raise ExchangeFailed(
                message, reason=Reason.INVALID_RESPONSE, retryable=False
            )
        parts.append(chunk)
    return b"".join(parts)
