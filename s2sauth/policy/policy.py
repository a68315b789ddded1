"""Who may call what: an immutable value, read from code, TOML or .proto options."""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from s2sauth.errors import AccessError, ConfigurationError
from s2sauth.policy.checking import Finding, find_problems
from s2sauth.policy.file import read_policy
from s2sauth.policy.judging import refusal
from s2sauth.policy.patterns import PathPatterns, check_key, is_http, is_pattern
from s2sauth.policy.protos import declarations
from s2sauth.policy.rules import Rule, strings
from s2sauth.values import Identity

__all__ = ["Policy", "PolicyRow"]


class PolicyRow(NamedTuple):
    """One line of a policy in words."""

    operation: str
    access: str
    clients: str
    audiences: str


class Policy:
    """The rules for every method and route; what has no rule is denied.

    Keys are `/pkg.Service/Method` and `/pkg.Service/*` for gRPC, and
    `POST /api/payments/charge` for HTTP, where `*` stands for one segment, `**` at
    the end for the rest, and the method may be `*`. The most specific key decides:
    a gRPC method's own before its service's; HTTP paths segment by segment from the
    left, a literal before `*` before `**`, and then the method's own key before that
    of `*`. HTTP paths are matched decoded, as frameworks route them, and exactly: a
    slash at the end counts, and wildcards match no empty or dotted segment. `HEAD` is
    judged as `GET` where it has no key of its own; `OPTIONS` isn't exempt.

    Immutable, comparable, printable, and safe to share between threads and after a
    fork.

    Args:
        rules: The rule of each key.
        denied_clients: Client ids that are shut out of everything that isn't public.

    Raises:
        ConfigurationError: A malformed key, or a value that's no `Rule`.
    """

    __slots__ = ("_denied_clients", "_exact", "_patterns", "_rules", "_services")

    def __init__(
        self,
        rules: Mapping[str, Rule] = MappingProxyType({}),
        *,
        denied_clients: str | Iterable[str] = (),
    ) -> None:
        self._rules = _checked(rules)
        self._denied_clients = strings("denied_clients", denied_clients)
        # Only keys without a wildcard: a request for a path that's spelt like a
        # pattern must not choose its rule by that.
        self._exact = {key: rule for key, rule in rules.items() if not is_pattern(key)}
        self._services = {
            key[:-1]: rule
            for key, rule in rules.items()
            if is_pattern(key) and not is_http(key)
        }
        self._patterns = PathPatterns(
            {key: rule for key, rule in rules.items() if is_http(key)}
        )

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rule of each key, read-only."""
        return MappingProxyType(self._rules)

    @property
    def denied_clients(self) -> frozenset[str]:
        """The clients that are shut out of everything that isn't public."""
        return self._denied_clients

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "Policy":
        """Read a policy from a TOML file.

        ::

            denied_clients = ["compromised-service"]

            [rules."POST /api/payments/charge"]
            all_scopes = ["payments:write"]

        Args:
            path: The file. Each table under `rules` has the arguments of `Rule`.

        Raises:
            ConfigurationError: It can't be read or isn't TOML, or it has an unknown
                option or a wrong value; names the file, the rule and the option.
        """
        rules, denied_clients = read_policy(path)
        try:
            return cls(rules, denied_clients=denied_clients)
        except ConfigurationError as error:
            message = f"{os.fspath(path)}: {error}"
        raise ConfigurationError(message)

    @classmethod
    def from_protos(cls, *modules: Any) -> "Policy":
        """Read the rules from the options `s2sauth.v1.method_auth` and `service_auth`.

        A method's option replaces its service's, except that `audiences` is inherited
        when the method names none. A service's option with nothing but audiences is
        no rule: its methods without an option stay uncovered, so they're denied.

        Args:
            modules: Generated modules (`payments_pb2`), file or service descriptors,
                or full names of services whose module is imported.

        Raises:
            ConfigurationError: No service, or options that contradict each other.
            ImportError: The extra `grpc` is missing.
        """
        declared = declarations(modules)
        return cls(
            {key: one.rule() for key, one in declared.items() if one is not None}
        )

    def rule_for(self, operation: str) -> Rule | None:
        """Return the rule that decides, or None: denied.

        It remembers nothing: an attacker chooses what it's asked for.

        Args:
            operation: `/pkg.Service/Method`, or an HTTP method, a space, and the
                path decoded.
        """
        rule = self._exact.get(operation)
        if rule is not None:
            return rule
        if operation.startswith("/"):
            return self._services.get(operation[: operation.rfind("/") + 1])
        method, _, path = operation.partition(" ")
        return self._patterns.find(method, path) if path.startswith("/") else None

    def refusal(self, operation: str, identity: Identity) -> AccessError | None:
        """Return why `identity` may not call, or None: it may. Needs no server.

        Args:
            operation: As for `rule_for`.
            identity: Who calls, verified.
        """
        rule = self.rule_for(operation)
        if rule is not None and rule.public:
            return None
        rules = () if rule is None else (rule,)
        return refusal(rules, identity, self.denied_clients)

    def check(
        self, services: Any, *, scopes: Iterable[str] | None = None
    ) -> list[Finding]:
        """Find methods without a rule, rules without a method, and unknown scopes.

        Health checking needs no rule. HTTP keys aren't looked at. A scope is unknown
        if it's neither in `scopes` nor declared in any .proto option of the services;
        without `scopes`, only rules for methods that declare something are held to it.

        Args:
            services: As for `from_protos`; one, or several. Say all that the server
                has, since a rule for anything else is reported.
            scopes: The scopes that there are beside those declared, if you know them.

        Raises:
            ConfigurationError: No service, or options that contradict each other.
            ImportError: The extra `grpc` is missing.
        """
        return find_problems(self.rules, self.rule_for, declarations(services), scopes)

    def describe(self) -> tuple[PolicyRow, ...]:
        """Return the rules in words, sorted by key, for a table."""
        return tuple(
            PolicyRow(
                key,
                str(rule),
                " ".join(sorted(rule.clients)),
                " ".join(sorted(rule.audiences)),
            )
            for key, rule in sorted(self.rules.items())
        )

    def __or__(self, other: object) -> "Policy":
        """Join two policies; clients denied by either are denied.

        Raises:
            ConfigurationError: They disagree about a key.
        """
        if not isinstance(other, Policy):
            return NotImplemented
        for key in sorted(self.rules.keys() & other.rules.keys()):
            if self.rules[key] != other.rules[key]:
                message = (
                    f"two policies disagree about {key!r}: "
                    f"{self.rules[key]!r} and {other.rules[key]!r}"
                )
                raise ConfigurationError(message)
        return Policy(
            {**self.rules, **other.rules},
            denied_clients=self.denied_clients | other.denied_clients,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        return self.rules == other.rules and self.denied_clients == other.denied_clients

    def __hash__(self) -> int:
        return hash((frozenset(self.rules.items()), self.denied_clients))

    def __repr__(self) -> str:
        rules = ", ".join(
            f"{key!r}: {rule!r}" for key, rule in sorted(self.rules.items())
        )
        denied = ", ".join(map(repr, sorted(self.denied_clients)))
        return f"Policy({{{rules}}}" + (
            f", denied_clients={{{denied}}})" if denied else ")"
        )


def _checked(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    if not isinstance(rules, Mapping):
        message = "rules must be a mapping of keys to Rule(...)"
        raise ConfigurationError(message)
    for key, rule in rules.items():
        check_key(key)
        if not isinstance(rule, Rule):
            message = f"the policy's key {key!r} must lead to a Rule, such as Rule(...)"
            raise ConfigurationError(message)
    return dict(rules)
