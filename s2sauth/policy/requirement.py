"""What a caller's token needs for each method: the least that its rule asks for."""

from dataclasses import dataclass
from typing import Any

from s2sauth.policy.protos import Declaration, declarations

__all__ = ["Requirement", "requirements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What to request a token with. Equal requirements can share one token.

    Args:
        scopes: The scopes to ask for.
        audience: The audience to ask for, or None.
    """

    scopes: frozenset[str]
    audience: str | None


def requirements(*modules: Any) -> dict[str, Requirement | None]:
    """Derive from the .proto options what each method needs, None if no token.

    That's every one of `all_scopes`; the first of `any_scopes`, unless one of them is
    among those already; and the first audience. A method without options isn't in the
    answer: nothing is known of it.

    Args:
        modules: As for `Policy.from_protos`.

    Raises:
        ConfigurationError: No service, or options that contradict each other.
        ImportError: The extra `grpc` is missing.
    """
    return {
        operation: _requirement(declared)
        for operation, declared in declarations(modules).items()
        if declared is not None
    }


def _requirement(declared: Declaration) -> Requirement | None:
    if declared.public:
        return None
    scopes = frozenset(declared.all_scopes)
    if scopes.isdisjoint(declared.any_scopes):
        scopes |= frozenset(declared.any_scopes[:1])
    audience = declared.audiences[0] if declared.audiences else None
    return Requirement(scopes=scopes, audience=audience)
