"""The life of a token: every row of the table in DESIGN.md section 3."""

import copy
import pickle
from collections.abc import Callable

import pytest

from s2sauth.errors import (
    AuthorizationServerUnavailable,
    CredentialUnavailable,
    InvalidClient,
    Reason,
    TokenError,
    TokenRequestRefused,
    TokenTimeout,
)
from s2sauth.events import TokenFetchFailed, TokenServedWhileRefreshFails
from support.lifecycles import Rig


class Runs(list[Callable[[], None]]):
    """Starts no thread, and keeps what should run."""

    def __call__(self, run: Callable[[], None]) -> bool:
        self.append(run)
        return True


def test_a_fresh_token_is_handed_out_again() -> None:
    """While a token is fresh, every call gets the very same one, by one fetch."""
    rig = Rig()
    first = rig.source.get()
    rig.clock.advance(179.9)  # a lifetime of 300 s, refreshed 120 s … 60 s before
    assert rig.source.get() is first
    assert rig.endpoint.fetches == 1
    assert not rig.pool.jobs


@pytest.mark.parametrize(("draw", "begins"), [(0.0, 240.0), (1.0, 180.0)])
def test_ageing_begins_within_the_window(draw: float, begins: float) -> None:
    """A refresh begins between twice the margin and the margin before expiry."""
    rig = Rig(draw=draw)
    rig.source.get()
    rig.clock.advance(begins - 0.001)
    rig.source.get()
    assert len(rig.pool.jobs) == 0
    rig.clock.advance(0.002)
    rig.source.get()
    assert len(rig.pool.jobs) == 1


def test_short_tokens_use_a_quarter_of_their_life() -> None:
    """The margin is never more than a quarter of the lifetime."""
    rig = Rig(lifetime=8.0, draw=0.0)
    rig.source.get()
    rig.clock.advance(5.9)
    rig.source.get()
    assert len(rig.pool.jobs) == 0
    rig.clock.advance(0.2)
    rig.source.get()
    assert len(rig.pool.jobs) == 1


def test_ageing_serves_the_old_token_and_refreshes_once() -> None:
    """An ageing token is handed out at once while one background flight is due."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(250.0)
    assert [rig.source.get() for _ in range(5)] == [old] * 5
    assert len(rig.pool.jobs) == 1
    rig.pool.run_all()
    assert rig.source.get() is not old
    assert rig.endpoint.fetches == 2


def test_a_failed_refresh_is_an_event_and_harms_no_call() -> None:
    """While the token lives, a failed refresh is told, never raised."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(250.0)
    rig.endpoint.down = True
    rig.source.get()
    rig.pool.run_all()
    assert rig.source.get() is old
    assert rig.event_names() == [
        "TokenFetched",
        "TokenFetchFailed",
        "TokenServedWhileRefreshFails",
    ]
    failed, served = rig.events[1:]
    assert isinstance(failed, TokenFetchFailed)
    assert failed.background
    assert isinstance(served, TokenServedWhileRefreshFails)
    assert served.seconds_left == 50.0


def test_a_failed_refresh_is_put_off() -> None:
    """After a failed refresh the next waits for a growing while."""
    rig = Rig(draw=1.0)
    rig.source.get()
    rig.clock.advance(200.0)
    rig.endpoint.down = True
    waits = []
    for _ in range(3):
        rig.source.get()
        rig.pool.run_all()
        event = rig.events[-2]
        assert isinstance(event, TokenFetchFailed)
        waits.append(event.retry_in)
        rig.source.get()
        assert len(rig.pool.jobs) == 0
        rig.clock.advance(event.retry_in)
    assert waits == [2.0, 4.0, 8.0]
    assert rig.endpoint.fetches == 4


def test_no_refresh_is_due_for_a_source_nobody_asks() -> None:
    """With a source that nobody asks, nothing is fetched."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(10_000.0)
    assert rig.endpoint.fetches == 1
    assert len(rig.pool.jobs) == 0


def test_no_token_goes_out_at_its_expiry() -> None:
    """At the very moment of expiry the old token isn't handed out any more."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(299.999)
    assert rig.source.get() is old
    rig.clock.advance(0.001)
    assert rig.source.get().value == "t2"


def test_expiry_starts_a_flight_although_a_refresh_failed() -> None:
    """A failed background flight doesn't delay the flight that expiry starts."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(299.0)
    rig.endpoint.down = True
    rig.source.get()
    rig.pool.run_all()
    rig.endpoint.down = False
    rig.clock.advance(1.0)
    assert rig.source.get().value == "t3"


def test_expiry_doesnt_queue_behind_the_pool() -> None:
    """Who waits gets a flight at once, and the queued refresh then does nothing."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(250.0)
    rig.source.get()
    rig.clock.advance(50.0)
    assert rig.source.get().value == "t2"
    rig.pool.run_all()
    assert rig.endpoint.fetches == 2


def test_a_full_machine_never_breaks_a_live_token() -> None:
    """Where no thread can be started, a live token is handed out all the same."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(250.0)
    rig.pool.full = True
    assert rig.source.get() is old
    rig.pool.full = False
    rig.clock.advance(1.0)
    assert rig.source.get() is old
    assert len(rig.pool.jobs) == 1


def test_no_thread_and_no_token_is_an_error_that_says_so() -> None:
    """Without a token, a thread that can't be started is a clear failure."""
    rig = Rig(start=lambda _run: False)
    with pytest.raises(AuthorizationServerUnavailable, match="no thread"):
        rig.source.get()


def test_after_a_failure_callers_fail_fast() -> None:
    """After a failed flight nobody asks the server for a growing time."""
    rig = Rig(draw=1.0)
    rig.endpoint.down = True
    delays = []
    for _ in range(7):
        with pytest.raises(AuthorizationServerUnavailable):
            rig.source.get()
        fetches = rig.endpoint.fetches
        with pytest.raises(AuthorizationServerUnavailable):
            rig.source.get()
        assert rig.endpoint.fetches == fetches
        event = rig.events[-1]
        assert isinstance(event, TokenFetchFailed)
        delays.append(event.retry_in)
        rig.clock.advance(event.retry_in)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_service_returns_within_the_backoff() -> None:
    """Once the server is back, the first call after the backoff gets a token."""
    rig = Rig(draw=1.0)
    rig.endpoint.down = True
    with pytest.raises(AuthorizationServerUnavailable):
        rig.source.get()
    rig.endpoint.down = False
    rig.clock.advance(0.5)
    assert rig.source.get().value == "t2"


def test_retry_after_is_honoured() -> None:
    """What the server asks us to wait is waited, before any other rule."""
    rig = Rig()
    error = AuthorizationServerUnavailable("busy", retry_after=42.0)
    rig.endpoint.script.append(error)
    with pytest.raises(AuthorizationServerUnavailable):
        rig.source.get()
    rig.clock.advance(41.9)
    with pytest.raises(AuthorizationServerUnavailable):
        rig.source.get()
    assert rig.endpoint.fetches == 1
    rig.clock.advance(0.2)
    assert rig.source.get().value == "t2"


def test_a_refused_request_is_taken_as_said_for_30_seconds() -> None:
    """invalid_scope and the like aren't asked again for 30 s, for this key."""
    rig = Rig()
    refused = TokenRequestRefused("no", reason=Reason.INVALID_SCOPE, error="x")
    rig.endpoint.script.append(refused)
    for _ in range(3):
        with pytest.raises(TokenRequestRefused) as caught:
            rig.source.get()
        assert caught.value.error == "x"
        rig.clock.advance(9.9)
    assert rig.endpoint.fetches == 1
    rig.clock.advance(0.4)
    assert rig.source.get().value == "t2"


def test_a_changed_credential_ends_the_wait_at_once() -> None:
    """A refused credential isn't tried again, until another one is there."""
    rig = Rig()
    rig.endpoint.script.append(InvalidClient("wrong secret"))
    for _ in range(2):
        with pytest.raises(InvalidClient):
            rig.source.get()
    assert rig.endpoint.fetches == 1
    rig.endpoint.refusal_stands = False
    assert rig.source.get().value == "t2"


def test_every_waiter_gets_an_error_of_its_own() -> None:
    """The same failure is raised as a fresh object each time, without context."""
    rig = Rig()
    rig.endpoint.down = True
    errors = []
    for _ in range(2):
        with pytest.raises(TokenError) as caught:
            rig.source.get()
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert [error.__cause__ for error in errors] == [None, None]
    assert [error.__context__ for error in errors] == [None, None]


def test_timeout_zero_without_a_token_is_an_error_and_starts_a_flight() -> None:
    """timeout=0 never waits; the flight it starts serves whoever asks next."""
    runs = Runs()
    rig = Rig(start=runs)
    with pytest.raises(TokenTimeout) as caught:
        rig.source.get(timeout=0)
    assert caught.value.reason == "TOKEN_TIMEOUT"
    assert isinstance(caught.value, TimeoutError)
    runs[0]()
    assert rig.source.get(timeout=0).value == "t1"
    assert rig.endpoint.fetches == 1


def test_an_overrun_flight_is_replaced_and_its_answer_dropped() -> None:
    """A flight past its limit is given up; its late token overwrites nothing."""
    runs = Runs()
    rig = Rig(start=runs)
    with pytest.raises(TokenTimeout):
        rig.source.get(timeout=0)
    rig.clock.advance(20.0)
    with pytest.raises(AuthorizationServerUnavailable, match="within 20 s"):
        rig.source.get(timeout=0)
    rig.clock.advance(10.0)
    with pytest.raises(TokenTimeout):
        rig.source.get(timeout=0)
    runs[1]()
    assert rig.source.get().value == "t1"
    runs[0]()
    assert rig.source.get().value == "t1"
    assert rig.endpoint.fetches == 1


def test_min_validity_asks_for_a_longer_one() -> None:
    """A token that ends before min_validity is replaced although it's fresh."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(100.0)
    assert rig.source.get(min_validity=199.0).value == "t1"
    assert rig.source.get(min_validity=201.0).value == "t2"


def test_a_token_just_fetched_satisfies_any_min_validity() -> None:
    """A server whose tokens never live that long isn't asked at every call."""
    rig = Rig()
    values = {rig.source.get(min_validity=3600.0).value for _ in range(50)}
    assert values == {"t1"}
    assert rig.endpoint.fetches == 1


def test_min_validity_never_costs_a_live_token() -> None:
    """If no longer-lived token can be had, the live one goes out, without a storm."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(150.0)
    rig.endpoint.down = True
    values = [rig.source.get(min_validity=200.0).value for _ in range(10)]
    assert values == ["t1"] * 10
    assert rig.endpoint.fetches == 2


def test_invalidate_compares() -> None:
    """Only the current token is dropped, and only once."""
    rig = Rig()
    first = rig.source.get()
    assert rig.source.invalidate(first) is True
    assert rig.source.invalidate(first) is False
    second = rig.source.get()
    assert second is not first
    assert rig.source.invalidate(first) is False
    assert rig.source.get() is second
    assert rig.event_names() == ["TokenFetched", "TokenInvalidated", "TokenFetched"]


@pytest.mark.parametrize("step", [-7200.0, 7200.0])
def test_the_wall_clock_may_step(step: float) -> None:
    """A wall clock set forth or back by hours costs no live token."""
    rig = Rig()
    first = rig.source.get()
    rig.clock.step_wall(step)
    assert rig.source.get() is first


def test_a_suspended_machine_hands_out_nothing_stale() -> None:
    """Time spent suspended counts: the elapsed clock went on."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(8 * 3600.0)
    assert rig.source.get().value == "t2"


def test_a_foreign_failure_becomes_a_token_error_without_its_words() -> None:
    """What a user's credential raises is named by its kind, not by its words."""
    rig = Rig()
    rig.endpoint.script.append(KeyError("s3cr3t"))
    with pytest.raises(TokenError) as caught:
        rig.source.get()
    assert "KeyError" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_an_unreadable_secret_matters_only_without_a_live_token() -> None:
    """A secret source that is down harms nobody while a token lives."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(250.0)
    rig.endpoint.script.append(CredentialUnavailable("gone"))
    rig.source.get()
    rig.pool.run_all()
    assert rig.source.get() is old
    rig.clock.advance(50.0)
    rig.endpoint.script.append(CredentialUnavailable("gone"))
    with pytest.raises(CredentialUnavailable):
        rig.source.get()


def test_status_tells_age_lifetime_and_the_last_error() -> None:
    """status() says what a readiness probe asks."""
    rig = Rig()
    assert rig.source.status().lifetime_left is None
    rig.source.get()
    rig.clock.advance(250.0)
    rig.endpoint.down = True
    rig.source.get()
    assert rig.source.status().refreshing
    rig.pool.run_all()
    status = rig.source.status()
    assert (status.age, status.lifetime_left) == (250.0, 50.0)
    assert isinstance(status.last_error, AuthorizationServerUnavailable)
    assert not status.refreshing
    assert status.scope == "payments:write"


def test_closing_ends_everything() -> None:
    """After close() there's neither a token nor a fetch."""
    rig = Rig()
    rig.source.get()
    rig.source.close()
    with pytest.raises(TokenError) as caught:
        rig.source.get()
    assert caught.value.reason == "CLOSED"
    assert rig.endpoint.fetches == 1


def test_a_flight_that_lands_after_closing_publishes_nothing() -> None:
    """A closed source drops what was still on its way."""
    runs = Runs()
    rig = Rig(start=runs)
    with pytest.raises(TokenTimeout):
        rig.source.get(timeout=0)
    rig.source.close()
    runs[0]()
    with pytest.raises(TokenError, match="closed"):
        rig.source.get()


def test_a_forked_child_keeps_the_token_and_drops_the_queue() -> None:
    """A child starts with the parent's token and refreshes on its own."""
    rig = Rig()
    old = rig.source.get()
    rig.clock.advance(250.0)
    rig.source.get()
    rig.source.after_fork()
    rig.pool.after_fork()
    assert rig.source.get() is old
    assert len(rig.pool.jobs) == 1


def test_tokens_are_redacted_and_not_pickled() -> None:
    """A token's repr shows no token, copy gives itself, pickling is an error."""
    token = Rig().source.get()
    assert "t1" not in repr(token)
    assert copy.copy(token) is token
    assert copy.deepcopy(token) is token
    assert token.authorization == "Bearer t1"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(token)


def test_a_success_forgets_the_failures() -> None:
    """After a fetch that worked, status is clean and the backoff starts anew."""
    rig = Rig(draw=1.0)
    rig.endpoint.down = True
    for _ in range(3):
        with pytest.raises(AuthorizationServerUnavailable):
            rig.source.get()
        rig.clock.advance(10.0)
    rig.endpoint.down = False
    rig.source.get()
    assert rig.source.status().last_error is None
    rig.endpoint.down = True
    rig.clock.advance(300.0)
    with pytest.raises(AuthorizationServerUnavailable):
        rig.source.get()
    event = rig.events[-1]
    assert isinstance(event, TokenFetchFailed)
    assert event.retry_in == 0.5


def test_an_expired_token_is_none_while_refreshes_wait() -> None:
    """A refresh that is put off past expiry doesn't keep the old token going."""
    rig = Rig()
    rig.source.get()
    rig.clock.advance(290.0)
    error = AuthorizationServerUnavailable("busy", retry_after=60.0)
    rig.endpoint.script.append(error)
    rig.source.get()
    rig.pool.run_all()
    rig.clock.advance(10.0)
    assert rig.source.get().value == "t3"


def test_a_server_that_is_down_gets_few_requests() -> None:
    """The stated bound: flights back off to one in 5 to 10 s; a flight is 4 tries.

    A busy client without a token, through ten minutes of outage.
    """
    rig = Rig(draw=0.0)  # the shortest waits that jitter can draw
    rig.endpoint.down = True
    for _ in range(6_000):
        with pytest.raises(AuthorizationServerUnavailable):
            rig.source.get()
        rig.clock.advance(0.1)
    assert rig.endpoint.fetches <= 6 + 600 / 5
