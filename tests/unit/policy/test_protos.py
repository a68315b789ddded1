"""What .proto options say, for the callee and for its callers."""

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Policy, Requirement, Rule, requirements
from s2sauth.v1 import auth_pb2
from shop.v1 import payments_pb2, payments_pb2_grpc

pytestmark = pytest.mark.grpc

auth: Any = auth_pb2  # its stubs type an extension as something narrower
PAY = "https://payment-service.internal"

EXPECTED = {
    "/shop.v1.Payments/Charge": Rule(all_scopes="payments:write", audiences=PAY),
    "/shop.v1.Payments/List": Rule(all_scopes="payments:read", audiences=PAY),
    "/shop.v1.Payments/Import": Rule(all_scopes="payments:write", audiences=PAY),
    "/shop.v1.Payments/Converse": Rule(
        all_scopes={"payments:read", "payments:write"}, audiences=PAY
    ),
    "/shop.v1.Payments/Refund": Rule(
        any_scopes={"payments:refund", "payments:admin"}, audiences=PAY
    ),
    "/shop.v1.Payments/Audit": Rule(
        all_scopes="audit:read", audiences="https://audit.internal"
    ),
    "/shop.v1.Payments/Close": Rule(
        all_scopes="payments:write", clients="back-office", audiences=PAY
    ),
    "/shop.v1.Payments/Rates": Rule(public=True),
    "/shop.v1.Reports/Monthly": Rule(all_scopes="reports:read", audiences=PAY),
}


def test_reads_the_options_of_a_module():
    """Each declared method gets its rule; what's declared nowhere gets none."""
    assert Policy(EXPECTED) == Policy.from_protos(payments_pb2)


@pytest.mark.parametrize(
    "given",
    [
        [payments_pb2.DESCRIPTOR],
        list(payments_pb2.DESCRIPTOR.services_by_name.values()),
        ["shop.v1.Payments", "shop.v1.Reports"],
        [payments_pb2, "shop.v1.Payments"],
    ],
)
def test_takes_modules_descriptors_and_names(given):
    """However a service is named, the same is read."""
    assert Policy(EXPECTED) == Policy.from_protos(*given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no service"),
        ([auth_pb2], "no service"),
        ([payments_pb2_grpc], "not _pb2_grpc"),
        ([None], "NoneType"),
        (["shop.v1.Paiments"], "import its _pb2 module first"),
    ],
)
def test_what_describes_no_service(given, words):
    """What describes no service is an error that says what to pass."""
    with pytest.raises(ConfigurationError, match=words):
        Policy.from_protos(*given)


def _service(service_option=None, **method_options):
    """Make the descriptor of a service `t.S` with these options, in its own pool."""
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t")
    file.message_type.add(name="M")
    service = file.service.add(name="S")
    if service_option is not None:
        option = service.options.Extensions[auth.service_auth]
        option.SetInParent()
        option.MergeFrom(auth_pb2.AuthRule(**service_option))
    for name, given in method_options.items():
        method = service.method.add(name=name, input_type=".t.M", output_type=".t.M")
        if given is not None:
            option = method.options.Extensions[auth.method_auth]
            option.SetInParent()
            option.MergeFrom(auth_pb2.AuthRule(**given))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName("t.S")


@pytest.mark.parametrize(
    ("service", "method", "expected"),
    [
        (None, None, None),
        (None, {}, Rule()),
        ({}, None, None),
        ({"audiences": ["u"]}, None, None),
        ({"audiences": ["u"]}, {}, Rule(audiences="u")),
        ({"audiences": ["u"]}, {"audiences": ["v"]}, Rule(audiences="v")),
        ({"audiences": ["u"]}, {"public": True}, Rule(public=True)),
        ({"public": True}, None, Rule(public=True)),
        ({"public": True}, {"all_scopes": ["a"]}, Rule(all_scopes="a")),
        ({"public": True, "audiences": ["u"]}, None, Rule(public=True)),
        (
            {"public": True, "audiences": ["u"]},
            {"all_scopes": ["a"]},
            Rule(all_scopes="a", audiences="u"),
        ),
        ({"clients": ["c"]}, None, Rule(clients="c")),
        ({"any_scopes": ["a"]}, None, Rule(any_scopes="a")),
        # Replaced whole, not merged.
        (
            {"all_scopes": ["a"], "clients": ["c"]},
            {"any_scopes": ["b"]},
            Rule(any_scopes="b"),
        ),
    ],
)
def test_a_method_and_its_service(service, method, expected):
    """A method's option replaces its service's, audiences excepted."""
    policy = Policy.from_protos(_service(service, Do=method))

    assert expected == policy.rule_for("/t.S/Do")


@pytest.mark.parametrize(
    "option",
    [
        {"public": True, "all_scopes": ["a"]},
        {"public": True, "audiences": ["u"]},
        {"all_scopes": ["a b"]},
        {"clients": [""]},
    ],
)
@pytest.mark.parametrize("read", [Policy.from_protos, requirements])
def test_options_that_contradict_each_other(option, read):
    """Options that make no rule are an error that names the method."""
    with pytest.raises(ConfigurationError, match=r"/t\.S/Do"):
        read(_service(None, Do=option))


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"all_scopes": ["b", "a"]}, Requirement(scopes=frozenset("ab"), audience="u")),
        ({"any_scopes": ["z", "a"]}, Requirement(scopes=frozenset("z"), audience="u")),
        (
            {"all_scopes": ["b"], "any_scopes": ["z", "a"]},
            Requirement(scopes=frozenset("bz"), audience="u"),
        ),
        (
            {"all_scopes": ["b"], "any_scopes": ["z", "b"]},
            Requirement(scopes=frozenset("b"), audience="u"),
        ),
        (
            {"audiences": ["w", "v"], "clients": ["c"]},
            Requirement(scopes=frozenset(), audience="w"),
        ),
        ({"public": True}, None),
    ],
)
def test_a_caller_needs_the_least(option, expected):
    """A caller requests the least that the rule is content with, in declared order."""
    assert {"/t.S/Do": expected} == requirements(
        _service({"audiences": ["u", "x"]}, Do=option)
    )


def test_an_undeclared_method_has_no_requirement():
    """Nothing is guessed for a method that declares nothing."""
    assert {} == requirements(_service({"audiences": ["u"]}, Do=None))


def test_every_requirement_satisfies_its_rule():
    """Who requests what is derived is let in by what is enforced."""
    policy = Policy.from_protos(payments_pb2)
    found = requirements(payments_pb2)

    assert policy.rules.keys() == found.keys()
    for operation, needed in found.items():
        rule = policy.rules[operation]
        assert rule.public == (needed is None)
        if needed is not None:
            assert rule.all_scopes <= needed.scopes
            assert not rule.any_scopes or needed.scopes & rule.any_scopes
            assert needed.audience in rule.audiences


def test_no_audience_anywhere():
    """Where no audience is declared, none is requested."""
    found = requirements(_service(None, Do={"all_scopes": ["a"]}))

    assert {"/t.S/Do": Requirement(scopes=frozenset("a"), audience=None)} == found
