"""What all the sources of one manager share, and how one of them stands."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import WorkerPool, start_thread
from s2sauth._base.notify import Notifier
from s2sauth.client.lifetime import Uniform
from s2sauth.client.token_endpoint import Grant
from s2sauth.client.token_request import TokenRequest
from s2sauth.errors import TokenError

__all__ = ["Lifecycle", "SourceStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What all the sources of one manager share.

    Args:
        fetch: Gets a token by a deadline (elapsed clock).
        refusal_stands: Whether the credential, as it is now, was just refused.
        client_id: Who we are, for events.
        clock: What lifetimes are judged by.
        pool: Runs background refreshes.
        notify: Tells the observers.
        margin: The refresh margin, in seconds.
        flight_timeout: Seconds for one fetch with its retries.
        start: Starts a thread for a fetch that somebody waits for.
        uniform: Draws the jitter.
    """

    fetch: Callable[[TokenRequest, float], Grant]
    refusal_stands: Callable[[], bool]
    client_id: str
    clock: Clock
    pool: WorkerPool
    notify: Notifier
    margin: float
    flight_timeout: float
    start: Callable[[Callable[[], None]], bool] = start_thread
    uniform: Uniform = random.uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one source stands.

    Args:
        scope: What it asks for.
        audience: For whom.
        age: Seconds since its token was asked for, or None without one.
        lifetime_left: Seconds that its token still lives, or None without one.
        last_error: The last fetch's failure, or None where it worked.
        refreshing: Whether a fetch is under way.
    """

    scope: str
    audience: str | None
    age: float | None
    lifetime_left: float | None
    last_error: TokenError | None
    refreshing: bool
