"""When a token is refreshed, and when a failed fetch is tried again: pure rules."""

import random
from collections.abc import Callable
from typing import TypeAlias

from s2sauth.client.token_endpoint import REFUSAL_MEMORY
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    TokenError,
    TokenRequestRefused,
)

__all__ = ["Uniform", "refresh_moment", "refresh_retry_delay", "retry_delay"]

Uniform: TypeAlias = Callable[[float, float], float]
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 10.0
_FIRST_REFRESH_DELAY = 2.0
_LONGEST_REFRESH_DELAY = 30.0


def refresh_moment(
    expires: float, lifetime: float, margin: float, uniform: Uniform = random.uniform
) -> float:
    """Draw the moment from which a token counts as ageing.

    Uniform over the last 2m … m seconds before expiry, so that a fleet that was
    deployed in one second spreads out; m is at most a quarter of the lifetime.

    Args:
        expires: When the token ends (elapsed clock).
        lifetime: Seconds that it lives in all.
        margin: The refresh margin m, in seconds.
        uniform: Draws from an interval.
    """
    m = min(margin, lifetime / 4)
    return expires - uniform(m, 2 * m)


def retry_delay(
    error: TokenError, failures: int, uniform: Uniform = random.uniform
) -> float:
    """Return how long callers fail fast after a failed fetch, in seconds.

    What the server refused is taken as said for 30 s; what it asks us to wait is
    waited; else from about 0.5 s, doubling up to 10 s, with jitter.

    Args:
        error: Why the fetch failed.
        failures: How many fetches in a row have failed, this one included.
        uniform: Draws the jitter.
    """
    if isinstance(error, TokenRequestRefused):
        return REFUSAL_MEMORY
    asked = _asked(error)
    if asked is not None:
        return asked
    # Beyond 2**10 the ceiling holds anyway, and a float would overflow some day.
    ceiling = min(_FIRST_DELAY * 2.0 ** min(failures - 1, 10), _LONGEST_DELAY)
    return uniform(ceiling / 2, ceiling)


def refresh_retry_delay(
    error: TokenError, failures: int, lifetime: float, uniform: Uniform = random.uniform
) -> float:
    """Return how long a failed background refresh is put off, in seconds.

    From about 2 s, doubling up to 30 s, with jitter; for tokens that live shorter
    than that, a part of their lifetime.

    Args:
        error: Why the refresh failed.
        failures: How many in a row have failed, this one included.
        lifetime: Seconds that the token lives in all.
        uniform: Draws the jitter.
    """
    if isinstance(error, TokenRequestRefused):
        return REFUSAL_MEMORY
    asked = _asked(error)
    if asked is not None:
        return asked
    ceiling = _FIRST_REFRESH_DELAY * 2.0 ** min(failures - 1, 10)
    ceiling = min(ceiling, _LONGEST_REFRESH_DELAY, max(lifetime / 20, 0.05))
    return uniform(ceiling / 2, ceiling)


def _asked(error: TokenError) -> float | None:
    """Return the server's own Retry-After; 0 isn't taken at its word."""
    if isinstance(error, AuthorizationServerUnavailable) and error.retry_after:
        return error.retry_after
    return None
