"""What a client gets of what it asks for."""

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from s2sauth.testing.clients import Client
from s2sauth.testing.forms import Form
from s2sauth.testing.messages import refuse

__all__ = ["Granted", "RfcGrant", "asked_scopes"]


class Granted(NamedTuple):
    """What one token is for."""

    scopes: tuple[str, ...]
    audiences: tuple[str, ...]


def asked_scopes(form: Form) -> tuple[str, ...]:
    """Return the scopes that are asked for, once each; none where none is named."""
    return tuple(dict.fromkeys(filter(None, (form.get("scope") or "").split(" "))))


@dataclass(frozen=True, slots=True, kw_only=True)
class RfcGrant:
    """Grants scopes (RFC 6749 §3.3) and targets (RFC 8707 §2) that the client has.

    Args:
        takes_target: Whether `resource` and `audience` are honoured, or ignored.
        drops_scopes: Whether a scope that may not be had is left out in silence, or
            refused (`invalid_scope`).
    """

    takes_target: bool = True
    drops_scopes: bool = False

    def __call__(self, form: Form, client: Client) -> Granted:
        """Return what the client gets.

        Raises:
            OAuthRefused: `invalid_scope` or `invalid_target`.
        """
        return Granted(self._scopes(form, client), self._audiences(form, client))

    def _scopes(self, form: Form, client: Client) -> tuple[str, ...]:
        if form.get("scope") is None:
            return client.scopes
        wanted = asked_scopes(form)
        allowed = tuple(scope for scope in wanted if scope in client.scopes)
        if allowed != wanted and not self.drops_scopes:
            refuse("invalid_scope", f"Invalid scopes: {form.get('scope')}")
        return allowed

    def _audiences(self, form: Form, client: Client) -> tuple[str, ...]:
        resources = form.all("resource")
        wanted = tuple(dict.fromkeys([*resources, *form.all("audience")]))
        if not wanted or not self.takes_target:
            return client.audiences
        if not all(map(_is_resource, resources)):
            refuse("invalid_target", "resource must be an absolute URI")
        if not set(wanted) <= set(client.audiences):
            refuse("invalid_target", "this client gets no token for that")
        return wanted


def _is_resource(uri: str) -> bool:
    try:
        parts: Any = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.scheme) and "#" not in uri
