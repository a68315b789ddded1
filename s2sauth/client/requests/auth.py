"""A token for a single call: `requests.get(url, auth=BearerAuth(…))`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.client.flow import BearerFlow
from s2sauth.client.requests.exchange import UNAUTHORIZED, Exchange, bookmark
from s2sauth.client.requests.failures import first_token
from s2sauth.client.requests.origin import Origin
from s2sauth.client.requests.timeouts import ConnectBudget
from s2sauth.values import AccessToken, TokenSource

__all__ = ["BearerAuth"]

_AUTHORIZATION = "Authorization"


class BearerAuth(AuthBase):
    """Puts a token on a call to its origin, and nothing on any other.

    requests asks for it before it looks at the call's timeout, and gives it no say when
    sending fails; so it waits by a timeout of its own, and the header value hides the
    token from whoever prints, pickles or compares it. `mount` has neither limit. A 401
    is answered once with another token, if the body can be sent again. Safe to share
    between threads.

    Args:
        source: Where tokens come from: `manager.source(...)`.
        origin: Where they may go: `https://payment-service.internal`.
        timeout: Seconds to wait for a token; None: until the fetch ends.
        allow_insecure: Whether the origin may be plain http beyond loopback.
        clock: What waits are measured by.

    Raises:
        ConfigurationError: `source` is no token source, or `origin` no origin.
    """

    def __init__(
        self,
        source: TokenSource,
        *,
        origin: str,
        timeout: float | None = 5.0,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._origin = Origin(origin, allow_insecure=allow_insecure)
        self._flow = BearerFlow(source, clock=clock)
        self._timeout = timeout
        self._clock = clock

    def __repr__(self) -> str:
        return f"<BearerAuth {self._origin.prefixes[0]}>"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Attach a token to a request that is being prepared.

        Raises:
            TokenError: There's none; also a `requests.RequestException`.
        """
        if self._origin.holds(request.url):
            start = bookmark(request.body)
            call = _Call(self._flow, self._origin, self._clock, self._timeout, start)
            call.attach(request)
        return request

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "a BearerAuth can't be pickled or copied: build it anew where it's needed, "
            "with a TokenSource of its own"
        )
        raise TypeError(message)


class _HiddenValue(str):
    """A header value that reads `Bearer [hidden]`, and is sent as what it hides.

    A failed call's `exception.request` keeps its headers, and nobody asks us then.
    What writes a header to the wire takes its bytes (`http.client` calls `encode`),
    everything else its text.
    """

    __slots__ = ("token",)

    token: AccessToken

    def encode(self, encoding: str = "ascii", errors: str = "strict") -> bytes:
        return self.token.authorization.encode(encoding, errors)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def _hidden(token: AccessToken) -> _HiddenValue:
    value = _HiddenValue("Bearer [hidden]")
    value.token = token
    return value


class _Call:
    """One prepared request's part: a response hook, which redirects take along."""

    def __init__(
        self,
        flow: BearerFlow,
        origin: Origin,
        clock: Clock,
        timeout: float | None,
        start: int | None,
    ) -> None:
        self._flow = flow
        self._origin = origin
        self._clock = clock
        self._budget: Callable[[], float | None] = lambda: timeout
        self._start = start
        self._steps = flow.steps(self._seconds_left, replay=start is not None)
        self._redirected: list[PreparedRequest] = []

    def attach(self, request: PreparedRequest) -> None:
        """Put the token on, and listen for the answer."""
        request.headers[_AUTHORIZATION] = _hidden(first_token(self._steps, request))
        request.register_hook("response", self)  # type: ignore[no-untyped-call]  # their stub

    def __call__(self, answer: Response, **options: Any) -> Response:
        """Take the token off what was answered, and follow a 401."""
        ours = _is_on(answer.request)
        self._redirected.append(answer.request)
        if answer.is_redirect and self._origin.holds(_target(answer)):
            return answer  # requests copies the header for the next hop
        self._take_off()
        try:
            if answer.status_code != UNAUTHORIZED:
                return answer
            return self._follow(answer, options, ours=ours)
        finally:
            self._steps.close()  # they hold the token

    def _seconds_left(self) -> float | None:
        return self._budget()  # another one, once requests has told the timeout

    def _take_off(self) -> None:
        for request in self._redirected:
            if _is_on(request):
                del request.headers[_AUTHORIZATION]
        self._redirected.clear()

    def _follow(
        self, answer: Response, options: dict[str, Any], *, ours: bool
    ) -> Response:
        if not self._origin.holds(answer.request.url):
            return answer
        budget = ConnectBudget(options.pop("timeout", None), self._clock)
        self._budget = budget
        send = answer.connection.send
        exchange = Exchange(answer.request, send, options, budget, self._start)
        started = self._clock.elapsed()
        if ours:
            final = exchange.follow(answer, self._steps)
        else:  # sent a second time, or a redirect that netrc got hold of
            final = exchange.introduce(answer, self._flow)
        if final is not answer:  # requests has measured the first alone
            took = timedelta(seconds=self._clock.elapsed() - started)
            final.elapsed = answer.elapsed + took
        return final

    def __reduce__(self) -> tuple[type["_Forgotten"], tuple[()]]:
        return _Forgotten, ()  # a pickled response takes its request's hooks along


class _Forgotten:
    """What a hook of ours is once it was pickled."""

    def __call__(self, answer: Response, **_options: Any) -> Response:
        return answer


def _is_on(request: PreparedRequest) -> bool:
    return isinstance(request.headers.get(_AUTHORIZATION), _HiddenValue)


def _target(answer: Response) -> str:
    return urljoin(answer.url, answer.headers["location"])
