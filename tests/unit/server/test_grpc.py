"""The server's interceptor: what it decides when, without a server."""

import logging

import grpc
import pytest

from s2sauth.errors import (
    ConfigurationError,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import AccessDecided, WouldDeny
from s2sauth.policy import Policy, Rule
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.testing import StaticVerifier
from shop.v1 import payments_pb2
from support.auth_door import (
    CHARGE,
    DENIED,
    GOOD,
    HANDLER,
    HEALTH,
    POLICY,
    REFLECTION,
    UNAUTHENTICATED,
    call,
    choose,
    door,
    handle,
)
from support.fake_server import Aborted, FakeContext

pytestmark = pytest.mark.grpc


def test_a_call_that_may_is_handled_as_who_it_is():
    """The handler is told who calls."""
    code, identity = call(door(), CHARGE, GOOD)
    assert (None, "orders") == (code, identity.client_id)


def test_nothing_is_verified_while_the_server_waits():
    """Choosing the handler is look-ups only; the token is looked at later."""
    verifier = StaticVerifier()
    handler = choose(door(verifier=verifier), CHARGE, GOOD)
    assert 0 == verifier.calls
    with pytest.raises(Aborted):
        handle(handler, FakeContext(GOOD))
    assert 1 == verifier.calls


@pytest.mark.parametrize("authorization", [(), (GOOD, GOOD)])
def test_a_request_without_one_token_is_not_even_read(authorization):
    """Its handler takes the request for a stream, and leaves it unread."""
    assert HANDLER.request_streaming is False
    assert choose(door(), CHARGE, *authorization).request_streaming is True


def test_a_method_that_isnt_there_stays_that():
    """The server answers UNIMPLEMENTED, as without us."""
    assert choose(door(), "/shop.v1.Payments/Nope", handler=None) is None


@pytest.mark.parametrize("authorization", [(), (GOOD,), (GOOD, GOOD)])
def test_a_public_method_keeps_its_handler(authorization):
    """Not a copy of it: the very object."""
    policy = Policy({CHARGE: Rule(public=True)})
    assert HANDLER is choose(door(policy), CHARGE, *authorization)


def test_health_checking_is_exempt():
    """Probes bring no token."""
    assert HANDLER is choose(door(), HEALTH)


def test_a_rule_for_health_checking_holds():
    """Who wants it closed says so."""
    policy = Policy({"/grpc.health.v1.Health/*": Rule(all_scopes="ops")})
    assert (UNAUTHENTICATED, None) == (call(door(policy), HEALTH)[0], None)


def test_reflection_is_not_exempt_unless_asked():
    """It tells much, so it's open only where the policy says so."""
    assert DENIED is call(door(), REFLECTION, GOOD)[0]
    policy = Policy({"/grpc.reflection.v1.ServerReflection/*": Rule(public=True)})
    assert HANDLER is choose(door(policy), REFLECTION)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ((), UNAUTHENTICATED),
        (("Basic dTpw",), UNAUTHENTICATED),
        (("Bearer other",), UNAUTHENTICATED),
        ((GOOD, GOOD), UNAUTHENTICATED),
        ((GOOD,), DENIED),
    ],
)
@pytest.mark.parametrize("rule", [None, Rule(deny=True)])
def test_without_a_rule_or_by_one_that_denies_nobody_gets_in(rule, authorization, code):
    """Who has no good token learns only that."""
    policy = Policy({} if rule is None else {CHARGE: rule})
    assert code is call(door(policy), CHARGE, *authorization)[0]


REFUSED = [
    ((), "TOKEN_MISSING", Reason.TOKEN_MISSING),
    (("Basic dTpw",), "TOKEN_MISSING", Reason.TOKEN_MISSING),
    (("Bearer ",), "TOKEN_INVALID", Reason.REQUEST_MALFORMED),
    ((GOOD, GOOD), "TOKEN_INVALID", Reason.REQUEST_MALFORMED),
    (("Bearer a b",), "TOKEN_INVALID", Reason.TOKEN_MALFORMED),
    (("Bearer other",), "TOKEN_INVALID", Reason.TOKEN_SIGNATURE),
]


@pytest.mark.parametrize(("authorization", "wire", "reason"), REFUSED)
def test_the_observers_get_the_exact_reason_and_the_caller_a_coarse_one(
    authorization, wire, reason
):
    """One event for each refusal, on the handler's side."""
    events = []
    context = FakeContext(*authorization)
    handler = choose(door(observers=[events.append]), CHARGE, *authorization)
    assert [] == events
    with pytest.raises(Aborted):
        handle(handler, context)
    (event,) = events
    assert (CHARGE, "grpc", False, reason) == (
        event.operation,
        event.transport,
        event.allowed,
        event.reason,
    )
    details = dict(context.trailing_metadata())["grpc-status-details-bin"]
    assert wire.encode() in details


def test_who_is_let_in_is_observed_too():
    """An audit log has both."""
    events = []
    call(door(observers=[events.append]), CHARGE, GOOD)
    (event,) = events
    assert isinstance(event, AccessDecided)
    assert (True, "orders") == (event.allowed, event.client_id)


def test_a_refusal_has_no_context_that_could_hold_the_token():
    """The error that ends the call stands alone."""
    with pytest.raises(Aborted) as caught:
        handle(choose(door(), CHARGE, "Bearer canary"), FakeContext("Bearer canary"))
    assert caught.value.__context__ is None


def test_an_outage_is_not_the_callers_fault():
    """UNAVAILABLE, never UNAUTHENTICATED."""
    verifier = StaticVerifier({"test-token": VerifierUnavailable("no keys")})
    code, _ = call(door(verifier=verifier), CHARGE, GOOD)
    assert grpc.StatusCode.UNAVAILABLE is code


class BrokenVerifier(StaticVerifier):
    """A verifier with a bug."""

    def verify(self, token, *, presentation=None):
        """Fail with what the caller must not see."""
        message = "internal detail"
        raise KeyError(message)


def test_a_bug_in_the_verifier_lets_nobody_in_and_tells_nothing(caplog):
    """The caller gets INTERNAL; the log only the error's kind: its words may hold a token."""
    with caplog.at_level(logging.ERROR, logger="s2sauth"):
        code, details = call(door(verifier=BrokenVerifier()), CHARGE, GOOD)
    assert grpc.StatusCode.INTERNAL is code
    assert "internal detail" not in details
    [record] = caplog.records
    assert f"{CHARGE}: the caller could not be checked (KeyError)" == (
        record.getMessage()
    )
    assert record.exc_info is None


def test_what_earlier_interceptors_send_back_stays():
    """Their trailing metadata goes along with ours."""
    context = FakeContext(trailing=(("x-trace", "1"),))
    with pytest.raises(Aborted):
        handle(choose(door()), context)
    keys = [key for key, _ in context.trailing_metadata()]
    assert ["x-trace", "grpc-status-details-bin", "www-authenticate"] == keys


@pytest.mark.parametrize(
    ("policy", "authorization", "reason", "client"),
    [
        (POLICY, (), Reason.TOKEN_MISSING, None),
        (POLICY, ("Bearer other",), Reason.TOKEN_SIGNATURE, None),
        (Policy(), (GOOD,), Reason.NO_RULE, "orders"),
        (Policy({CHARGE: Rule(deny=True)}), (GOOD,), Reason.DENIED, "orders"),
    ],
)
def test_report_only_refuses_nothing_and_tells_what_it_would(
    policy, authorization, reason, client
):
    """The way into a running fleet; who brings a good token is known already."""
    events = []
    interceptor = door(policy, observers=[events.append], enforce=False)
    code, identity = call(interceptor, CHARGE, *authorization)
    (event,) = events
    assert isinstance(event, WouldDeny)
    assert (None, reason) == (code, event.reason)
    assert client == (None if identity is None else identity.client_id)


def test_services_are_checked_against_the_policy():
    """What nobody could call, or nobody has, is found when the server starts."""
    policy = Policy.from_protos(payments_pb2)
    with pytest.raises(ConfigurationError, match=r"Payments/Forgotten has no rule"):
        door(policy, services=[payments_pb2])
    reports = payments_pb2.DESCRIPTOR.services_by_name["Reports"]
    only = Policy({"/shop.v1.Reports/Monthly": Rule(all_scopes="reports:read")})
    assert HANDLER is not choose(door(only, services=[reports]), CHARGE)


@pytest.mark.parametrize(
    ("verifier", "policy", "name"),
    [(object(), POLICY, "verifier"), (StaticVerifier(), {}, "policy")],
)
def test_what_is_neither_verifier_nor_policy_is_refused(verifier, policy, name):
    """The error names the argument."""
    with pytest.raises(ConfigurationError, match=name):
        AuthInterceptor(verifier, policy)


def test_an_expired_token_says_so():
    """The caller can tell that a new one would do."""
    expired = Unauthenticated("over", reason=Reason.TOKEN_EXPIRED)
    verifier = StaticVerifier({"test-token": expired})
    code, details = call(door(verifier=verifier), CHARGE, GOOD)
    assert (UNAUTHENTICATED, "the bearer token has expired") == (code, details)
