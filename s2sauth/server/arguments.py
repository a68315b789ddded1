"""What verifiers check at construction time: messages name the argument and the cure."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.providers import Dialect, Provider
from s2sauth.server.algorithms import SUPPORTED
from s2sauth.server.compact import TYPES, Expected

__all__ = [
    "REQUIRED",
    "Audience",
    "Required",
    "check_audience",
    "check_count",
    "check_names",
    "check_provider",
    "expected_header",
]


class Required(Enum):
    """Stands where an argument was left out."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED
Audience = str | Iterable[str] | None


def check_provider(provider: object) -> Provider:
    """Return the provider.

    Raises:
        ConfigurationError: It's none.
    """
    if isinstance(provider, Provider):
        return provider
    message = "provider must be a Provider: keycloak(…), discover(…), Provider(…)"
    raise ConfigurationError(message)


def check_audience(
    audience: Audience | Required, dialect: Dialect
) -> frozenset[str] | None:
    """Return the audiences that this service answers to; None: it takes no `aud`.

    Raises:
        ConfigurationError: Left out, empty, no string, or one that no token of the
            issuer can have.
    """
    named = _audiences(audience)
    dialect.check_audience(named)
    return named


def _audiences(audience: Audience | Required) -> frozenset[str] | None:
    if audience is None:
        return None
    if isinstance(audience, Required):
        message = (
            "audience is required: what tokens for this service say in aud "
            "(None, said explicitly, if the server puts no aud into its tokens)"
        )
        raise ConfigurationError(message)
    return check_names("audience", audience)


def expected_header(algorithms: Iterable[str], require_typ: str | None) -> Expected:
    """Return what a token's header must say.

    Raises:
        ConfigurationError: An algorithm that can't be allowed (HMAC, `none`, an
            unknown one, a bare string), or a `typ` that no access token has.
    """
    names = None if isinstance(algorithms, str) else _strings(algorithms)
    if not names:
        message = 'algorithms must be several names, such as ("RS256", "ES256")'
        raise ConfigurationError(message)
    for name in names:
        if name not in SUPPORTED:
            message = (
                f"algorithms: {name!r} can't be allowed; a key set verifies with "
                f"{', '.join(SUPPORTED)}, and never with HMAC or none"
            )
            raise ConfigurationError(message)
    if require_typ is None:
        return Expected(frozenset(names))
    return Expected(frozenset(names), _types(require_typ))


def _types(require_typ: object) -> frozenset[str]:
    wanted = require_typ.lower() if isinstance(require_typ, str) else None
    if wanted not in TYPES:
        message = 'require_typ must be "at+jwt" (RFC 9068) or "JWT"'
        raise ConfigurationError(message)
    return frozenset({"jwt"}) if wanted == "jwt" else TYPES - {"jwt"}


def check_count(name: str, value: Any) -> int:
    """Return a count.

    Raises:
        ConfigurationError: It's no whole number of 0 or more.
    """
    if type(value) is int and value >= 0:
        return value
    message = f"{name} must be a whole number of 0 or more"
    raise ConfigurationError(message)


def check_names(name: str, values: object) -> frozenset[str]:
    """Return one name or several as a set.

    Args:
        name: Of the argument.
        values: What was passed.

    Raises:
        ConfigurationError: None, an empty one, or no strings.
    """
    named = _strings(values)
    if named and all(named):
        return frozenset(named)
    message = f"{name} must be a string, or several, and none of them empty"
    raise ConfigurationError(message)


def _strings(values: object) -> tuple[str, ...] | None:
    """Return a string or an iterable of them as a tuple; None for anything else."""
    if isinstance(values, str):
        return (values,)
    if not isinstance(values, Iterable) or isinstance(values, bytes):
        return None
    items = tuple(values)
    return items if all(isinstance(item, str) for item in items) else None
