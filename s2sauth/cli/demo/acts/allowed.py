"""Act 1: calls that are allowed."""

from s2sauth.cli.demo.rows import Row, Section
from s2sauth.cli.demo.stage import Stage

__all__ = ["allowed"]

_DONE = {"HTTP": "200", "gRPC": "OK"}


def allowed(stage: Stage) -> Section:
    """Charge once over each transport."""
    rows = []
    with stage.order_service() as order:
        for road in order.roads:
            outcome = road.call("Charge")
            rows.append(
                Row(
                    what="the scope that it needs",
                    over=road.over,
                    expected=_DONE[road.over],
                    seen=outcome.status,
                    note=f"seen as {outcome.said}",
                )
            )
    return Section("Allowed", tuple(rows))
