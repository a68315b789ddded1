"""What one method or route asks of its callers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

from s2sauth.errors import ConfigurationError

__all__ = ["Rule"]

# RFC 6749 §3.3: what a scope may hold. No space, no quote, so that it can also stand
# in the `scope` of a challenge.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False)
class Rule:
    """Who may call one method or route: every condition that's given must hold.

    With no condition at all, `Rule()`, it lets in every caller whose token the
    verifier accepts. Each argument may be one string or several; they're kept as
    frozen sets, so that equal rules compare equal. Immutable, so safe to share
    between threads.

    Args:
        all_scopes: Scopes that the token must hold, all of them.
        any_scopes: Scopes of which the token must hold at least one.
        clients: Client ids that may call; none: any client.
        audiences: Audiences of which the token must name at least one.
        public: Anyone may call, and no token is looked at. Goes with nothing else.
        deny: Nobody may call. Goes with nothing else.

    Raises:
        ConfigurationError: An argument of the wrong type, an empty string, a scope
            with a space or another character that RFC 6749 §3.3 doesn't allow, or
            `public` or `deny` together with something else.
    """

    all_scopes: frozenset[str]
    any_scopes: frozenset[str]
    clients: frozenset[str]
    audiences: frozenset[str]
    public: bool
    deny: bool

    def __init__(
        self,
        *,
        all_scopes: str | Iterable[str] = (),
        any_scopes: str | Iterable[str] = (),
        clients: str | Iterable[str] = (),
        audiences: str | Iterable[str] = (),
        public: bool = False,
        deny: bool = False,
    ) -> None:
        put = object.__setattr__  # frozen: the only way in
        put(self, "all_scopes", _scopes("all_scopes", all_scopes))
        put(self, "any_scopes", _scopes("any_scopes", any_scopes))
        put(self, "clients", strings("clients", clients))
        put(self, "audiences", strings("audiences", audiences))
        put(self, "public", _flag("public", public))
        put(self, "deny", _flag("deny", deny))
        self._check_alone("public")
        self._check_alone("deny")

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that it names."""
        return self.all_scopes | self.any_scopes

    def _check_alone(self, flag: str) -> None:
        if not getattr(self, flag):
            return
        others = [name for name in self._given() if name != flag]
        if others:
            message = (
                f"a rule with {flag} can't have {', '.join(others)} as well: "
                f"{flag} decides alone, so the rest would have no effect"
            )
            raise ConfigurationError(message)

    def _given(self) -> list[str]:
        names = (field.name for field in fields(self))
        return [name for name in names if getattr(self, name)]

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={self._shown(name)}" for name in self._given())
        return f"Rule({given})"

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if value is True:
            return "True"
        # Sorted, so that the same rule always prints the same.
        return "{" + ", ".join(repr(one) for one in sorted(value)) + "}"

    def __str__(self) -> str:
        """Return it in words, for a table."""
        if self.public:
            return "public"
        if self.deny:
            return "nobody"
        parts = [" and ".join(sorted(self.all_scopes))] if self.all_scopes else []
        if self.any_scopes:
            choice = " or ".join(sorted(self.any_scopes))
            parts.append(
                f"({choice})" if parts and len(self.any_scopes) > 1 else choice
            )
        return " and ".join(parts) or "any verified caller"


def strings(name: str, value: str | Iterable[str]) -> frozenset[str]:
    """Return one string or several as a set.

    Raises:
        ConfigurationError: Something else, or an empty string; says `name`.
    """
    found = [value] if isinstance(value, str) else value
    if isinstance(found, Iterable):
        found = list(found)
        if all(isinstance(one, str) and one for one in found):
            return frozenset(found)
    message = f"{name} must be a string or several strings, none of them empty"
    raise ConfigurationError(message)


def _scopes(name: str, value: str | Iterable[str]) -> frozenset[str]:
    found = strings(name, value)
    for scope in sorted(found):
        if _SCOPE.fullmatch(scope) is None:
            message = (
                f"{name} has {scope!r}, which can't be one scope (RFC 6749 §3.3): "
                "name several as a list, not with spaces"
            )
            raise ConfigurationError(message)
    return found


def _flag(name: str, value: bool) -> bool:  # noqa: FBT001 - it checks a flag
    if type(value) is not bool:
        message = f"{name} must be True or False"
        raise ConfigurationError(message)
    return value
