"""A policy is data: made in code, joined, compared, printed, asked."""

import copy
import pickle
from typing import Any

import pytest

from s2sauth.errors import ConfigurationError, PermissionDenied, Reason, Unauthenticated
from s2sauth.policy import Policy, PolicyRow, Rule
from s2sauth.testing.static import make_identity

WRITE = Rule(all_scopes="payments:write")
READ = Rule(all_scopes="payments:read")


@pytest.mark.parametrize("rules", [[("GET /", WRITE)], "GET /", None, 3])
def test_rules_are_a_mapping(rules):
    """Anything but a mapping is an error."""
    with pytest.raises(ConfigurationError, match="mapping"):
        Policy(rules)


@pytest.mark.parametrize("rule", [None, {"all_scopes": "a"}, "a", Rule])
def test_values_are_rules(rule):
    """Anything but a rule is an error that shows the key."""
    with pytest.raises(ConfigurationError, match="GET /a"):
        Policy({"GET /a": rule})


@pytest.mark.parametrize("denied", [[""], None, 3])
def test_denied_clients_are_strings(denied):
    """Anything but client ids is an error that says the argument."""
    with pytest.raises(ConfigurationError, match="denied_clients"):
        Policy({}, denied_clients=denied)


def test_later_changes_of_the_mapping_change_nothing():
    """A policy keeps the rules as they were given."""
    rules = {"GET /a": READ}
    policy = Policy(rules)
    rules["GET /b"] = READ

    assert {"GET /a": READ} == dict(policy.rules)
    kept: Any = policy.rules
    with pytest.raises(TypeError):
        kept["GET /b"] = READ


@pytest.mark.parametrize("name", ["rules", "denied_clients", "anything"])
def test_is_immutable(name):
    """A policy can't be changed once made."""
    with pytest.raises(AttributeError):
        setattr(Policy(), name, {})


def test_compares_by_what_it_says():
    """Equal policies are equal, however they came to be."""
    one = Policy({"GET /a": READ, "GET /b": WRITE}, denied_clients="x")
    other = Policy({"GET /b": WRITE, "GET /a": READ}, denied_clients={"x"})

    assert one == other
    assert hash(one) == hash(other)
    assert one != Policy({"GET /a": READ, "GET /b": WRITE})
    assert one != Policy({"GET /a": READ}, denied_clients="x")
    assert one != "policy"


@pytest.mark.parametrize(
    "remake", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_can_be_copied_and_pickled(remake):
    """It goes to another process as it is."""
    policy = Policy({"GET /a/*": READ, "/s.S/*": WRITE}, denied_clients="x")

    again = remake(policy)

    assert policy == again
    assert READ == again.rule_for("GET /a/b")


def test_prints_the_same_each_time():
    """Its repr is sorted code."""
    policy = Policy({"GET /b": Rule(), "GET /a": READ}, denied_clients={"y", "x"})

    assert (
        "Policy({'GET /a': Rule(all_scopes={'payments:read'}), 'GET /b': Rule()}, "
        "denied_clients={'x', 'y'})"
    ) == repr(policy)
    assert "Policy({})" == repr(Policy())


def test_describes_itself_in_rows():
    """A table of it has a row for each key, in words."""
    policy = Policy(
        {
            "GET /b": Rule(public=True),
            "GET /a": Rule(any_scopes={"y", "x"}, clients={"d", "c"}, audiences="u"),
        }
    )

    assert (
        PolicyRow("GET /a", "x or y", "c d", "u"),
        PolicyRow("GET /b", "public", "", ""),
    ) == policy.describe()


def test_joins():
    """Joined policies have the rules and the denied clients of both."""
    joined = Policy({"GET /a": READ}, denied_clients="x") | Policy(
        {"GET /b": WRITE}, denied_clients="y"
    )

    assert (
        Policy({"GET /a": READ, "GET /b": WRITE}, denied_clients={"x", "y"}) == joined
    )


def test_joins_where_both_say_the_same():
    """The same rule in both is no disagreement."""
    policy = Policy({"GET /a": READ})

    assert policy == policy | Policy({"GET /a": Rule(all_scopes=["payments:read"])})


def test_a_disagreement_is_an_error():
    """Two rules for one key are an error that names the key and both rules."""
    one = Policy({"GET /a": READ})
    other = Policy({"GET /a": Rule(all_scopes="payments:read", clients="c")})

    with pytest.raises(ConfigurationError) as caught:
        one | other

    assert (
        "two policies disagree about 'GET /a': Rule(all_scopes={'payments:read'}) and "
        "Rule(all_scopes={'payments:read'}, clients={'c'})"
    ) == str(caught.value)


def test_joins_only_policies():
    """Joining with anything else is a TypeError, as for any operator."""
    with pytest.raises(TypeError):
        Policy() | {"GET /a": READ}


IDENTITY = make_identity(
    client_id="orders", scopes="payments:read x", audience=["https://pay", "https://b"]
)


def _reason(policy, operation, identity=IDENTITY):
    """Return why a call is refused, None if it isn't."""
    return getattr(policy.refusal(operation, identity), "reason", None)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(),
        Rule(public=True),
        Rule(all_scopes="payments:read"),
        Rule(all_scopes={"payments:read", "x"}),
        Rule(any_scopes={"payments:read", "payments:write"}),
        Rule(all_scopes="x", any_scopes={"payments:read", "y"}),
        Rule(clients={"orders", "billing"}),
        Rule(audiences={"https://pay", "https://c"}),
        Rule(all_scopes="x", clients="orders", audiences="https://b"),
    ],
)
def test_allows(rule):
    """Who fulfils every condition may call."""
    assert None is Policy({"GET /a": rule}).refusal("GET /a", IDENTITY)


@pytest.mark.parametrize(
    ("rule", "kind", "reason", "required", "missing"),
    [
        (Rule(deny=True), PermissionDenied, Reason.DENIED, (), ()),
        (Rule(clients="billing"), PermissionDenied, Reason.CLIENT_NOT_ALLOWED, (), ()),
        (Rule(audiences="https://c"), Unauthenticated, Reason.AUDIENCE, None, None),
        (
            Rule(all_scopes={"x", "payments:write"}),
            PermissionDenied,
            Reason.INSUFFICIENT_SCOPE,
            ("payments:write", "x"),
            ("payments:write",),
        ),
        (
            Rule(any_scopes={"b", "a"}),
            PermissionDenied,
            Reason.INSUFFICIENT_SCOPE,
            ("a", "b"),
            ("a", "b"),
        ),
        (
            Rule(all_scopes="x", any_scopes={"b", "a"}),
            PermissionDenied,
            Reason.INSUFFICIENT_SCOPE,
            ("a", "b", "x"),
            ("a", "b"),
        ),
        (
            Rule(all_scopes="y", any_scopes={"x", "a"}),
            PermissionDenied,
            Reason.INSUFFICIENT_SCOPE,
            ("a", "x", "y"),
            ("y",),
        ),
        # Every condition must hold, each alone is enough to refuse.
        (
            Rule(all_scopes="x", clients="billing"),
            PermissionDenied,
            Reason.CLIENT_NOT_ALLOWED,
            (),
            (),
        ),
        (
            Rule(all_scopes="x", audiences="https://c"),
            Unauthenticated,
            Reason.AUDIENCE,
            None,
            None,
        ),
    ],
)
def test_refuses(rule, kind, reason, required, missing):
    """Who fails one condition is refused, and the error says which and what's lacking."""
    refused = Policy({"GET /a": rule}).refusal("GET /a", IDENTITY)

    assert kind is type(refused)
    assert reason == getattr(refused, "reason", None)
    assert required == getattr(refused, "required", None)
    assert missing == getattr(refused, "missing", None)


def test_what_has_no_rule_is_denied():
    """Without a rule nobody may call."""
    assert Reason.NO_RULE == _reason(Policy({"GET /a": Rule()}), "GET /b")


def test_denied_clients_are_shut_out_of_everything_but_public():
    """A denied client may call what's public and nothing else."""
    rules = {"GET /a": Rule(clients="orders"), "GET /p": Rule(public=True)}
    policy = Policy(rules, denied_clients="orders")

    assert Reason.DENIED == _reason(policy, "GET /a")
    assert Reason.DENIED == _reason(policy, "GET /unknown")
    assert None is _reason(policy, "GET /p")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [(Rule(clients="orders"), Reason.CLIENT_NOT_ALLOWED), (Rule(), None)],
)
def test_a_token_that_names_no_client(rule, reason):
    """Without a client id nobody is on a list of clients."""
    nameless = make_identity(client_id=None)
    policy = Policy({"GET /a": rule}, denied_clients="x")

    assert reason == _reason(policy, "GET /a", nameless)
