"""What a JwtVerifier checks when it's made."""

import pytest

from s2sauth.errors import (
    ConfigurationError,
)
from s2sauth.providers import Provider, keycloak
from s2sauth.server import JwtVerifier
from support.tokens import (
    AUDIENCE,
    PROVIDER,
)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({}, "audience"),
        ({"audience": ""}, "audience"),
        ({"audience": []}, "audience"),
        ({"audience": ["a", ""]}, "audience"),
        ({"audience": 7}, "audience"),
        ({"audience": b"a"}, "audience"),
        ({"audience": "a", "algorithms": ()}, "algorithms"),
        ({"audience": "a", "algorithms": ("HS256",)}, "algorithms"),
        ({"audience": "a", "algorithms": ("RS256", "none")}, "algorithms"),
        ({"audience": "a", "algorithms": ("RS257",)}, "algorithms"),
        ({"audience": "a", "algorithms": (256,)}, "algorithms"),
        ({"audience": "a", "leeway": -1}, "leeway"),
        ({"audience": "a", "leeway": float("inf")}, "leeway"),
        ({"audience": "a", "leeway": True}, "leeway"),
        ({"audience": "a", "cache_size": -1}, "cache_size"),
        ({"audience": "a", "cache_size": 1.5}, "cache_size"),
        ({"audience": "a", "keys_ttl": 0}, "keys_ttl"),
        ({"audience": "a", "keys_max_stale": -1}, "keys_max_stale"),
        ({"audience": "a", "keys_cooldown": "30"}, "keys_cooldown"),
        ({"audience": "a", "max_age": 0}, "max_age"),
        ({"audience": "a", "require_typ": "jose"}, "require_typ"),
        ({"audience": "a", "require_typ": 1}, "require_typ"),
        ({"audience": "a", "ca": "/nowhere/ca.pem"}, "ca"),
    ],
)
def test_wrong_argument(options, argument):
    """A wrong argument is refused at construction, by its name."""
    with pytest.raises(ConfigurationError, match=argument):
        JwtVerifier(PROVIDER, **options)


def test_no_provider():
    """Something that's no provider is refused."""
    with pytest.raises(ConfigurationError, match="provider"):
        JwtVerifier("https://sso.example.com", audience=AUDIENCE)  # type: ignore[arg-type]  # that's the point


def test_provider_without_keys():
    """A provider that names no key set is refused at construction."""
    with pytest.raises(ConfigurationError, match="jwks_url"):
        JwtVerifier(Provider(issuer="https://sso.example.com"), audience=AUDIENCE)


def test_plain_http():
    """Keys over plain http beyond loopback need an explicit word."""
    provider = keycloak("http://sso.internal", realm="r")

    JwtVerifier(provider, audience=AUDIENCE, allow_insecure=True).close()
    with pytest.raises(ConfigurationError, match="allow_insecure"):
        JwtVerifier(provider, audience=AUDIENCE)
