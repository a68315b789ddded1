"""What `policy.check` finds."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Policy, Rule
from shop.v1 import payments_pb2

pytestmark = pytest.mark.grpc


def _health():
    """Make the descriptor of gRPC's own health checking."""
    file = descriptor_pb2.FileDescriptorProto(name="h.proto", package="grpc.health.v1")
    file.message_type.add(name="M")
    types = {"input_type": ".grpc.health.v1.M", "output_type": ".grpc.health.v1.M"}
    service = file.service.add(name="Health")
    service.method.add(name="Check", **types)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName("grpc.health.v1.Health")


DECLARED = Policy.from_protos(payments_pb2)
COVERED = DECLARED | Policy({"/shop.v1.Payments/Forgotten": Rule(deny=True)})


def _found(policy, services=payments_pb2, **more):
    return [(one.kind, one.key) for one in policy.check(services, **more)]


def test_nothing_to_find():
    """A policy that fits its services has no findings."""
    assert [] == _found(COVERED)


@pytest.mark.parametrize(
    "services",
    [
        payments_pb2,
        [payments_pb2],
        payments_pb2.DESCRIPTOR,
        ["shop.v1.Payments", "shop.v1.Reports"],
    ],
)
def test_an_uncovered_method(services):
    """A method without a rule is found, however its service is named."""
    [finding] = DECLARED.check(services)

    assert "UNCOVERED" == finding.kind
    assert "/shop.v1.Payments/Forgotten" == finding.key
    assert ("/shop.v1.Payments/Forgotten has no rule, so nobody may call it") == str(
        finding
    )


def test_a_service_wide_rule_covers():
    """A rule for the whole service covers all of its methods."""
    policy = Policy({"/shop.v1.Reports/*": Rule(all_scopes="reports:read")})

    assert [] == _found(policy, "shop.v1.Reports")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("/shop.v1.Payments/Chrage", "; did you mean /shop.v1.Payments/Charge?"),
        ("/shop.v1.Payment/*", "; did you mean /shop.v1.Payments/*?"),
        ("/other.Service/Do", ""),
        ("/other.Service/*", ""),
    ],
)
def test_a_rule_without_a_method(key, hint):
    """A rule for what isn't there is found, with what was probably meant."""
    [finding] = (COVERED | Policy({key: Rule(deny=True)})).check(payments_pb2)

    assert ("UNKNOWN_METHOD", key) == (finding.kind, finding.key)
    assert f"there's a rule for {key}, which no service has{hint}" == finding.message


def test_a_scope_that_nobody_declared():
    """A scope in a rule for a declared method must be declared as well."""
    wrong = {
        "/shop.v1.Reports/Monthly": Rule(any_scopes=["reports:reed", "reports:read"])
    }
    [finding] = Policy(wrong).check("shop.v1.Reports")

    assert ("UNKNOWN_SCOPE", "/shop.v1.Reports/Monthly") == (finding.kind, finding.key)
    assert (
        "the rule for /shop.v1.Reports/Monthly names the scope reports:reed, which "
        "nobody declared; did you mean reports:read?"
    ) == finding.message


def test_a_rule_for_an_undeclared_method_declares_its_scopes():
    """Where the .proto says nothing of a method, its rule is the declaration."""
    policy = DECLARED | Policy({"/shop.v1.Payments/Forgotten": Rule(all_scopes="new")})

    assert [] == _found(policy)


def test_with_a_vocabulary_every_scope_must_be_known():
    """With the scopes that there are, every rule is held to them."""
    policy = DECLARED | Policy({"/shop.v1.Payments/Forgotten": Rule(all_scopes="new")})

    assert [("UNKNOWN_SCOPE", "/shop.v1.Payments/Forgotten")] == _found(
        policy, scopes=[]
    )
    assert [] == _found(policy, scopes=["new"])


def test_http_rules_are_left_alone():
    """Rules for HTTP are none of a gRPC server's business."""
    assert [] == _found(COVERED | Policy({"GET /a": Rule(all_scopes="http:read")}))


def test_health_checking_needs_no_rule():
    """Health checking is exempt, with a rule or without."""
    ruled = COVERED | Policy({"/grpc.health.v1.Health/Check": Rule(public=True)})

    assert [] == _found(ruled)
    assert [] == _found(COVERED, [payments_pb2, _health()])


@pytest.mark.parametrize("services", [[], None, "no.such.Service", [3]])
def test_no_services(services):
    """Nothing to check against is an error, never an all-clear."""
    with pytest.raises(ConfigurationError):
        COVERED.check(services)
