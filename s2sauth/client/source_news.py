"""Builds the events of one token source, and tells them once its lock is free."""

from collections import deque
from typing import TypedDict

from s2sauth._base.clock import Clock
from s2sauth._base.notify import Notifier
from s2sauth.client.token_endpoint import Grant
from s2sauth.client.token_request import TokenRequest
from s2sauth.errors import TokenError
from s2sauth.events import (
    Event,
    ScopesNotGranted,
    TokenFetched,
    TokenFetchFailed,
    TokenInvalidated,
    TokenServedWhileRefreshFails,
)

__all__ = ["SourceNews"]


class _Source(TypedDict):
    """What all events of a source say."""

    at: float
    client_id: str
    scope: str
    audience: str | None


class SourceNews:
    """What happened to one source, in order. With no observer it builds nothing.

    The methods named for what happened only take note, so that they may be called
    under a lock; `tell` calls the observers, and must not be.

    Args:
        notify: Tells the observers.
        client_id: Who asks.
        request: What is asked for.
        clock: What events are dated and fetches are timed by.
    """

    __slots__ = ("_client_id", "_clock", "_notify", "_pending", "_request")

    def __init__(
        self, notify: Notifier, client_id: str, request: TokenRequest, clock: Clock
    ) -> None:
        self._notify = notify
        self._client_id = client_id
        self._request = request
        self._clock = clock
        self._pending: deque[Event] = deque()

    def tell(self) -> None:
        """Tell the observers what was noted since."""
        while self._pending:
            try:
                event = self._pending.popleft()
            except IndexError:  # another thread was faster
                return
            self._notify(event)

    def _source(self) -> _Source:
        return {
            "at": self._clock.wall(),
            "client_id": self._client_id,
            "scope": self._request.scope,
            "audience": self._request.audience,
        }

    def fetched(self, grant: Grant, started_at: float, *, background: bool) -> None:
        """Note that a token came."""
        if not self._notify:
            return
        source = self._source()
        self._pending.append(
            TokenFetched(
                **source,
                lifetime=grant.lifetime,
                duration=self._clock.elapsed() - started_at,
                background=background,
            )
        )
        if grant.missing:
            self._pending.append(
                ScopesNotGranted(
                    **source,
                    missing=grant.missing,
                )
            )

    def failed(
        self,
        error: TokenError,
        started_at: float,
        *,
        retry_in: float,
        seconds_left: float,
    ) -> None:
        """Note that no token came; with `seconds_left`, the old one goes on."""
        if not self._notify:
            return
        source = self._source()
        self._pending.append(
            TokenFetchFailed(
                **source,
                reason=error.reason,
                message=str(error),
                duration=self._clock.elapsed() - started_at,
                background=seconds_left > 0,
                retry_in=retry_in,
            )
        )
        if seconds_left > 0:
            self._pending.append(
                TokenServedWhileRefreshFails(
                    **source,
                    reason=error.reason,
                    seconds_left=seconds_left,
                )
            )

    def invalidated(self) -> None:
        """Note that the token was dropped because a service refused it."""
        if not self._notify:
            return
        source = self._source()
        self._pending.append(TokenInvalidated(**source))
