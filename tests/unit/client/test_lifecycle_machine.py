"""Any order of calls, clock steps and faults, against a model a few lines long."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from s2sauth.errors import (
    AuthorizationServerUnavailable,
    Reason,
    TokenError,
    TokenRequestRefused,
)
from s2sauth.events import TokenFetchFailed
from s2sauth.values import AccessToken
from support.lifecycles import Rig

LIFETIME = 100.0


class LifeOfAToken(RuleBasedStateMachine):
    """The model: which token lives until when, and until when we fail fast."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig(lifetime=LIFETIME, margin=20.0)
        self.token: AccessToken | None = None
        self.expires = 0.0
        self.blocked_until = 0.0
        self.closed = False

    @property
    def now(self) -> float:
        return self.rig.clock.elapsed()

    @property
    def live(self) -> bool:
        return self.token is not None and self.now < self.expires

    # -- the world ------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.3, 1.0, 7.0, 25.0, 60.0, 99.999, 500]))
    def time_goes_by(self, seconds: float) -> None:
        self.rig.clock.advance(seconds)

    @rule(offset=st.sampled_from([-50.0, -0.5, 0.0, 0.25]), to_expiry=st.booleans())
    def a_moment_that_counts_comes(self, offset: float, to_expiry: bool) -> None:
        moment = self.expires if to_expiry else self.blocked_until
        self.rig.clock.advance(max(moment + offset - self.now, 0.0))

    @rule(seconds=st.sampled_from([-1e6, -3600.0, 3600.0, 1e6]))
    def somebody_sets_the_wall_clock(self, seconds: float) -> None:
        self.rig.clock.step_wall(seconds)

    @rule(down=st.booleans())
    def the_server_goes_down_or_up(self, down: bool) -> None:
        self.rig.endpoint.down = down

    @rule(
        error=st.sampled_from(
            [
                AuthorizationServerUnavailable("busy", retry_after=40.0),
                TokenRequestRefused("no", reason=Reason.INVALID_SCOPE),
                KeyError("a bug"),
            ]
        )
    )
    def the_next_fetch_fails(self, error: Exception) -> None:
        self.rig.endpoint.script.append(error)

    @rule()
    def the_process_forks(self) -> None:
        self.rig.source.after_fork()
        self.rig.pool.after_fork()

    # -- what is done with the source -------------------------------------------

    @rule()
    def get(self) -> None:
        self._get()

    @rule()
    def get_twice(self) -> None:
        self._get()
        self._get()

    @rule()
    def get_and_refresh(self) -> None:
        self._get()
        self._refresh()
        self._get()

    def _get(self) -> None:
        before = self.rig.endpoint.fetches
        live, blocked = self.live, self.now < self.blocked_until
        outcome = self._token_or_error()
        fetched = self.rig.endpoint.fetches - before
        if self.closed:
            assert getattr(outcome, "reason", None) == Reason.CLOSED
            assert fetched == 0
        elif live:
            assert outcome is self.token
            assert fetched == 0
        elif blocked:
            assert isinstance(outcome, TokenError)
            assert fetched == 0
        else:
            assert fetched == 1
            self._learn_from(outcome)

    def _token_or_error(self) -> AccessToken | TokenError:
        try:
            return self.rig.source.get()
        except TokenError as error:
            return error

    def _learn_from(self, outcome: AccessToken | TokenError) -> None:
        if isinstance(outcome, AccessToken):
            self._learn(outcome)
        else:
            self._learn_failure()

    @rule()
    def the_pool_works(self) -> None:
        self._refresh()

    def _refresh(self) -> None:
        """Background flights: at most one fetch, and the token, if new, is known."""
        before = self.rig.endpoint.fetches
        self.rig.pool.run_all()
        assert self.rig.endpoint.fetches - before <= 1
        if self.rig.endpoint.fetches == before or self.closed:
            return
        snapshot = self.rig.source._snapshot
        if snapshot.token is not None and snapshot.token is not self.token:
            self._learn(snapshot.token)
        elif not self.live:
            self._learn_failure()

    @precondition(lambda self: self.token is not None)
    @rule()
    def invalidate(self) -> None:
        assert self.token is not None
        told = self.rig.source.invalidate(self.token)
        assert told is (not self.closed)
        self.token = None

    @rule(chance=st.integers(1, 30))
    def close(self, chance: int) -> None:
        if chance == 17:  # any number that shrinking doesn't love
            self.rig.source.close()
            self.rig.pool.close()
            self.closed, self.token = True, None

    # -- what always holds --------------------------------------------------------

    @invariant()
    def no_live_token_is_lost(self) -> None:
        if self.live and not self.closed:
            before = self.rig.endpoint.fetches
            assert self.rig.source.get() is self.token
            assert self.rig.endpoint.fetches == before

    @invariant()
    def at_most_one_refresh_is_queued(self) -> None:
        # One that was superseded may still stand in the queue; it does nothing.
        assert self.rig.source._queued in (False, True)
        if not self.live:
            return
        due = self.now >= self.expires - 2 * 20.0
        assert due or not self.rig.source._queued

    def _learn(self, token: AccessToken) -> None:
        self.token, self.expires = token, self.now + LIFETIME
        self.blocked_until = 0.0

    def _learn_failure(self) -> None:
        failures = [e for e in self.rig.events if isinstance(e, TokenFetchFailed)]
        last = failures[-1]
        if not last.background and self.now >= self.blocked_until:
            self.blocked_until = self.now + last.retry_in


LifeOfAToken.TestCase.settings = settings(
    max_examples=300, stateful_step_count=50, deadline=None, derandomize=True
)


TestLifeOfAToken = LifeOfAToken.TestCase
