"""What is asked of the token endpoint: the request's own parameters, as a value."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from s2sauth.errors import ConfigurationError
from s2sauth.providers import Asking, Target

__all__ = ["TokenRequest", "scope_set"]

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_RESERVED = frozenset(
    {
        "grant_type",
        "scope",
        "audience",
        "resource",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """The parameters of one client-credentials request (RFC 6749 §4.4.2).

    Equal ones are answered by one token.

    Args:
        scopes: What is asked for; empty: what the server gives by default.
        audience: For whom, as some servers want it, or None.
        resource: For whom, as RFC 8707 says it; absolute URIs.
        extra: Further form parameters, sorted pairs.
        require_granted: Whether less than `scopes` is an error.
    """

    scopes: frozenset[str] = frozenset()
    audience: str | None = None
    resource: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    require_granted: bool = False

    @classmethod
    def of(
        cls,
        *,
        scope: str | Iterable[str] = (),
        audience: str | None = None,
        resource: str | Iterable[str] = (),
        extra: Mapping[str, str] | None = None,
        require_granted: bool = False,
    ) -> "TokenRequest":
        """Make one from what a user says.

        Raises:
            ConfigurationError: An argument can't be sent as it is.
        """
        if audience is not None and (not isinstance(audience, str) or not audience):
            message = "audience must be a string that isn't empty, or None"
            raise ConfigurationError(message)
        return cls(
            scopes=scope_set(scope),
            audience=audience,
            resource=_resources(resource),
            extra=_extra_pairs(extra or {}),
            require_granted=require_granted,
        )

    def to(self, asking: Asking) -> "TokenRequest":
        """Return the request as a provider wants it.

        Raises:
            ConfigurationError: The provider takes no such thing; the message says
                what to do in its place.
        """
        named = Target(
            scopes=self.scopes, audience=self.audience, resource=self.resource
        )
        target = asking.request(named)
        return replace(
            self,
            scopes=target.scopes,
            audience=target.audience,
            resource=target.resource,
        )

    @property
    def scope(self) -> str:
        """The `scope` parameter: always in the same order."""
        return " ".join(sorted(self.scopes))

    def form(self, authentication: Mapping[str, str]) -> bytes:
        """Return the body of the request.

        Args:
            authentication: The form fields that prove who we are.
        """
        fields: list[tuple[str, str]] = [("grant_type", "client_credentials")]
        if self.scopes:
            fields.append(("scope", self.scope))
        if self.audience is not None:
            fields.append(("audience", self.audience))
        fields += [("resource", uri) for uri in self.resource]
        fields += self.extra
        fields += authentication.items()
        return urlencode(fields).encode("ascii")


def scope_set(scope: str | Iterable[str]) -> frozenset[str]:
    """Return scopes as a set: from a string with spaces, or from single ones.

    Raises:
        ConfigurationError: One has characters that no scope has (RFC 6749 §3.3).
    """
    names = scope.split(" ") if isinstance(scope, str) else list(scope)
    if isinstance(scope, str):
        names = [name for name in names if name]
    for name in names:
        if not isinstance(name, str) or _SCOPE.fullmatch(name) is None:
            message = (
                f"scope: {name!r} is not one scope; pass a string with spaces "
                "between scopes, or a list with one scope in each element"
            )
            raise ConfigurationError(message)
    return frozenset(names)


def _resources(resource: str | Iterable[str]) -> tuple[str, ...]:
    uris = (resource,) if isinstance(resource, str) else tuple(resource)
    for uri in uris:
        if not isinstance(uri, str) or ":" not in uri or "#" in uri:
            message = (
                "resource must be an absolute URI without a fragment (RFC 8707 §2)"
            )
            raise ConfigurationError(message)
    return tuple(sorted(set(uris)))


def _extra_pairs(extra: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in extra.items():
        if name in _RESERVED:
            message = f"extra: {name} is set by its own argument, not by extra="
            raise ConfigurationError(message)
        if not isinstance(name, str) or not isinstance(value, str):
            message = f"extra: {name!r} must be a string with a string value"
            raise ConfigurationError(message)
    return tuple(sorted(extra.items()))
