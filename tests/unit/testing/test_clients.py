"""Clients, checked when they're made."""

import threading
from typing import Any

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.testing.clients import Client, ClientRegistry, new_secret, strings

GOOD: dict[str, Any] = {
    "client_id": "order service é",
    "secret": "s3cr3t +%",
    "scopes": ("payments:write", "a"),
    "audiences": ("https://pay", "b"),
    "token_lifetime": 0.5,
    "token_format": "opaque",
    "auth_methods": ("post",),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", ""),
        ("client_id", "a\nb"),
        ("client_id", None),
        ("secret", ""),
        ("secret", "a\x00"),
        ("secret", b"bytes"),
        ("scopes", ("a b",)),
        ("scopes", ('a"',)),
        ("scopes", ("a\\",)),
        ("scopes", ("é",)),
        ("scopes", ("",)),
        ("audiences", ("",)),
        ("token_lifetime", 0),
        ("token_lifetime", -1),
        ("token_lifetime", "60"),
        ("token_lifetime", True),
        ("token_lifetime", float("inf")),
        ("token_lifetime", float("nan")),
        ("token_format", "JWT"),
        ("auth_methods", ()),
        ("auth_methods", ("basic", "none")),
    ],
)
def test_what_cannot_be_is_refused(name, value):
    """Each argument is checked, and the message names it."""
    assert Client(**GOOD).client_id == GOOD["client_id"]
    with pytest.raises(ConfigurationError, match=name):
        Client(**{**GOOD, name: value})


def test_shows_no_secret():
    """A client's repr names the client, not its secret."""
    shown = repr(Client(**GOOD))

    assert ("order" in shown, "s3cr3t" in shown) == (True, False)


@pytest.mark.parametrize(
    ("value", "separator", "expected"),
    [
        ("a b  a", " ", ("a", "b")),
        ("a b", None, ("a b",)),
        (["b", "a", "b"], " ", ("b", "a")),
        ((), " ", ()),
        ("", " ", ()),
        (iter(["a"]), None, ("a",)),
    ],
)
def test_strings_are_kept_in_order_and_once(value, separator, expected):
    """One string or several become a tuple without repetitions."""
    assert expected == strings("scopes", value, separator)


@pytest.mark.parametrize("value", [5, [1], ["a", None], {"a": 1}.values()])
def test_strings_must_be_strings(value):
    """Anything else is refused, by the argument's name."""
    with pytest.raises(ConfigurationError, match="scopes"):
        strings("scopes", value, " ")


def test_the_registry_replaces_and_removes():
    """A client of the same name takes the place; a removed one is unknown."""
    registry = ClientRegistry()
    registry.add(Client(client_id="a", secret="old"))
    registry.add(Client(client_id="b", secret="x", scopes=("s2", "s1")))
    replaced = Client(client_id="a", secret="new", scopes=("s1",))
    registry.add(replaced)

    assert (replaced, ["s1", "s2"]) == (registry.get("a"), registry.scopes())
    registry.remove("a")
    assert registry.get("a") is None
    with pytest.raises(ConfigurationError, match="'a'"):
        registry.remove("a")


def test_registrations_at_the_same_time_all_count():
    """No client is lost when many threads register theirs at once."""
    registry, together = ClientRegistry(), threading.Barrier(8)

    def register(name):
        together.wait()
        for number in range(50):
            registry.add(Client(client_id=f"{name}-{number}", secret="x"))

    threads = [threading.Thread(target=register, args=[name]) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(registry.get(f"{n}-{m}") for n in range(8) for m in range(50))


def test_random_secrets_need_form_encoding():
    """A generated secret catches whoever sends Basic credentials raw."""
    first, second = new_secret(), new_secret()

    assert first != second
    assert set("+%é") <= set(first)
