"""A CachedTokenSource whose fetches, threads, jitter and time a test decides."""

from collections import deque
from collections.abc import Callable

from s2sauth._base.notify import Notifier
from s2sauth.client.cached_source import CachedTokenSource
from s2sauth.client.lifecycle import Lifecycle
from s2sauth.client.token_endpoint import Grant
from s2sauth.client.token_request import TokenRequest
from s2sauth.errors import AuthorizationServerUnavailable
from s2sauth.events import Event
from s2sauth.testing import FakeClock
from s2sauth.values import AccessToken


class ScriptedEndpoint:
    """Gives tokens `t1`, `t2`, …, or what was scripted before them."""

    def __init__(self, clock: FakeClock, lifetime: float = 300.0) -> None:
        self.clock = clock
        self.lifetime = lifetime
        self.fetches = 0
        self.down = False
        self.refusal_stands = True
        self.script: deque[Exception | Callable[[], object]] = deque()

    def fetch(self, _request: TokenRequest, _deadline: float) -> Grant:
        """Stand in for `TokenEndpoint.fetch`."""
        self.fetches += 1
        sent_at = self.clock.elapsed()
        if self.script:
            step = self.script.popleft()
            if isinstance(step, Exception):
                raise step
            step()
        elif self.down:
            message = "the server is down"
            raise AuthorizationServerUnavailable(message)
        return self.grant(f"t{self.fetches}", sent_at)

    def grant(self, value: str, sent_at: float) -> Grant:
        """Make the grant of a token."""
        ends = self.clock.wall() + self.lifetime
        token = AccessToken(value=value, expires_at=ends)
        return Grant(token=token, sent_at=sent_at, lifetime=self.lifetime)


class ManualPool:
    """A pool whose jobs run when the test says so."""

    def __init__(self) -> None:
        self.jobs: deque[Callable[[], None]] = deque()
        self.full = False

    def submit(self, job: Callable[[], None]) -> bool:
        """Queue a job."""
        if self.full:
            return False
        self.jobs.append(job)
        return True

    def run_all(self) -> None:
        """Run what's queued."""
        while self.jobs:
            self.jobs.popleft()()

    def close(self) -> None:
        """Drop what's queued."""
        self.jobs.clear()

    def after_fork(self) -> None:
        """Drop what's queued."""
        self.jobs.clear()


def at_once(run: Callable[[], None]) -> bool:
    """Run a flight in the caller's thread."""
    run()
    return True


class Rig:
    """One source, and everything around it.

    `draw` is where in each interval the jitter falls: 0.0 low, 1.0 high.
    """

    def __init__(
        self,
        *,
        lifetime: float = 300.0,
        margin: float = 60.0,
        start: Callable[[Callable[[], None]], bool] = at_once,
        draw: float = 0.5,
    ) -> None:
        self.clock = FakeClock()
        self.endpoint = ScriptedEndpoint(self.clock, lifetime)
        self.pool = ManualPool()
        self.events: list[Event] = []
        self.source = CachedTokenSource(
            TokenRequest.of(scope="payments:write"),
            Lifecycle(
                fetch=self.endpoint.fetch,
                refusal_stands=lambda: self.endpoint.refusal_stands,
                client_id="order-service",
                clock=self.clock,
                pool=self.pool,  # type: ignore[arg-type]  # a fake
                notify=Notifier([self.events.append]),
                margin=margin,
                flight_timeout=20.0,
                start=start,
                uniform=lambda low, high: low + draw * (high - low),
            ),
        )

    def event_names(self) -> list[str]:
        """Name the events so far."""
        return [type(event).__name__ for event in self.events]
