"""Act 3: one fetch for many calls."""

from s2sauth.cli.demo.order_service import NONE_FAILED, call_many
from s2sauth.cli.demo.rows import Row, Section
from s2sauth.cli.demo.stage import Stage

__all__ = ["one_fetch"]


def one_fetch(stage: Stage) -> Section:
    """Have many threads call at once, none of which has a token."""
    scenario = stage.scenario
    before = stage.idp.token_requests
    with stage.order_service() as order:
        tally = call_many(order, scenario.workers, scenario.calls)
    fetches = stage.idp.token_requests - before
    return Section(
        "One fetch for many calls",
        (
            Row(
                what=f"{scenario.calls} calls, {scenario.workers} threads, no token yet",
                over="both",
                expected=NONE_FAILED,
                seen=tally.failures,
                note=f"{tally.served} served",
            ),
            Row(
                what="token requests for all of them",
                over="",
                expected="1",
                seen=str(fetches),
                note="both share the token",
            ),
        ),
    )
