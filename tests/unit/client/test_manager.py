"""The token manager's own promises: construction, sharing, closing."""

import pickle
from typing import Any

import pytest

from s2sauth import (
    ClientSecret,
    ConfigurationError,
    Provider,
    TokenError,
    TokenManager,
    keycloak,
)
from s2sauth.client import manager as manager_module
from s2sauth.testing import FakeClock

PROVIDER = keycloak("https://sso.example.com", realm="mycompany")


def make(**changed: Any) -> TokenManager:
    """Make a manager that would work, but for what's changed."""
    arguments: dict[str, Any] = {
        "provider": PROVIDER,
        "client_id": "order-service",
        "credential": ClientSecret("s3cr3t"),
        "clock": FakeClock(),
        **changed,
    }
    return TokenManager(arguments.pop("provider"), **arguments)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"credential": "s3cr3t"}, "credential"),
        ({"provider": "https://sso.example.com"}, "provider"),
        ({"provider": Provider(issuer="x")}, "token_url"),
        ({"provider": keycloak("http://sso.example.com", realm="r")}, "plain http"),
        ({"refresh_margin": 0}, "refresh_margin"),
        ({"refresh_margin": True}, "refresh_margin"),
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"flight_timeout": "20"}, "flight_timeout"),
        ({"default_lifetime": float("nan")}, "default_lifetime"),
        ({"ca": "/does/not/exist.pem"}, "ca"),
    ],
)
def test_a_wrong_argument_is_named_at_construction(
    changed: dict[str, Any], named: str
) -> None:
    """What can't be right is refused at once, by its name, without the secret."""
    with pytest.raises(ConfigurationError, match=named) as caught:
        make(**changed)
    assert isinstance(caught.value, ValueError)
    assert caught.value.reason == "CONFIGURATION"
    assert "s3cr3t" not in str(caught.value)
    make()


def test_plain_http_needs_leave() -> None:
    """Plain http is for loopback, or for who says so."""
    far = keycloak("http://sso.example.com", realm="r")
    make(provider=far, allow_insecure=True)
    make(provider=keycloak("http://127.0.0.1:8080", realm="r"))
    make(provider=keycloak("http://localhost:8080", realm="r"))
    make(provider=keycloak("http://[::1]:8080", realm="r"))
    with pytest.raises(ConfigurationError):
        make(provider=keycloak("http://localhost.evil.example", realm="r"))


def test_equal_parameters_share_one_source() -> None:
    """However the scopes are written, one set of parameters is one source."""
    manager = make()
    assert manager.source(scope="a b") is manager.source(scope=["b", "a"])
    assert manager.source(scope="a") is not manager.source(scope="a b")


def test_the_number_of_sources_is_bounded() -> None:
    """The source asked for longest ago goes first; whoever holds it goes on."""
    manager = make()
    first = manager.source(scope="scope:0")
    second = manager.source(scope="scope:1")
    for number in range(2, manager_module.MAX_SOURCES):
        manager.source(scope=f"scope:{number}")
    assert manager.source(scope="scope:0") is first
    manager.source(scope="one-more")
    assert manager.source(scope="scope:0") is first
    assert manager.source(scope="scope:1") is not second
    assert len(manager.status()) == manager_module.MAX_SOURCES


def test_a_closed_manager_refuses() -> None:
    """After close() there are neither sources nor tokens; closing twice is harmless."""
    with make() as manager:
        source = manager.source(scope="a")
    manager.close()
    with pytest.raises(TokenError, match="closed"):
        source.get()
    with pytest.raises(ConfigurationError, match="closed"):
        manager.source(scope="a")


def test_nothing_secret_shows() -> None:
    """Neither repr nor vars of a manager or credential show the secret."""
    manager = make()
    shown = repr(manager) + repr(vars(manager)) + repr(ClientSecret("s3cr3t"))
    assert "s3cr3t" not in shown


@pytest.mark.parametrize("thing", [make(), ClientSecret("s3cr3t")])
def test_pickling_is_a_clear_error(thing: object) -> None:
    """A manager or credential says why it can't be pickled."""
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(thing)
