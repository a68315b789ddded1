"""One call over requests: sent with a token, and once more if that is refused."""

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from s2sauth.client.flow import BearerFlow
from s2sauth.client.requests.failures import first_token
from s2sauth.client.requests.timeouts import ConnectBudget
from s2sauth.errors import TokenError
from s2sauth.values import AccessToken

__all__ = ["UNAUTHORIZED", "Exchange", "bookmark"]

UNAUTHORIZED = 401
_IN_MEMORY = (type(None), bytes, str, bytearray, memoryview)
_WORTH_READING = 64 * 1024  # bytes; past that a new connection is cheaper


class Exchange:
    """Sends a copy of a prepared request, which itself never bears the token.

    Args:
        request: What the user sends.
        send: The `send` of the adapter that puts the copy on the wire.
        options: What to send it with, except the timeout.
        budget: The timeout, of which waiting for a token takes its part.
        start: Where the body starts, from `bookmark`.
    """

    __slots__ = ("_budget", "_options", "_request", "_send", "_sent", "_start")

    def __init__(
        self,
        request: PreparedRequest,
        send: Callable[..., Response],
        options: Mapping[str, Any],
        budget: ConnectBudget,
        start: int | None,
    ) -> None:
        self._request = request
        self._send = send
        self._options = options
        self._budget = budget
        self._start = start
        # Not request.copy(), which copies every cookie.
        self._sent = sent = object.__new__(type(request))
        sent.__dict__ = request.__dict__.copy()

    def run(self, flow: BearerFlow) -> Response:
        """Get a token, send, and follow the flow.

        Raises:
            TokenError: There's no token, so nothing was sent.
            requests.RequestException: As the adapter below raised it.
        """
        steps = flow.steps(self._budget, replay=self._start is not None)
        try:
            self._put_on(first_token(steps, self._request))
            answer = self._deliver()
            if answer.status_code == UNAUTHORIZED:
                return self.follow(answer, steps)
            return answer
        finally:
            steps.close()  # it holds the token

    def follow(
        self, refusal: Response, steps: Generator[AccessToken, bool, None]
    ) -> Response:
        """Answer a 401 with the flow's next token; hand it back where there's none."""
        try:
            self._put_on(steps.send(True))  # noqa: FBT003 - a flow's one question
        except StopIteration:
            return refusal
        return self._resend(refusal)

    def introduce(self, refusal: Response, flow: BearerFlow) -> Response:
        """Answer a 401 to a request that bore no token, with one."""
        steps = flow.steps(self._budget)
        try:
            self._put_on(next(steps))
        except TokenError:
            return refusal
        answer = self._resend(refusal)
        if answer is refusal or answer.status_code != UNAUTHORIZED:
            return answer
        return self.follow(answer, steps)

    def _resend(self, refusal: Response) -> Response:
        """Send again with the token just put on, or return the refusal, untouched."""
        if not _rewind(self._request.body, self._start):
            self._take_off()
            return refusal
        _release(refusal)
        return self._deliver()

    def _deliver(self) -> Response:
        """Send, and see to it that nothing that comes back holds the token."""
        request, sent = self._request, self._sent
        try:
            answer = self._send(sent, timeout=self._budget.rest(), **self._options)
        except BaseException as error:
            # The frames of urllib3 in the traceback have these very headers.
            sent.headers.pop("Authorization", None)
            if isinstance(error, requests.RequestException):
                error.request = request
            raise
        self._take_off()
        answer.request = request
        return answer

    # The token goes straight to where it's taken off again: no local of ours holds
    # it when something raises.

    def _put_on(self, token: AccessToken) -> None:
        headers = self._sent.headers = _copy_headers(self._request.headers)
        headers["Authorization"] = token.authorization

    def _take_off(self) -> None:
        self._sent.headers = self._request.headers


def bookmark(body: Any) -> int | None:
    """Return where a body starts; None where it can't be sent a second time."""
    if isinstance(body, _IN_MEMORY):
        return 0
    try:
        return int(body.tell()) if hasattr(body, "seek") else None
    except (AttributeError, OSError, TypeError, ValueError):
        return None  # a pipe, a closed file, something that only looks like a file


def _copy_headers(headers: Any) -> Any:
    """As `headers.copy()`, which writes every one anew: a hundredth of a call."""
    store = getattr(headers, "_store", None)
    if store is None:
        return headers.copy()
    copied = object.__new__(CaseInsensitiveDict)
    copied.__dict__["_store"] = store.copy()
    return copied


def _rewind(body: Any, start: int | None) -> bool:
    if start is None or isinstance(body, _IN_MEMORY):
        return start is not None
    try:
        body.seek(start)
    except (OSError, ValueError):
        return False
    return True


def _release(refusal: Response) -> None:
    """Give the connection back to the pool; a long body isn't worth reading."""
    size = 0
    # What breaks here is thrown away anyway.
    with suppress(requests.RequestException):
        for chunk in refusal.iter_content(_WORTH_READING):
            size += len(chunk)
            if size > _WORTH_READING:
                break
    refusal.close()
