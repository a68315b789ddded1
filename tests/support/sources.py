"""Token sources that count, for tests of what attaches tokens."""

import threading
from collections.abc import Callable, Iterator

from s2sauth.errors import TokenError
from s2sauth.values import AccessToken

__all__ = ["MintingSource", "make_token"]


def make_token(value: str = "token-1") -> AccessToken:
    return AccessToken(value=value, expires_at=4e9)


class MintingSource:
    """Mints `token-1`, and the next one whenever the current one is invalidated.

    Args:
        prefix: What the tokens begin with.
        before_get: Called with the timeout before each token is handed out; may wait
            or raise.

    Attributes:
        minted: How many tokens there were.
        timeouts: What each `get` was willing to wait.
        refused: Every token passed to `invalidate`, in order.
    """

    def __init__(
        self,
        prefix: str = "token-",
        before_get: Callable[[float | None], None] = lambda _timeout: None,
    ) -> None:
        self._lock = threading.Lock()
        self._prefix = prefix
        self._before_get = before_get
        self._current: AccessToken | None = None
        self.minted = 0
        self.timeouts: list[float | None] = []
        self.refused: list[AccessToken] = []

    def get(
        self, timeout: float | None = None, min_validity: float = 0.0
    ) -> AccessToken:
        self.timeouts.append(timeout)
        self._before_get(timeout)
        with self._lock:
            if self._current is None:
                self.minted += 1
                self._current = make_token(f"{self._prefix}{self.minted}")
            return self._current

    def invalidate(self, token: AccessToken) -> bool:
        with self._lock:
            self.refused.append(token)
            if token is not self._current:
                return False
            self._current = None
            return True


def outcomes(*errors: TokenError | None) -> Callable[[float | None], None]:
    """Make a `before_get`: each call raises the next error, or for None, nothing."""
    script: Iterator[TokenError | None] = iter(errors)

    def play(_timeout: float | None) -> None:
        error = next(script, None)
        if error is not None:
            raise error

    return play
