"""Providers: where their endpoints are, how they word their claims."""

from typing import Any

import pytest

from s2sauth import ConfigurationError, Provider, discover, keycloak
from s2sauth.providers import GENERIC, KEYCLOAK, ClaimProblem, Dialect


def test_keycloak_endpoints() -> None:
    """A realm's endpoints stand where Keycloak's documentation says."""
    provider = keycloak("https://sso.example.com/auth/", realm="my company")
    issuer = "https://sso.example.com/auth/realms/my%20company"
    assert provider.issuer == issuer
    assert provider.token_url == f"{issuer}/protocol/openid-connect/token"
    assert provider.jwks_url == f"{issuer}/protocol/openid-connect/certs"
    assert provider.introspection_url == f"{provider.token_url}/introspect"
    assert provider.revocation_url == f"{issuer}/protocol/openid-connect/revoke"


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: keycloak("sso.example.com", realm="r"), "url"),
        (lambda: keycloak("https://sso.example.com", realm=""), "realm"),
        (lambda: keycloak("https://sso.example.com", realm="a/b"), "realm"),
        (lambda: keycloak("https://user:pw@sso.example.com", realm="r"), "url"),
        (lambda: keycloak("https://sso.example.com#x", realm="r"), "url"),
        (lambda: keycloak("https://sso example.com", realm="r"), "url"),
        (lambda: keycloak("https://sso.example.com:port", realm="r"), "url"),
        (lambda: Provider(issuer=""), "issuer"),
        (lambda: Provider(issuer="x", jwks_url="ftp://x"), "jwks_url"),
        (lambda: Provider(issuer="x", token_url="/token"), "token_url"),
        (lambda: discover("http://sso.example.com"), "issuer_url"),
        (lambda: discover(""), "issuer_url"),
    ],
)
def test_a_bad_address_is_refused_at_once(make: Any, named: str) -> None:
    """An address that can't be one is refused by its argument's name."""
    with pytest.raises(ConfigurationError, match=named) as caught:
        make()
    assert "pw" not in str(caught.value)


def test_a_missing_endpoint_is_named() -> None:
    """Asking for an endpoint that a provider hasn't says how to give it."""
    provider = Provider(issuer="https://x", token_url="https://x/t")
    assert provider.endpoint("token_url") == "https://x/t"
    with pytest.raises(ConfigurationError, match="Provider\\(jwks_url=\\)"):
        provider.check("jwks_url")


def test_discovered_providers_compare_without_looking() -> None:
    """Neither repr nor comparison nor hash of a discovered provider does I/O."""
    one, same, other = (
        discover("https://a.invalid"),
        discover("https://a.invalid"),
        discover("https://b.invalid"),
    )
    assert (one == same, one == other, len({one, same, other})) == (True, False, 2)
    assert repr(one) == "discover('https://a.invalid')"


@pytest.mark.parametrize(
    ("dialect", "claims", "client_id", "scopes", "is_service", "refused"),
    [
        (GENERIC, {}, None, set(), None, False),
        (GENERIC, {"client_id": "c", "azp": "z"}, "c", set(), None, False),
        (GENERIC, {"azp": "z", "scope": "a  b"}, "z", {"a", "b"}, None, False),
        (GENERIC, {"sub": "s", "scope": ["a", "b"]}, None, {"a", "b"}, None, False),
        (KEYCLOAK, {"azp": "z", "client_id": "c"}, "z", set(), True, False),
        (KEYCLOAK, {"client_id": "c"}, None, set(), True, False),
        (KEYCLOAK, {"azp": "z", "sid": "s"}, "z", set(), False, False),
        (
            KEYCLOAK,
            {"azp": "z", "sid": "s", "client_id": "z"},
            "z",
            set(),
            False,
            False,
        ),
        (KEYCLOAK, {"azp": "z", "typ": "Bearer"}, "z", set(), None, False),
        (KEYCLOAK, {"azp": "z", "typ": "ID"}, "z", set(), None, True),
        (KEYCLOAK, {"azp": "z", "typ": "Refresh"}, "z", set(), None, True),
        (KEYCLOAK, {"azp": "z", "typ": 7}, "z", set(), None, True),
    ],
)
def test_dialects_read_claims(
    dialect: Dialect,
    claims: dict[str, Any],
    client_id: str | None,
    scopes: set[str],
    is_service: bool | None,
    refused: bool,
) -> None:
    """Each dialect names one claim for the client and one for the scopes."""
    assert dialect.client_id(claims) == client_id
    assert dialect.scopes(claims) == scopes
    assert dialect.is_service(claims) is is_service
    assert (dialect.refusal(claims) is not None) is refused


@pytest.mark.parametrize("value", [7, "", None, ["c"], {}, True])
def test_a_client_of_a_wrong_type_is_a_problem(value: object) -> None:
    """A client claim that is no string isn't guessed at."""
    with pytest.raises(ClaimProblem, match="client_id must be a string"):
        GENERIC.client_id({"client_id": value})


@pytest.mark.parametrize("value", [7, None, {"a": 1}, ["a", 7], ["a", ""], True])
def test_scopes_of_a_wrong_type_are_a_problem(value: object) -> None:
    """A scope claim that is neither string nor list of strings isn't guessed at."""
    with pytest.raises(ClaimProblem, match="scope must be a string or a list"):
        GENERIC.scopes({"scope": value})
