"""The one door: who is let in, who isn't, and who is told."""

import traceback
from typing import Any

import pytest

from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    PermissionDenied,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import AccessDecided, WouldDeny
from s2sauth.policy import Policy, Rule
from s2sauth.server.decision import Door
from s2sauth.testing import FakeClock, StaticVerifier
from s2sauth.testing.static import make_identity

ORDERS = make_identity(
    client_id="orders",
    subject="svc-orders",
    scopes="read",
    audience="https://pay",
    token_id="t-1",
)
VERIFIER = StaticVerifier(
    {
        "good": ORDERS,
        "expired": Unauthenticated("expired", reason=Reason.TOKEN_EXPIRED),
        "unsure": VerifierUnavailable("no keys"),
    }
)
POLICY = Policy(
    {
        "GET /any": Rule(),
        "GET /read": Rule(all_scopes="read"),
        "GET /write": Rule(all_scopes="write"),
        "GET /billing": Rule(clients="billing"),
        "GET /audit": Rule(audiences="https://audit"),
        "GET /closed": Rule(deny=True),
        "GET /open": Rule(public=True),
    }
)


class Knock:
    """Asks a door, and keeps what the observers were told."""

    def __init__(self, policy=POLICY, verifier=VERIFIER, *, enforce=True):
        self.events: list[Any] = []
        self.door = Door(
            verifier,
            policy,
            transport="http",
            observers=[self.events.append],
            enforce=enforce,
            clock=FakeClock(wall=5.0),
        )

    def __call__(self, operation, *authorization, **more):
        rule = self.door.rule_for(operation)
        return self.door.admit(operation, rule, authorization, **more)

    def refusal(self, operation, *authorization, **more):
        """Return the kind and the reason of a refusal."""
        with pytest.raises(AccessError) as caught:
            self(operation, *authorization, **more)
        return type(caught.value), caught.value.reason


ALLOWED = [
    ("GET /any", ["Bearer good"], ORDERS),
    ("GET /read", ["Bearer good"], ORDERS),
    ("GET /read", ["bearer  good"], ORDERS),
    # Public: nothing is looked at, nor verified.
    ("GET /open", [], None),
    ("GET /open", ["Bearer good"], None),
    ("GET /open", ["Bearer expired"], None),
    ("GET /open", ["Bearer a", "Bearer b"], None),
]
NO_TOKEN = (Unauthenticated, Reason.TOKEN_MISSING)
REFUSED = [
    ("GET /read", [], *NO_TOKEN),
    ("GET /read", ["Basic Zm9vOmJhcg=="], *NO_TOKEN),
    ("GET /read", ["Bearer "], Unauthenticated, Reason.REQUEST_MALFORMED),
    ("GET /read", ["Bearer"], Unauthenticated, Reason.REQUEST_MALFORMED),
    ("GET /read", ["Bearer good"] * 2, Unauthenticated, Reason.REQUEST_MALFORMED),
    (
        "GET /read",
        ["Basic x", "Bearer good"],
        Unauthenticated,
        Reason.REQUEST_MALFORMED,
    ),
    ("GET /read", ["Bearer go,od"], Unauthenticated, Reason.TOKEN_MALFORMED),
    ("GET /read", ["Bearer other"], Unauthenticated, Reason.TOKEN_SIGNATURE),
    ("GET /read", ["Bearer expired"], Unauthenticated, Reason.TOKEN_EXPIRED),
    ("GET /read", ["Bearer unsure"], VerifierUnavailable, Reason.KEYS_UNAVAILABLE),
    ("GET /write", ["Bearer good"], PermissionDenied, Reason.INSUFFICIENT_SCOPE),
    ("GET /billing", ["Bearer good"], PermissionDenied, Reason.CLIENT_NOT_ALLOWED),
    ("GET /audit", ["Bearer good"], Unauthenticated, Reason.AUDIENCE),
    ("GET /closed", ["Bearer good"], PermissionDenied, Reason.DENIED),
    ("GET /unknown", ["Bearer good"], PermissionDenied, Reason.NO_RULE),
    # Who has no good token learns nothing of the rules.
    ("GET /closed", [], *NO_TOKEN),
    ("GET /unknown", [], *NO_TOKEN),
    ("GET /unknown", ["Bearer expired"], Unauthenticated, Reason.TOKEN_EXPIRED),
    ("GET /write", ["Bearer expired"], Unauthenticated, Reason.TOKEN_EXPIRED),
]


@pytest.mark.parametrize(("operation", "authorization", "identity"), ALLOWED)
@pytest.mark.parametrize("enforce", [True, False])
def test_lets_in(operation, authorization, identity, enforce):
    """Who fulfils the rule is let in, and one event says so."""
    knock = Knock(enforce=enforce)

    assert identity is knock(operation, *authorization)
    assert [
        AccessDecided(
            at=5.0,
            operation=operation,
            transport="http",
            allowed=True,
            reason=None,
            client_id=identity and "orders",
            subject=identity and "svc-orders",
            issuer=identity and "https://issuer.example",
            scopes=frozenset({"read"}) if identity else frozenset(),
            token_id=identity and "t-1",
        )
    ] == knock.events


@pytest.mark.parametrize(("operation", "authorization", "kind", "reason"), REFUSED)
def test_refuses(operation, authorization, kind, reason):
    """Everyone else is refused with the exact reason, and one event says so."""
    knock = Knock()

    assert (kind, reason) == knock.refusal(operation, *authorization)
    [event] = knock.events
    assert AccessDecided is type(event)
    assert (operation, False, reason) == (event.operation, event.allowed, event.reason)


@pytest.mark.parametrize(("operation", "authorization", "kind", "reason"), REFUSED)
def test_report_only_refuses_nothing(operation, authorization, kind, reason):
    """Without enforcing, the same is judged and told, and everyone is let in."""
    knock = Knock(enforce=False)

    identity = knock(operation, *authorization)

    [event] = knock.events
    assert WouldDeny is type(event)
    assert (operation, True, reason) == (event.operation, event.allowed, event.reason)
    # A good token speaks for its caller, also where the rule would have refused it.
    good = kind is PermissionDenied or reason is Reason.AUDIENCE
    assert (ORDERS if good else None) is identity
    assert ("orders" if good else None) == event.client_id


def test_the_client_is_named_where_it_is_known():
    """A denial by the rule says who was denied."""
    knock = Knock()
    knock.refusal("GET /write", "Bearer good")
    knock.refusal("GET /write", "Bearer expired")

    assert ["orders", None] == [event.client_id for event in knock.events]
    assert ["t-1", None] == [event.token_id for event in knock.events]


def test_denied_clients_come_first():
    """A client that's shut out is so whatever the rule says, or whether there's one."""
    knock = Knock(Policy(POLICY.rules, denied_clients="orders"))
    denied = (PermissionDenied, Reason.DENIED)

    assert denied == knock.refusal("GET /any", "Bearer good")
    assert denied == knock.refusal("GET /write", "Bearer good")
    assert denied == knock.refusal("GET /unknown", "Bearer good")
    assert None is knock("GET /open", "Bearer good")


def test_missing_scopes_are_said():
    """The error has the scopes that the rule asks for, and those that are missing."""
    policy = Policy({"GET /both": Rule(all_scopes={"read", "write"})})

    with pytest.raises(PermissionDenied) as caught:
        Knock(policy)("GET /both", "Bearer good")

    assert (("read", "write"), ("write",)) == (
        caught.value.required,
        caught.value.missing,
    )


@pytest.mark.parametrize(
    ("operation", "also", "expected"),
    [
        ("GET /read", (Rule(all_scopes="write"),), Reason.INSUFFICIENT_SCOPE),
        ("GET /write", (Rule(all_scopes="read"),), Reason.INSUFFICIENT_SCOPE),
        ("GET /open", (Rule(all_scopes="write"),), Reason.INSUFFICIENT_SCOPE),
        ("GET /write", (Rule(public=True),), Reason.INSUFFICIENT_SCOPE),
        ("GET /closed", (Rule(),), Reason.DENIED),
        ("GET /unknown", (Rule(all_scopes="write"),), Reason.INSUFFICIENT_SCOPE),
        ("GET /read", (Rule(clients="orders"),), None),
        ("GET /open", (Rule(all_scopes="read"),), None),
        ("GET /unknown", (Rule(all_scopes="read"),), None),
    ],
)
def test_several_rules_all_hold(operation, also, expected):
    """A decorator's rule and the policy's hold both, and the stricter one wins."""
    knock = Knock()
    if expected is None:
        assert ORDERS is knock(operation, "Bearer good", also=also)
    else:
        assert expected == knock.refusal(operation, "Bearer good", also=also)[1]
    assert 1 == len(knock.events)


def test_public_by_all_rules_needs_no_token():
    """What every rule calls public is public."""
    assert None is Knock()("GET /open", also=(Rule(public=True),))
    assert None is Knock()("GET /unknown", also=(Rule(public=True),))


def test_a_request_that_is_malformed_already():
    """What an adapter found wrong is refused, unless nothing is looked at anyway."""
    knock = Knock()
    malformed = (Unauthenticated, Reason.REQUEST_MALFORMED)

    assert malformed == knock.refusal(
        "GET /read", "Bearer good", malformed="two tokens"
    )
    assert None is knock("GET /open", malformed="two tokens")


class BrokenVerifier:
    """A verifier with a bug."""

    def verify(self, token, *, presentation=None):
        raise KeyError("bug")


class ForgetfulVerifier:
    """A verifier that returns nothing."""

    def verify(self, token, *, presentation=None):
        return None


@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize(
    ("verifier", "error"),
    [(BrokenVerifier(), KeyError), (ForgetfulVerifier(), AttributeError)],
)
def test_a_bug_of_the_verifier_lets_nobody_in(verifier, error, enforce):
    """What's no AccessError comes through as it is."""
    with pytest.raises(error):
        Knock(verifier=verifier, enforce=enforce)("GET /any", "Bearer good")


class LeakyVerifier:
    """A verifier whose errors hold the token in their frames and contexts."""

    def verify(self, token, *, presentation=None):
        try:
            raise ValueError(token)
        except ValueError as error:
            raise Unauthenticated("bad") from error


@pytest.mark.parametrize(
    "authorization",
    [["Bearer s3cret"], ["Bearer s3cret", "Bearer s3cret"], ["Bearer s3cret,"]],
)
def test_no_error_holds_the_token(authorization):
    """Neither the locals of our frames nor the error's contexts hold the token."""
    door = Knock(verifier=LeakyVerifier()).door
    refused: AccessError | None = None
    try:
        door.admit("GET /any", Rule(), authorization)
    except AccessError as error:
        refused = error

    assert refused is not None
    shown = traceback.TracebackException.from_exception(refused, capture_locals=True)
    # The frames that are left: this test's, which has its own argument, and the door's.
    assert ["test_no_error_holds_the_token", "admit"] == [
        one.name for one in shown.stack
    ]
    assert "s3cret" not in str(shown.stack[1].locals)
    assert (None, None) == (refused.__context__, refused.__cause__)
    assert "s3cret" not in f"{refused!r} {vars(refused)}"


def test_everyone_gets_an_error_of_their_own():
    """A verifier that raises one object again and again is no trouble."""
    door = Knock().door
    errors = []
    for _ in range(2):
        with pytest.raises(Unauthenticated) as caught:
            door.admit("GET /any", Rule(), ["Bearer expired"])
        errors.append(caught.value)

    assert errors[0] is not errors[1]


def test_a_broken_observer_harms_no_call():
    """An observer that raises changes no decision."""

    def broken(event):
        raise RuntimeError("broken observer")

    door = Door(VERIFIER, POLICY, transport="http", observers=[broken])

    assert ORDERS is door.admit("GET /any", Rule(), ["Bearer good"])
    with pytest.raises(Unauthenticated):
        door.admit("GET /any", Rule(), [])


@pytest.mark.parametrize(
    ("verifier", "policy", "words"),
    [
        (None, POLICY, "verifier"),
        (POLICY, POLICY, "verifier"),
        (VERIFIER, None, "policy"),
        (VERIFIER, {"GET /": Rule()}, "policy"),
        (VERIFIER, VERIFIER, "policy"),
    ],
)
def test_arguments_of_the_wrong_kind(verifier, policy, words):
    """Something else than a verifier and a policy is an error at construction."""
    with pytest.raises(ConfigurationError, match=words):
        Door(verifier, policy, transport="http")


def test_works_without_observers():
    """Nobody need be told."""
    door = Door(VERIFIER, POLICY, transport="grpc")

    assert ORDERS is door.admit("GET /any", Rule(), ["Bearer good"])
