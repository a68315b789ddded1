"""Our own outgoing HTTP: one try, bounded in total, with nothing left to chance.

Shared by the token endpoint, discovery, key sets and introspection. https only
(loopback excepted), no redirects, no cookies, no netrc, answers capped while they
are read. The retries around it are in `_base.retry`.
"""

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import requests.utils
import urllib3

from s2sauth._base.bounded import (
    BoundedPool,
    BoundedTlsPool,
    bounded,
    make_tls_context,
)
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
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
    """One request of ours; its repr shows where it goes, not what it carries."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


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


class ExchangeFailed(Exception):
    """No whole answer came.

    Attributes:
        reason: SERVER_UNAVAILABLE, TLS_FAILED or INVALID_RESPONSE.
        retryable: Whether the same request may work in a moment.
    """

    def __init__(self, message: str, *, reason: Reason, retryable: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable


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


class HttpClient:
    """Sends single requests over a small pool of connections.

    Safe to share between threads; after a fork the child opens connections of
    its own.

    Args:
        ca: A PEM file or folder that replaces the usual authorities.
        proxy: A proxy's URL; None: what the environment says.
        allow_insecure: Whether plain http beyond loopback is accepted.
        clock: What bounds are judged by.
    """

    def __init__(
        self,
        *,
        ca: str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._tls = make_tls_context(ca) if ca is not None else None
        self._proxy = proxy
        self._allow_insecure = allow_insecure
        self._clock = clock
        self._pools: dict[str | None, urllib3.PoolManager] = {}

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
            failure = _failure(error, host, timeout)
        raise failure

    def _exchange(self, request: Request, timeout: float) -> Answer:
        response = self._pool_for(request.url).urlopen(
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

    def _pool_for(self, url: str) -> urllib3.PoolManager:
        proxy = self._proxy_for(url)
        pool = self._pools.get(proxy)
        if pool is None:
            # Two threads may both make one; the loser's is dropped, unused.
            pool = self._pools.setdefault(proxy, self._make_pool(proxy))
        return pool

    def _proxy_for(self, url: str) -> str | None:
        if is_loopback(urlsplit(url).hostname):
            return None
        if self._proxy is not None:
            return self._proxy
        proxies = requests.utils.get_environ_proxies(url)
        return requests.utils.select_proxy(url, proxies)

    def _make_pool(self, proxy: str | None) -> urllib3.PoolManager:
        if self._tls is None:
            self._tls = make_tls_context(None)  # once, and not at construction: 20 ms
        pool = (
            urllib3.PoolManager(ssl_context=self._tls, maxsize=4)
            if proxy is None
            else urllib3.ProxyManager(
                proxy,
                ssl_context=self._tls,
                maxsize=4,
                proxy_headers=_proxy_headers(proxy),
            )
        )
        pool.pool_classes_by_scheme = {"http": BoundedPool, "https": BoundedTlsPool}
        return pool


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


def _failure(error: Exception, host: str | None, timeout: float) -> ExchangeFailed:
    """Put what urllib3 and the socket say into one line of ours."""
    certificate = _certificate_problem(error)
    if certificate is not None:
        message = f"the certificate of {host} is not accepted: {certificate}"
        return ExchangeFailed(message, reason=Reason.TLS_FAILED, retryable=False)
    return ExchangeFailed(
        f"no answer from {host}: {_cause_in_words(error, timeout)}",
        reason=Reason.SERVER_UNAVAILABLE,
        retryable=True,
    )


def _chain(error: BaseException | None) -> list[BaseException]:
    """List an error and everything it was raised from or around."""
    found: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None)]
            todo += one.args
    return found


def _certificate_problem(error: Exception) -> str | None:
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return one.verify_message or "verification failed"
    return None


def _cause_in_words(error: Exception, timeout: float) -> str:
    chain = _chain(error)
    timeouts = (TimeoutError, urllib3.exceptions.ReadTimeoutError)
    # The order counts: urllib3 calls every failure to connect a timeout, too.
    for kind, words in (
        ((socket.gaierror,), "unknown name (DNS)"),
        ((ConnectionRefusedError,), "the connection was refused"),
        (timeouts, f"none within {timeout:.3g} s"),
        ((ssl.SSLError, urllib3.exceptions.SSLError), "the TLS handshake failed"),
        ((ConnectionError, urllib3.exceptions.ProtocolError), "the connection broke"),
        ((urllib3.exceptions.ProxyError,), "the proxy failed"),
    ):
        if any(isinstance(one, kind) for one in chain):
            return words
    return f"the exchange failed ({type(error).__name__})"
