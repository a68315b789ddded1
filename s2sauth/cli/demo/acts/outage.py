"""Act 5: the authorization server is stopped while calls go on."""

import threading
from dataclasses import dataclass

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.demo.order_service import NONE_FAILED, OrderService, Tally, calling
from s2sauth.cli.demo.rows import Row, Section
from s2sauth.cli.demo.stage import Stage
from s2sauth.errors import Reason, TokenError
from s2sauth.events import TokenFetched, TokenFetchFailed

__all__ = ["outage"]

_PATIENCE = 5.0  # seconds
_HOLD = 0.3  # seconds that the server stays away once a refresh is under way


@dataclass(frozen=True, slots=True)
class _Outage:
    """What was seen of it."""

    ended_at: float  # POSIX seconds
    seconds: float
    served: int
    refresh_tried: bool
    newcomer: Reason | None


def outage(stage: Stage) -> Section:
    """Stop the server until a token has grown old, and start it again."""
    lifetime = stage.scenario.short_lifetime
    with (
        stage.order_service(token_lifetime=lifetime) as order,
        calling(order, stage.scenario.workers) as tally,
    ):
        tally.wait_for_more(1, _PATIENCE)
        gone = _stop_and_start(stage, order, tally)
        back = order.witness.wait_for(TokenFetched, 2, _PATIENCE)
    return Section(
        "An outage of the authorization server",
        _rows(order, tally, gone, back=back),
    )


def _stop_and_start(stage: Stage, order: OrderService, tally: Tally) -> _Outage:
    start, before = SYSTEM_CLOCK.elapsed(), tally.served
    stage.idp.stop()
    newcomer = _token_for_newcomer(stage)
    tried = _wait_for_refresh(order, tally, start + stage.scenario.short_lifetime)
    threading.Event().wait(_HOLD)
    served, seconds = tally.served - before, SYSTEM_CLOCK.elapsed() - start
    stage.idp.start()
    return _Outage(SYSTEM_CLOCK.wall(), seconds, served, tried, newcomer)


def _token_for_newcomer(stage: Stage) -> Reason | None:
    """Say why an instance that starts now gets no token; None: it got one."""
    with stage.order_service() as newcomer:
        try:
            newcomer.manager.source().get(timeout=0.2)
        except TokenError as error:
            return error.reason
    return None


def _wait_for_refresh(order: OrderService, tally: Tally, until: float) -> bool:
    """Wait until a background refresh is under way; False: none was till `until`."""
    while SYSTEM_CLOCK.elapsed() < until:
        if any(source.refreshing for source in order.manager.status()):
            return True
        tally.wait_for_more(1, _PATIENCE)
    return bool(order.witness.all(TokenFetchFailed))


def _rows(
    order: OrderService, tally: Tally, gone: _Outage, *, back: bool
) -> tuple[Row, ...]:
    fetched = order.witness.all(TokenFetched)
    failed = order.witness.all(TokenFetchFailed)
    background = [one.background for one in fetched[1:]]
    background += [one.background for one in failed]
    return (
        Row(
            what=f"calls while it's stopped, for {gone.seconds:.1f} s",
            over="both",
            expected=NONE_FAILED,
            seen=tally.failures,
            note=f"{gone.served} served, slowest: {tally.slowest}",
        ),
        Row(
            what="a refresh, as the token grew old",
            over="",
            expected="tried in vain",
            seen="tried in vain" if gone.refresh_tried else "not tried",
            note="in the background",
        ),
        Row(
            what="fetches that a call had to wait for",
            over="",
            expected="0",
            seen=str(background.count(False)),
        ),
        Row(
            what="an instance that has no token yet",
            over="",
            expected="an error",
            seen="an error" if gone.newcomer else "a token",
            note=str(gone.newcomer or ""),
        ),
        Row(
            what="the refresh, once it's back",
            over="",
            expected="done",
            seen="done" if back else "not done",
            note=f"{fetched[-1].at - gone.ended_at:.1f} s later" if back else "",
        ),
    )
