"""The adapter that puts a token on every request to one origin."""

from typing import Any, NoReturn, TypeVar

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.client.flow import BearerFlow
from s2sauth.client.requests.exchange import Exchange, bookmark
from s2sauth.client.requests.origin import Origin
from s2sauth.client.requests.timeouts import ConnectBudget
from s2sauth.values import TokenSource

__all__ = ["BearerAdapter", "mount"]

SessionT = TypeVar("SessionT", bound=requests.Session)


class BearerAdapter(BaseAdapter):
    """Sends each request to its origin with a token (RFC 6750 §2.1), others as they are.

    The token replaces whatever `Authorization` the request has, from netrc, `auth=` or
    `headers=`. It goes on a copy, and is taken off again: no response, exception or
    redirect bears it. A 401 is answered once with another token, if the body can be
    sent again. Safe to share between threads, as far as `inner` is.

    Args:
        source: Where tokens come from: `manager.source(...)`.
        origin: Where they may go: `https://payment-service.internal`.
        inner: What sends; its pools and urllib3 retries stay as they are. By default
            an `HTTPAdapter` of its own.
        allow_insecure: Whether the origin may be plain http beyond loopback.
        clock: What waits are measured by.

    Raises:
        ConfigurationError: `source` is no token source, or `origin` no origin.
    """

    def __init__(
        self,
        source: TokenSource,
        origin: str,
        *,
        inner: BaseAdapter | None = None,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__()
        self._origin = Origin(origin, allow_insecure=allow_insecure)
        self._flow = BearerFlow(source, clock=clock)
        self._clock = clock
        self.inner = HTTPAdapter() if inner is None else inner

    def __repr__(self) -> str:
        return f"<BearerAdapter {self._origin.prefixes[0]}>"

    def send(  # noqa: PLR0917 - the signature of requests
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - the signature of requests
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """Send one request; waiting for a token counts as connecting.

        Args:
            request: What to send; it's left as it is.
            stream: As requests has it, like all that follow.
            timeout: Seconds, (connect, read), None, or a `urllib3.Timeout`.
            verify: Whether, or by which CA, the server is checked.
            cert: A client certificate.
            proxies: Proxies by scheme.

        Raises:
            TokenError: There's no token, so nothing was sent; also a
                `requests.RequestException`.
            requests.RequestException: As `inner` raised it.
        """
        options = {"stream": stream, "verify": verify, "cert": cert, "proxies": proxies}
        if not self._origin.holds(request.url):
            return self.inner.send(request, timeout=timeout, **options)
        budget = ConnectBudget(timeout, self._clock)
        start = bookmark(request.body)
        exchange = Exchange(request, self.inner.send, options, budget, start)
        answer = exchange.run(self._flow)
        # Who sends more on it sends it through us; the stub says HTTPAdapter, while
        # requests itself only asks for `send`.
        answer.connection = self  # type: ignore[assignment]
        return answer

    def close(self) -> None:
        """Close the connections of `inner`."""
        self.inner.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "a session that sends tokens can't be pickled or deep-copied: build it "
            "anew where it's needed, with a TokenSource of its own"
        )
        raise TypeError(message)


def mount(
    session: SessionT,
    origin_url: str,
    source: TokenSource,
    *,
    inner: BaseAdapter | None = None,
    allow_insecure: bool = False,
) -> SessionT:
    """Have a session send tokens to one origin, and return it.

    Mounted again for the same origin, the new source replaces the old.

    Args:
        session: Any `requests.Session`.
        origin_url: The origin, `https://payment-service.internal`; no path.
        source: Where tokens come from.
        inner: What sends; by default the adapter that the session has for the origin.
        allow_insecure: Whether the origin may be plain http beyond loopback.

    Raises:
        ConfigurationError: `source` is no token source, or `origin_url` no origin.
    """
    origin = Origin(origin_url, "origin_url", allow_insecure=allow_insecure)
    if inner is None:
        inner = session.get_adapter(origin.prefixes[0])
        if isinstance(inner, BearerAdapter):
            inner = inner.inner
    adapter = BearerAdapter(
        source, origin_url, inner=inner, allow_insecure=allow_insecure
    )
    for prefix in origin.prefixes:
        session.mount(prefix, adapter)
    return session
