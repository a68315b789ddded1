"""Act 2: calls that are refused, and why, over both transports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from s2sauth.cli.demo.roads import GrpcRoad, HttpRoad, Road
from s2sauth.cli.demo.rows import Row, Section
from s2sauth.cli.demo.stage import ORDER_SERVICE, Stage
from s2sauth.errors import Reason
from s2sauth.events import AccessDecided
from s2sauth.testing import StaticTokenSource
from s2sauth.values import TokenSource

__all__ = ["refused"]

_UNAUTHENTICATED = {"HTTP": "401", "gRPC": "UNAUTHENTICATED"}
_DENIED = {"HTTP": "403", "gRPC": "PERMISSION_DENIED"}


class _Case(NamedTuple):
    what: str
    method: str
    tokens: TokenSource | None
    status: dict[str, str]
    reason: Reason


def refused(stage: Stage) -> Section:
    """Try four calls that must not go through, over each transport."""
    with stage.order_service() as order, stage.newsletter_service() as newsletter:
        ended = stage.idp.mint(ORDER_SERVICE, expires_in=-60)
        cases = [
            _Case(
                "no token",
                "Charge",
                None,
                _UNAUTHENTICATED,
                Reason.TOKEN_MISSING,
            ),
            _Case(
                "wrong scope: one never granted",
                "Refund",
                # Nothing asked for: the token holds whatever the server grants.
                order.manager.source(),
                _DENIED,
                Reason.INSUFFICIENT_SCOPE,
            ),
            _Case(
                "wrong audience: another service's",
                "Charge",
                newsletter.manager.source(scope="payments:write"),
                _UNAUTHENTICATED,
                Reason.AUDIENCE,
            ),
            _Case(
                "expired a minute ago",
                "Charge",
                StaticTokenSource(ended),
                _UNAUTHENTICATED,
                Reason.TOKEN_EXPIRED,
            ),
        ]
        rows = tuple(row for case in cases for row in _play(stage, case))
    return Section("Refused, and why", rows)


def _play(stage: Stage, case: _Case) -> Iterator[Row]:
    with _roads(stage, case.tokens) as roads:
        for road in roads:
            before = len(stage.witness.all(AccessDecided))
            outcome = road.call(case.method)
            logged = [one.reason for one in stage.witness.all(AccessDecided)[before:]]
            yield Row(
                what=case.what,
                over=road.over,
                expected=f"{case.status[road.over]} {case.reason}",
                seen=" ".join([outcome.status, *filter(None, logged[-1:])]),
                note=f"{'got' if outcome.allowed else 'told'} {outcome.said}",
            )


@contextmanager
def _roads(stage: Stage, tokens: TokenSource | None) -> Iterator[tuple[Road, ...]]:
    payment = stage.payment
    roads = (
        HttpRoad(payment.url, tokens),
        GrpcRoad(payment.target, payment.certificate, tokens),
    )
    try:
        yield roads
    finally:
        for road in roads:
            road.close()
