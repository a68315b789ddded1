"""`s2sauth demo`: everything goes as it says, and it notices when something doesn't."""

from functools import partial

import pytest

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.errors import AuthorizationServerUnavailable
from s2sauth.testing import AuthorizationServer, StaticTokenSource
from support.commands import run, s2sauth_command

pytestmark = [pytest.mark.cli, pytest.mark.grpc, pytest.mark.flask]


@pytest.fixture(scope="module")
def played():
    """Play the demo once, in this process, on a server that remembers its tokens."""
    from s2sauth.cli.demo.run import run_demo

    idp = AuthorizationServer("keycloak", realm="demo")
    return run_demo(idp=idp), idp


def test_everything_goes_as_expected(played):
    """No row differs from what it expects."""
    report, _ = played
    assert () == report.differing


def test_every_act_is_there(played):
    """The five things that the demo is for are its sections."""
    report, _ = played
    assert [
        "Allowed",
        "Refused, and why",
        "One fetch for many calls",
        "A signing key rotated while calls go on",
        "An outage of the authorization server",
    ] == [section.title for section in report.sections]


def test_each_refusal_is_seen_over_both_transports(played):
    """No token, wrong scope, wrong audience, expired: with their status and reason."""
    report, _ = played
    assert [
        "401 TOKEN_MISSING",
        "UNAUTHENTICATED TOKEN_MISSING",
        "403 INSUFFICIENT_SCOPE",
        "PERMISSION_DENIED INSUFFICIENT_SCOPE",
        "401 AUDIENCE",
        "UNAUTHENTICATED AUDIENCE",
        "401 TOKEN_EXPIRED",
        "UNAUTHENTICATED TOKEN_EXPIRED",
    ] == [row.seen for row in report.sections[1].rows]


def test_no_row_holds_a_token(played):
    """Of all the tokens that the server gave out, none is in what's shown."""
    report, idp = played
    tokens = list(idp._authority.ledger._entries)
    assert len(tokens) > 5
    shown = repr(report)
    assert [] == [token for token in tokens if token in shown]
    assert "eyJ" not in shown


def test_the_command_ends_by_itself():
    """`s2sauth demo` shows its table, and ends with 0, in under 15 seconds.

    Whatever proxies the environment names: nothing leaves this machine.
    """
    nowhere = "http://127.0.0.1:9"
    proxies = {"http_proxy": nowhere, "https_proxy": nowhere, "all_proxy": nowhere}
    start = SYSTEM_CLOCK.elapsed()
    done = run(s2sauth_command("demo"), env={**proxies, "no_proxy": "", "NO_PROXY": ""})
    assert SYSTEM_CLOCK.elapsed() - start < 15
    assert (0, "") == (done.code, done.err)
    for word in ("401", "403", "UNAUTHENTICATED", "PERMISSION_DENIED", "as expected"):
        assert word in done.out
    assert "✗" not in done.out
    assert "eyJ" not in done.out


def test_each_call_that_wasnt_refused_is_noticed():
    """With the scope that should be refused, its rows differ, and no other does."""
    from s2sauth.cli.demo.acts.refused import refused
    from s2sauth.cli.demo.rows import Report
    from s2sauth.cli.demo.stage import Scenario, Stage

    granted = Scenario(order_scopes=("payments:write", "payments:refund"))
    with Stage(granted, AuthorizationServer("keycloak")) as stage:
        report = Report((refused(stage),))
    assert ["200", "OK"] == [row.seen for row in report.differing]


def test_the_command_fails_where_a_row_differs():
    """With the scope that should be refused, the exit code is 1, and it's said why."""
    done = run(s2sauth_command("demo", "--grant", "payments:refund"))
    assert 1 == done.code
    assert "✗ 2 of 20 rows differ" in done.out
    assert "eyJ" not in done.out


def test_the_table_fits_a_terminal_of_80_columns():
    """Mark, what, transport, expected and seen are whole there; notes are left out."""
    from rich.console import Console

    from s2sauth.cli.demo.rows import Row, Section
    from s2sauth.cli.demo.table import section_table

    row = Row(
        what="[bold]words[/]",
        over="gRPC",
        expected="INSUFFICIENT_SCOPE",
        seen="PERMISSION_DENIED",
        note="notes",
    )
    console = Console(width=80)
    with console.capture() as capture:
        console.print(section_table(Section("Title", (row,)), 80))
    shown = capture.get()
    for whole in ("✗", "[bold]words[/]", row.over, row.expected, row.seen):
        assert whole in shown
    assert "notes" not in shown


def test_failed_calls_are_counted_by_what_they_failed_with():
    """A tally says how many calls failed, and how; none served is no success."""
    from s2sauth.cli.demo.order_service import Tally
    from s2sauth.cli.demo.roads import Outcome

    tally = Tally()
    assert "none was served" == tally.failures
    tally.add(partial(Outcome, "200", "order-service", allowed=True))
    tally.add(partial(Outcome, "401", "TOKEN_EXPIRED", allowed=False))
    tally.add(partial(Outcome, "401", "TOKEN_EXPIRED", allowed=False))
    assert (1, "2 failed: 2 x 401 TOKEN_EXPIRED") == (tally.served, tally.failures)


def test_a_call_that_gets_no_token_is_a_failure_and_no_crash():
    """Where no token can be had, both roads report it, with the reason in words."""
    from s2sauth.cli.demo.certificate import make_certificate
    from s2sauth.cli.demo.roads import GrpcRoad, HttpRoad

    source = StaticTokenSource(error=AuthorizationServerUnavailable("it is away"))
    nowhere = "127.0.0.1:9"
    http = HttpRoad(f"http://{nowhere}", source)
    rpc = GrpcRoad(nowhere, make_certificate().certificate, source)
    try:
        outcomes = [road.call("Charge") for road in (http, rpc)]
    finally:
        http.close()
        rpc.close()
    assert ["no answer", "UNAVAILABLE"] == [one.status for one in outcomes]
    assert [] == [one for one in outcomes if "it is away" not in one.said]
