"""What is asked for, as a value: normalised, checked, comparable."""

from typing import Any

import pytest

from s2sauth.client.token_request import TokenRequest
from s2sauth.errors import ConfigurationError


@pytest.mark.parametrize(
    "scope", ["a b", "b a", "a  b a", ["a", "b"], ("b", "a"), {"a", "b"}]
)
def test_equal_scopes_are_equal_requests(scope: Any) -> None:
    """Scopes are a set, however they're written."""
    assert TokenRequest.of(scope=scope) == TokenRequest.of(scope="a b")


@pytest.mark.parametrize(
    "arguments",
    [
        {"scope": "a", "audience": "x"},
        {"scope": "a", "resource": "urn:x"},
        {"scope": "a", "extra": {"x": "y"}},
        {"scope": "a", "require_granted": True},
        {"scope": "a b"},
        {},
    ],
)
def test_every_parameter_tells_requests_apart(arguments: dict[str, Any]) -> None:
    """No parameter is missing from the cache key."""
    assert TokenRequest.of(**arguments) != TokenRequest.of(scope="a")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"scope": ["a b"]}, "scope"),
        ({"scope": [""]}, "scope"),
        ({"scope": 'a"b'}, "scope"),
        ({"scope": "a\\b"}, "scope"),
        ({"scope": "é"}, "scope"),
        ({"scope": "a\tb"}, "scope"),
        ({"scope": [1]}, "scope"),
        ({"audience": ""}, "audience"),
        ({"audience": 7}, "audience"),
        ({"resource": "relative"}, "resource"),
        ({"resource": "https://x#fragment"}, "resource"),
        ({"extra": {"scope": "x"}}, "extra"),
        ({"extra": {"client_secret": "x"}}, "extra"),
        ({"extra": {"x": 1}}, "extra"),
    ],
)
def test_a_bad_parameter_is_named(arguments: dict[str, Any], named: str) -> None:
    """What can't be sent is refused at once, by its argument's name."""
    with pytest.raises(ConfigurationError, match=named):
        TokenRequest.of(**arguments)


def test_the_form_is_always_the_same() -> None:
    """Parameters stand in one order, extras and several resources included."""
    request = TokenRequest.of(
        scope="b a", resource=["urn:2", "urn:1"], extra={"z": "1", "y": "é"}
    )
    assert request.form({"client_id": "c"}) == (
        b"grant_type=client_credentials&scope=a+b&resource=urn%3A1&resource=urn%3A2"
        b"&y=%C3%A9&z=1&client_id=c"
    )
