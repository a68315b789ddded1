"""A TokenSource around a fetch: the life of a token, as DESIGN.md section 3 has it.

    fresh      the cached token; no lock
    ageing     the cached token at once; one background flight
    expired    one flight; everyone waits for it, each within its own timeout
    failed     fails fast for a growing while, then one flight

What readers read is one immutable snapshot, published by one assignment.
"""

from typing import TypeAlias

from s2sauth._base.concurrency import Flight, FlightOverrun, SingleFlight
from s2sauth.client.backoff import Backoff
from s2sauth.client.lifecycle import Lifecycle, SourceStatus
from s2sauth.client.lifetime import refresh_moment
from s2sauth.client.source_news import SourceNews
from s2sauth.client.token_endpoint import Grant
from s2sauth.client.token_request import TokenRequest
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    InvalidClient,
    Reason,
    TokenError,
    TokenTimeout,
    fresh_copy,
)
from s2sauth.values import AccessToken

__all__ = ["CachedTokenSource"]

_NEVER = float("-inf")
_MOST_OF_A_LIFE = 0.9


class _Snapshot:
    """What readers read: immutable once published."""

    __slots__ = ("expires", "grant", "refresh_at", "token")

    def __init__(self, grant: Grant | None, refresh_at: float) -> None:
        self.grant = grant
        self.token = None if grant is None else grant.token
        self.expires = _NEVER if grant is None else grant.expires
        self.refresh_at = refresh_at


_EMPTY = _Snapshot(None, _NEVER)
_GrantFlight: TypeAlias = Flight[Grant]


class CachedTokenSource:
    """One token for one set of parameters, kept fresh. Safe between threads.

    Args:
        request: What is asked for.
        lifecycle: What all the sources of a manager share.
    """

    __slots__ = (
        "__weakref__",
        "_backoff",
        "_closed",
        "_flights",
        "_life",
        "_news",
        "_now",
        "_queued",
        "_request",
        "_snapshot",
    )

    def __init__(self, request: TokenRequest, lifecycle: Lifecycle) -> None:
        self._request = request
        self._life = lifecycle
        self._now = lifecycle.clock.elapsed
        self._news = SourceNews(
            lifecycle.notify, lifecycle.client_id, request, lifecycle.clock
        )
        self._flights: SingleFlight[Grant] = SingleFlight(lifecycle.clock, self._settle)
        # The lock of `_flights` guards everything below; readers of `_snapshot`
        # need none, since it's published by one assignment.
        self._snapshot = _EMPTY
        self._queued = False  # a background refresh waits for a thread
        self._backoff = Backoff(lifecycle.uniform)
        self._closed = False

    def __repr__(self) -> str:
        request = self._request
        return f"<TokenSource scope={request.scope!r} audience={request.audience!r}>"

    def get(
        self, timeout: float | None = None, min_validity: float = 0.0
    ) -> AccessToken:
        """Return a token that is valid now; while one lives it costs no wait.

        Thread-safety: safe; a fresh token costs no lock. Source: RFC 6749 §4.4.

        Args:
            timeout: Seconds that the caller would wait; None: until the fetch
                ends; 0: a cached token or an immediate error.
            min_validity: Seconds that the token should live on, at the least. A
                token just fetched is returned whatever this says.

        Raises:
            TokenTimeout: The caller's time ran out; the fetch goes on.
            TokenError: No token could be had; the subclass says why.
        """
        snapshot = self._snapshot
        if self._now() + min_validity < snapshot.refresh_at:
            return snapshot.token  # type: ignore[return-value]  # _EMPTY is never fresh
        return self._get_slowly(timeout, min_validity)

    def invalidate(self, token: AccessToken) -> bool:
        """Drop `token` if it's still the current one, and say whether it was.

        Thread-safety: safe; of many callers with the same token, one gets True.
        """
        with self._flights.lock:
            current = self._snapshot.token is token
            if current:
                self._snapshot = _EMPTY
                self._news.invalidated()
        self._news.tell()
        return current

    def status(self) -> SourceStatus:
        """Say how this source stands, without any I/O. Thread-safety: safe."""
        with self._flights.lock:
            grant, now = self._snapshot.grant, self._now()
            failure = self._backoff.failure
            return SourceStatus(
                scope=self._request.scope,
                audience=self._request.audience,
                age=None if grant is None else now - grant.sent_at,
                lifetime_left=None if grant is None else max(grant.expires - now, 0.0),
                last_error=None if failure is None else fresh_copy(failure),
                refreshing=self._queued or self._flights.current is not None,
            )

    def close(self) -> None:
        """Forget the token; fail whoever waits and whoever comes."""
        with self._flights.lock:
            self._closed = True
            self._snapshot = _EMPTY
            self._queued = False
            flight = self._flights.current
        if flight is not None:
            self._flights.finish(flight, None, _closed_error())

    def after_fork(self) -> None:
        """Keep the token; forget the parent's threads."""
        self._flights.after_fork()
        self._queued = False

    # -- the slow road: ageing, expired, failed --------------------------------

    def _get_slowly(self, timeout: float | None, min_validity: float) -> AccessToken:
        end = None if timeout is None else self._now() + timeout
        while True:
            token, flight = self._decide(min_validity)
            if token is not None:
                return token
            if flight is None:
                self._fail_fast()
                continue
            grant = self._await(flight, end)
            if grant is None:
                raise self._timed_out(timeout)
            if self._now() < grant.expires:
                return grant.token

    def _decide(
        self, min_validity: float
    ) -> tuple[AccessToken | None, _GrantFlight | None]:
        """Return a token, or a flight to wait for, or neither: then we fail fast.

        One look under one lock: a flight that lands between two looks would be
        followed by another for nothing.
        """
        token = flight = None
        refresh = launch = False
        with self._flights.lock:
            now, snapshot = self._now(), self._snapshot
            if self._closed:
                raise _closed_error()
            if self._suffices(snapshot, now, min_validity):
                token = snapshot.token
                refresh = self._wants_refresh(snapshot, now)
                self._queued = self._queued or refresh
            else:
                flight = self._flights.current
                if flight is None and self._backoff.fetch_due(now):
                    self._queued = False  # who waits doesn't queue behind others
                    flight = self._flights.prepare(self._life.flight_timeout)
                    launch = True
        if refresh:
            self._queue_refresh(now)
        if launch and flight is not None:
            self._launch(flight)
        self._news.tell()
        return token, flight

    def _queue_refresh(self, now: float) -> None:
        if self._life.pool.submit(self._refresh):
            return
        with self._flights.lock:  # no thread for it: try again in a second
            self._queued = False
            self._backoff.put_off_refresh(now + 1.0)

    def _launch(self, flight: _GrantFlight) -> None:
        if not self._flights.launch(flight, self._fetch, self._life.start):
            message = "no thread could be started to fetch a token"
            failure = AuthorizationServerUnavailable(message)
            self._flights.finish(flight, None, failure)

    def _suffices(self, snapshot: _Snapshot, now: float, min_validity: float) -> bool:
        if now >= snapshot.expires or snapshot.grant is None:
            return False
        # A server whose tokens never live that long isn't asked at every call.
        wanted = min(min_validity, _MOST_OF_A_LIFE * snapshot.grant.lifetime)
        return now + wanted < snapshot.expires or not self._backoff.refresh_due(now)

    def _wants_refresh(self, snapshot: _Snapshot, now: float) -> bool:
        return (
            now >= snapshot.refresh_at
            and self._backoff.refresh_due(now)
            and not self._queued
            and self._flights.current is None
        )

    def _fail_fast(self) -> None:
        """Raise the last failure again, unless a changed credential mends it."""
        failure = self._backoff.failure
        if failure is None:  # another thread's fetch has worked meanwhile
            return
        if isinstance(failure, InvalidClient) and not self._life.refusal_stands():
            with self._flights.lock:
                if self._backoff.failure is failure:
                    self._backoff.mend()
            return
        self._news.tell()
        raise fresh_copy(failure)

    def _await(self, flight: _GrantFlight, end: float | None) -> Grant | None:
        """Return what the flight brings; None where the caller's time ran out."""
        left = None if end is None else end - self._now()
        landed = self._flights.wait(flight, left)
        self._news.tell()
        if not landed:
            return None
        try:
            return flight.outcome()
        except TokenError as error:
            failure = fresh_copy(error)
        except FlightOverrun:
            failure = self._overrun()
        # A live token that is only shorter than wished for is better than none.
        snapshot = self._snapshot
        if self._now() < snapshot.expires:
            return snapshot.grant
        raise failure

    def _timed_out(self, timeout: float | None) -> TokenTimeout:
        waited = 0.0 if timeout is None else max(timeout, 0.0)
        return TokenTimeout(
            f"no token within {waited:.3g} s for {self!r}; the fetch goes on"
        )

    # -- flights and what they bring -------------------------------------------

    def _fetch(self) -> Grant:
        deadline = self._now() + self._life.flight_timeout
        try:
            return self._life.fetch(self._request, deadline)
        except TokenError:
            raise
        except Exception as error:  # noqa: BLE001 - a credential of a user's own may raise anything
            # Its words may hold a secret; its kind doesn't.
            message = f"the fetch failed unexpectedly ({type(error).__name__})"
        raise TokenError(message)

    def _refresh(self) -> None:
        """Run on the pool: a background flight, unless somebody was faster."""
        with self._flights.lock:
            if not self._queued or self._flights.current is not None:
                return
            self._queued = False
            flight = self._flights.prepare(self._life.flight_timeout)
        self._flights.run(flight, self._fetch)
        self._news.tell()

    def _settle(
        self, flight: _GrantFlight, grant: Grant | None, failure: Exception | None
    ) -> None:
        """Publish an outcome; called under the lock, before anyone is told."""
        if self._closed:
            return
        left = max(self._snapshot.expires - self._now(), 0.0)
        if grant is not None:
            self._publish(grant)
            self._news.fetched(grant, flight.started_at, background=left > 0)
            return
        error = failure if isinstance(failure, TokenError) else self._overrun()
        live = self._snapshot.grant if left > 0 else None
        retry_in = self._backoff.failed(
            error, self._now(), live_lifetime=None if live is None else live.lifetime
        )
        self._news.failed(
            error, flight.started_at, retry_in=retry_in, seconds_left=left
        )

    def _publish(self, grant: Grant) -> None:
        life = self._life
        refresh_at = refresh_moment(
            grant.expires, grant.lifetime, life.margin, life.uniform
        )
        self._snapshot = _Snapshot(grant, refresh_at)
        self._backoff.clear()

    def _overrun(self) -> AuthorizationServerUnavailable:
        limit = self._life.flight_timeout
        message = f"the authorization server gave no token within {limit:.3g} s"
        return AuthorizationServerUnavailable(message)


def _closed_error() -> TokenError:
    return TokenError("the token manager is closed", reason=Reason.CLOSED)
