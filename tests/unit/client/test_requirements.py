"""A token source for each method, as the .proto options ask for it."""

import pytest

from s2sauth.client.requirements import sources_for
from s2sauth.errors import ConfigurationError, Reason
from s2sauth.providers import cognito, entra
from s2sauth.testing import StaticTokenSource
from s2sauth.values import MethodTokenSources, TokenSource
from shop.v1 import payments_pb2

pytestmark = pytest.mark.grpc

HOME = "https://payment-service.internal"


class Factory:
    """Notes what sources were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def source(
        self, *, scope: frozenset[str], audience: str | None = None
    ) -> TokenSource:
        """Make a source that gives its own scope as its token."""
        self.asked.append((" ".join(sorted(scope)), audience))
        return StaticTokenSource("+".join(sorted(scope)))


@pytest.fixture
def factory():
    """A factory of sources."""
    return Factory()


def test_one_source_per_distinct_requirement(factory):
    """Methods that need the same share one token; nothing more is asked for."""
    sources_for(factory, payments_pb2)
    expected = [
        ("audit:read", "https://audit.internal"),
        ("payments:read", HOME),
        ("payments:read payments:write", HOME),
        ("payments:refund", HOME),
        ("payments:write", HOME),
        ("reports:read", HOME),
    ]
    assert expected == sorted(factory.asked)


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        (
            entra("72f988bf-86f1-41af-91ab-2d7cd011db47").asking,
            {("", HOME), ("", "https://audit.internal")},
        ),
        (
            cognito(region="eu-west-1", user_pool_id="eu-west-1_x").asking,
            {
                ("https://audit.internal/audit:read", None),
                (f"{HOME}/payments:read", None),
                (f"{HOME}/payments:read {HOME}/payments:write", None),
                (f"{HOME}/payments:refund", None),
                (f"{HOME}/payments:write", None),
                (f"{HOME}/reports:read", None),
            },
        ),
    ],
)
def test_requirements_are_asked_for_as_the_provider_wants(factory, asking, expected):
    """Entra's are the audience alone, Cognito's are prefixed scopes."""
    sources_for(factory, payments_pb2, asking=asking)
    assert expected == set(factory.asked)


@pytest.mark.parametrize(
    ("method", "token"),
    [
        ("Payments/Charge", "payments:write"),
        ("Payments/Converse", "payments:read+payments:write"),
        ("Payments/Refund", "payments:refund"),
        ("Reports/Monthly", "reports:read"),
    ],
)
def test_each_method_gets_the_least_it_needs(factory, method, token):
    """All of all_scopes, the first of any_scopes, or its service's."""
    source = sources_for(factory, payments_pb2).source_for(f"/shop.v1.{method}")
    assert source is not None
    assert token == source.get().value


def test_methods_with_the_same_needs_share_a_source(factory):
    """Charge and Import both write."""
    sources = sources_for(factory, payments_pb2)
    charge = sources.source_for("/shop.v1.Payments/Charge")
    assert charge is sources.source_for("/shop.v1.Payments/Import")
    assert charge is not sources.source_for("/shop.v1.Payments/List")


@pytest.mark.parametrize(
    "method", ["/shop.v1.Payments/Rates", "/grpc.health.v1.Health/Check"]
)
def test_public_methods_and_health_checks_need_none(factory, method):
    """They're called without a token."""
    assert sources_for(factory, payments_pb2).source_for(method) is None


@pytest.mark.parametrize(
    "method", ["/shop.v1.Payments/Forgotten", "/shop.v1.Other/Call"]
)
def test_a_method_without_options_is_an_error_not_a_guess(factory, method):
    """The error names the method and says what to do."""
    sources = sources_for(factory, payments_pb2)
    with pytest.raises(ConfigurationError, match=method) as caught:
        sources.source_for(method)
    assert Reason.METHOD_NOT_DECLARED is caught.value.reason


def test_a_module_without_services_is_an_error(factory):
    """A wrong module is found when the client is set up."""
    with pytest.raises(ConfigurationError):
        sources_for(factory, pytest)


def test_it_is_the_port_that_channels_take(factory):
    """The adapter knows the port only."""
    assert isinstance(sources_for(factory, payments_pb2), MethodTokenSources)
