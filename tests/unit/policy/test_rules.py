"""What a rule may say."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Rule


def _rule(name: str, value: Any) -> Rule:
    given: dict[str, Any] = {name: value}
    return Rule(**given)


@pytest.mark.parametrize("name", ["all_scopes", "any_scopes", "clients", "audiences"])
@pytest.mark.parametrize("given", [["a", "b"], ("b", "a", "a"), {"a", "b"}])
def test_several_strings_become_a_frozen_set(name, given):
    """However several strings are given, they're kept as the same frozen set."""
    assert frozenset({"a", "b"}) == getattr(_rule(name, given), name)


@pytest.mark.parametrize("name", ["all_scopes", "any_scopes", "clients", "audiences"])
def test_one_string_is_one_value(name):
    """A bare string is one value, never its letters."""
    assert frozenset({"payments:write"}) == getattr(_rule(name, "payments:write"), name)


def test_equal_rules_are_equal():
    """Rules that say the same are equal, and hash the same."""
    one, other = Rule(all_scopes=["a", "b"]), Rule(all_scopes=("b", "a"))

    assert one == other
    assert hash(one) == hash(other)
    assert one != Rule(any_scopes=["a", "b"])


def test_is_immutable():
    """A rule can't be changed once made."""
    with pytest.raises(FrozenInstanceError):
        setattr(Rule(), "public", True)  # noqa: B010 - mypy refuses the plain form


def test_keyword_only():
    """No argument can be taken for another one."""
    make: Any = Rule

    with pytest.raises(TypeError):
        make("payments:write")


@pytest.mark.parametrize("flag", ["public", "deny"])
@pytest.mark.parametrize(
    "other",
    [{"all_scopes": "a"}, {"any_scopes": "a"}, {"clients": "c"}, {"audiences": "x"}],
)
def test_public_and_deny_stand_alone(flag, other):
    """`public` or `deny` beside a condition is an error that names both."""
    with pytest.raises(ConfigurationError, match=flag) as caught:
        Rule(**{flag: True, **other})

    assert next(iter(other)) in str(caught.value)


def test_public_and_deny_exclude_each_other():
    """Nobody and anybody at once is an error."""
    with pytest.raises(ConfigurationError, match="deny"):
        Rule(public=True, deny=True)


@pytest.mark.parametrize("name", ["all_scopes", "any_scopes"])
@pytest.mark.parametrize(
    "scope", ["a b", " a", "a\n", 'a"b', "a\\b", "ä", "a\x00", "a\tb", "\x7f"]
)
def test_a_scope_that_is_none(name, scope):
    """What RFC 6749 §3.3 doesn't allow in a scope is an error that says the argument."""
    with pytest.raises(ConfigurationError, match=name):
        _rule(name, [scope])


@pytest.mark.parametrize("name", ["all_scopes", "any_scopes", "clients", "audiences"])
@pytest.mark.parametrize(
    "value", ["", [""], None, [None], 3, [3], b"a", {"a": 1, 2: 3}]
)
def test_values_of_the_wrong_type(name, value):
    """Empty strings and other types are errors that say the argument."""
    with pytest.raises(ConfigurationError, match=name):
        _rule(name, value)


@pytest.mark.parametrize("flag", ["public", "deny"])
@pytest.mark.parametrize("value", [1, "yes", None, "false"])
def test_flags_are_flags(flag, value):
    """Only True and False will do for a flag."""
    with pytest.raises(ConfigurationError, match=flag):
        _rule(flag, value)


@pytest.mark.parametrize(
    ("rule", "shown", "words"),
    [
        (Rule(), "Rule()", "any verified caller"),
        (Rule(public=True), "Rule(public=True)", "public"),
        (Rule(deny=True), "Rule(deny=True)", "nobody"),
        (Rule(all_scopes=["b", "a"]), "Rule(all_scopes={'a', 'b'})", "a and b"),
        (Rule(any_scopes=["b", "a"]), "Rule(any_scopes={'a', 'b'})", "a or b"),
        (
            Rule(all_scopes="x", any_scopes=["b", "a"], clients="c"),
            "Rule(all_scopes={'x'}, any_scopes={'a', 'b'}, clients={'c'})",
            "x and (a or b)",
        ),
        (Rule(all_scopes="x", any_scopes="a"), None, "x and a"),
    ],
)
def test_prints_the_same_each_time(rule, shown, words):
    """A rule prints sorted, as code and in words."""
    assert shown in (None, repr(rule))
    assert words == str(rule)
