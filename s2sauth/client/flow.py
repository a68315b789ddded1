"""The retry-once rule, without I/O: one rule drives requests and gRPC alike.

A flow yields the token to send, and is told whether the answer refused it. Then it
yields another one to send again with, or ends: the refusal goes back as it is. This
is the only place that invalidates tokens.
"""

from collections.abc import Callable, Generator
from weakref import WeakKeyDictionary

from s2sauth._base.bearer import is_token
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import Lock, renew_after_fork
from s2sauth.errors import ConfigurationError, InvalidTokenResponse, TokenError
from s2sauth.values import AccessToken, TokenSource

__all__ = ["DAMPING", "BearerFlow"]

DAMPING = 30.0  # seconds in which a source loses one token to refusals, no more


class BearerFlow:
    """Decides which token goes out, and what follows when it's refused.

    An API that refuses every token must not cost a fetch per call: of one source,
    one token is dropped within 30 s, whatever the number of flows that share it.
    Safe to share between threads, and after a fork.

    Args:
        source: Where tokens come from.
        clock: What the 30 s are judged by.

    Raises:
        ConfigurationError: `source` is none, but perhaps a manager.
    """

    __slots__ = ("_checked", "_clock", "_damper", "_source")

    def __init__(self, source: TokenSource, *, clock: Clock = SYSTEM_CLOCK) -> None:
        if not isinstance(source, TokenSource):
            message = (
                "source must be a TokenSource, such as manager.source(scope=...), not "
                f"{type(source).__name__}"
            )
            raise ConfigurationError(message)
        self._source = source
        self._clock = clock
        self._damper = _dampers.of(source)
        self._checked: AccessToken | None = None  # the last one that fits a header

    def steps(
        self, budget: Callable[[], float | None], *, replay: bool = True
    ) -> Generator[AccessToken, bool, None]:
        """Yield the token to send; then, once, another if that one was refused.

        Send True in when the answer was a 401 or UNAUTHENTICATED. It ends where no
        other token is to be had: hand back the refusal as it is.

        Args:
            budget: Tells how many seconds are left for getting a token; None: no
                limit.
            replay: Whether the call can be sent again; else a refused token is only
                dropped, so that the next call is right.

        Raises:
            TokenError: There's no token to send, so nothing was sent.
        """
        token = self._token(budget)
        refused = yield token
        if not refused:
            return
        self.refused(token)
        another = self._another(budget) if replay else None
        if another is not None and another is not token:
            yield another

    def refused(self, token: AccessToken) -> None:
        """Drop a refused token, unless another was dropped just before."""
        damper, now = self._damper, self._clock.elapsed()
        if damper.enter(token, now):
            dropped = False
            try:
                # Of a foreign source that answers nothing, the careful is assumed.
                dropped = self._source.invalidate(token) is not False
            finally:
                damper.leave(dropped=dropped)

    def _token(self, budget: Callable[[], float | None]) -> AccessToken:
        left = budget()
        token = self._source.get(None if left is None else max(left, 0.0))
        if token is self._checked:
            return token
        if is_token(token.value):
            self._checked = token
            return token
        del token
        # Whoever writes headers would quote it in their error.
        message = "the source gave a token that isn't visible ASCII (RFC 6750 §2.1)"
        raise InvalidTokenResponse(message)

    def _another(self, budget: Callable[[], float | None]) -> AccessToken | None:
        try:
            return self._token(budget)
        except TokenError:
            return None  # the source tells its observers; the caller has the 401


class _Damper:
    """Lets one refused token through, then none for a while.

    Locks aren't held while the source drops a token (its observers may call
    anything), so several threads may be on their way to drop the same one.
    """

    __slots__ = ("__weakref__", "_dropped", "_lock", "_pending", "_token", "_until")

    def __init__(self) -> None:
        self._token: AccessToken | None = None  # the one that opened the window
        self._until = 0.0
        self._pending = 0  # threads that are dropping it now
        self._dropped = False
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Start afresh: a thread of the parent may have held the lock."""
        self._lock = Lock()  # guards the rest

    def enter(self, token: AccessToken, now: float) -> bool:
        """Tell whether `token` may be dropped; if so, call `leave` afterwards."""
        with self._lock:
            if not self._is_open(now):
                self._token, self._until = token, now + DAMPING
                self._pending, self._dropped = 1, False
                return True
            if token is self._token and not self._dropped:
                self._pending += 1
                return True
            return False

    def leave(self, *, dropped: bool) -> None:
        """Say whether it was dropped; one that was no longer current opens nothing."""
        with self._lock:
            self._pending -= 1
            self._dropped = self._dropped or dropped

    def _is_open(self, now: float) -> bool:
        return now < self._until and (self._dropped or self._pending > 0)


class _Dampers:
    """One damper per source, for as long as the source lives."""

    def __init__(self) -> None:
        self._by_source: WeakKeyDictionary[TokenSource, _Damper] = WeakKeyDictionary()
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Start afresh: a thread of the parent may have held the lock."""
        self._lock = Lock()  # guards `_by_source`

    def of(self, source: TokenSource) -> _Damper:
        """Return the damper that all flows of `source` share."""
        with self._lock:
            try:
                return self._by_source.setdefault(source, _Damper())
            except TypeError:  # it can't be hashed, or not be referred to weakly
                return _Damper()


_dampers = _Dampers()
