"""A token source for each gRPC method, as the callee's .proto options ask for it."""

from collections.abc import Mapping
from typing import Any, Protocol

from s2sauth.errors import ConfigurationError, Reason
from s2sauth.policy import Requirement, is_health, requirements
from s2sauth.providers import AS_IT_STANDS, Asking, Target
from s2sauth.values import TokenSource

__all__ = ["MethodSources", "SourceFactory", "sources_for"]


class SourceFactory(Protocol):
    """What makes token sources: a `TokenManager`."""

    def source(
        self, *, scope: frozenset[str], audience: str | None = None
    ) -> TokenSource:
        """Return the source for these parameters; nothing is fetched."""
        ...


class MethodSources:
    """A `MethodTokenSources`: one source per distinct requirement.

    Immutable, so safe to share between threads.

    Args:
        needs: What each method's token needs; None: it needs no token.
        factory: Makes the sources.
        asking: How the provider wants to be asked for what is declared.

    Raises:
        ConfigurationError: A declaration lacks what the provider needs.
    """

    __slots__ = ("__weakref__", "_by_method")

    def __init__(
        self,
        needs: Mapping[str, Requirement | None],
        factory: SourceFactory,
        asking: Asking = AS_IT_STANDS,
    ) -> None:
        by_need = {
            need: _source(factory, asking.required(need.scopes, need.audience))
            for need in set(needs.values())
            if need is not None
        }
        self._by_method = {
            method: None if need is None else by_need[need]
            for method, need in needs.items()
        }

    def source_for(self, method: str) -> TokenSource | None:
        """Return the source for `/pkg.Service/Method`; None: it needs no token.

        Health checks need none, whatever is declared.

        Raises:
            ConfigurationError: No option says what the method needs
                (METHOD_NOT_DECLARED).
        """
        try:
            return self._by_method[method]
        except KeyError:
            if is_health(method):
                return None
        message = (
            f"nothing declares what a token for {method} needs: give the method, or its "
            "service, an option of s2sauth.v1, or pass the module that declares it"
        )
        raise ConfigurationError(message, reason=Reason.METHOD_NOT_DECLARED)


def _source(factory: SourceFactory, target: Target) -> TokenSource:
    return factory.source(scope=target.scopes, audience=target.audience)


def sources_for(
    factory: SourceFactory, *modules: Any, asking: Asking = AS_IT_STANDS
) -> MethodSources:
    """Return a source for each method that generated modules declare.

    Args:
        factory: Makes the sources: a `TokenManager`.
        modules: As for `Policy.from_protos`.
        asking: How the provider wants to be asked for what is declared.

    Raises:
        ConfigurationError: No service, options that contradict each other, or that
            lack what the provider needs.
        ImportError: The extra `grpc` is missing.
    """
    return MethodSources(requirements(*modules), factory, asking)
