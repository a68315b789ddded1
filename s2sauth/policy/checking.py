"""Where a policy and the services that it's for don't fit together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from s2sauth.policy.patterns import is_http
from s2sauth.policy.protos import Declaration, is_health
from s2sauth.policy.rules import Rule
from s2sauth.policy.wording import did_you_mean

__all__ = ["Finding", "find_problems"]

Declared = Mapping[str, Declaration | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that's wrong with a policy.

    Args:
        kind: UNCOVERED: a method without a rule, so nobody may call it;
            UNKNOWN_METHOD: a rule for a method that no service has;
            UNKNOWN_SCOPE: a rule that names a scope which nobody declared.
        key: The method, or the policy's key.
        message: What's wrong, in a sentence.
    """

    kind: Literal["UNCOVERED", "UNKNOWN_METHOD", "UNKNOWN_SCOPE"]
    key: str
    message: str

    def __str__(self) -> str:
        return self.message


def find_problems(
    rules: Mapping[str, Rule],
    rule_for: Callable[[str], Rule | None],
    declared: Declared,
    scopes: Iterable[str] | None,
) -> list[Finding]:
    """Compare a policy with what the services have and declare; see `Policy.check`."""
    ours = {key: rule for key, rule in rules.items() if not is_http(key)}
    return [
        *_uncovered(rule_for, declared),
        *_unknown_methods(ours, declared),
        *_unknown_scopes(ours, declared, scopes),
    ]


def _uncovered(
    rule_for: Callable[[str], Rule | None], declared: Declared
) -> Iterable[Finding]:
    for operation in sorted(declared):
        if rule_for(operation) is None and not is_health(operation):
            message = f"{operation} has no rule, so nobody may call it"
            yield Finding("UNCOVERED", operation, message)


def _covered_by(key: str, declared: Declared) -> list[str]:
    if key.endswith("/*"):
        return [one for one in declared if one.startswith(key[:-1])]
    return [key] if key in declared else []


def _unknown_methods(ours: Mapping[str, Rule], declared: Declared) -> Iterable[Finding]:
    services = {f"{one.rpartition('/')[0]}/*" for one in declared}
    for key in sorted(ours):
        if _covered_by(key, declared) or is_health(key):
            continue
        hint = did_you_mean(key, services if key.endswith("/*") else declared, 0.85)
        message = f"there's a rule for {key}, which no service has{hint}"
        yield Finding("UNKNOWN_METHOD", key, message)


def _unknown_scopes(
    ours: Mapping[str, Rule], declared: Declared, scopes: Iterable[str] | None
) -> Iterable[Finding]:
    known = _declared_scopes(declared)
    for key in sorted(ours):
        if scopes is None and not any(map(declared.get, _covered_by(key, declared))):
            continue  # the rule stands where nothing is declared: it's the declaration
        for scope in sorted(ours[key].scopes - known.union(scopes or ())):
            hint = did_you_mean(scope, known.union(scopes or ()))
            message = (
                f"the rule for {key} names the scope {scope}, which nobody declared"
            )
            yield Finding("UNKNOWN_SCOPE", key, message + hint)


def _declared_scopes(declared: Declared) -> set[str]:
    found: set[str] = set()
    for one in declared.values():
        if one is not None:
            found.update(one.all_scopes, one.any_scopes)
    return found
