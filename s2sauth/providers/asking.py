"""What a provider does with the scope, audience and resource that a caller names."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from s2sauth.errors import ConfigurationError

__all__ = ["AS_IT_STANDS", "Asking", "Target", "without_audience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a token is asked for.

    Args:
        scopes: What it should permit.
        audience: For whom, as some servers want it, or None.
        resource: For whom, as RFC 8707 says it.
    """

    scopes: frozenset[str] = frozenset()
    audience: str | None = None
    resource: tuple[str, ...] = ()


Mapping: TypeAlias = Callable[[Target], Target]


def _same(target: Target) -> Target:
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How one provider wants to be asked for tokens.

    Args:
        no_audience: None: `audience` is taken. Else it's refused, and this says
            what to do in its place.
        no_resource: The same for `resource`.
        mapping: Makes of what a caller names what is sent; may refuse it.
        requirement: Makes of what a .proto declares what a caller would name.
        endpoint_assertions: Whether client assertions are addressed to the very
            endpoint that's invoked, and not to the issuer.
    """

    no_audience: str | None = None
    no_resource: str | None = None
    mapping: Mapping = field(default=_same, repr=False)
    requirement: Mapping = field(default=_same, repr=False)
    endpoint_assertions: bool = False

    def request(self, target: Target) -> Target:
        """Return what is sent for what a caller names.

        Raises:
            ConfigurationError: The provider takes no such thing; the message says
                what to do in its place.
        """
        if target.audience is not None and self.no_audience is not None:
            message = f"audience: {self.no_audience}"
            raise ConfigurationError(message)
        if target.resource and self.no_resource is not None:
            message = f"resource: {self.no_resource}"
            raise ConfigurationError(message)
        return self.mapping(target)

    def required(self, scopes: frozenset[str], audience: str | None) -> Target:
        """Return what to ask for where a .proto declares scopes and an audience.

        Raises:
            ConfigurationError: The declaration lacks what the provider needs.
        """
        return self.requirement(Target(scopes=scopes, audience=audience))


AS_IT_STANDS = Asking()


def without_audience(target: Target) -> Target:
    """Leave the audience out of a declared requirement: the server knows it."""
    return replace(target, audience=None)
