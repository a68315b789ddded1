"""Who sends this request? Client authentication (RFC 6749 §2.3).

To add a method: a function that finds its credential in a request, and a row in
`_METHODS`.
"""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from s2sauth.testing.clients import Client, ClientRegistry
from s2sauth.testing.dialects import Dialect
from s2sauth.testing.forms import Form, has_broken_escape
from s2sauth.testing.messages import OAuthRefused, Refusal, Request, refuse

__all__ = ["authenticate"]

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="s2sauth", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class _Presented:
    """A credential as it came. `secret` is None where it couldn't be decoded."""

    method: str
    client_id: str
    secret: str | None = field(repr=False)
    problem: str = ""


def authenticate(
    request: Request, form: Form, clients: ClientRegistry, dialect: Dialect
) -> Client:
    """Return the client that sent a request.

    Raises:
        OAuthRefused: No credential, several, or one that doesn't hold.
    """
    found = [find(request, form, dialect) for find in _METHODS]
    presented = [one for one in found if one is not None]
    if not presented:
        raise _refused(dialect, dialect.refusals.no_credential)
    if len(presented) > 1:
        refuse(
            "invalid_request",
            "more than one way of client authentication (RFC 6749 §2.3)",
        )
    _check_same_client(presented[0], form)
    return _checked(presented[0], clients, dialect)


def _checked(
    presented: _Presented, clients: ClientRegistry, dialect: Dialect
) -> Client:
    client = clients.get(presented.client_id)
    if client is None:
        raise _refused(dialect, dialect.refusals.unknown_client, presented.problem)
    if presented.method not in client.auth_methods:
        problem = f"this client may not authenticate by {presented.method}"
        raise _refused(dialect, dialect.refusals.wrong_secret, problem)
    if not _equal(presented.secret, client.secret):
        raise _refused(dialect, dialect.refusals.wrong_secret, presented.problem)
    return client


def _equal(given: str | None, expected: str) -> bool:
    if given is None:
        return False
    return hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))


def _check_same_client(presented: _Presented, form: Form) -> None:
    named = form.get("client_id")
    if named is not None and named != presented.client_id:
        refuse("invalid_request", "client_id and the credential name different clients")


def _basic(request: Request, _form: Form, dialect: Dialect) -> _Presented | None:
    values = request.headers.get_all("Authorization", [])
    if not values:
        return None
    if len(values) > 1:
        refuse("invalid_request", "several Authorization headers")
    scheme, _, encoded = values[0].partition(" ")
    if scheme.lower() != "basic":
        refusal = dialect.refusals.no_credential
        raise _refused(dialect, refusal, "only Basic is understood here")
    name, colon, secret = _decode_base64(encoded.strip()).partition(":")
    if not colon:
        return _Presented("basic", "", None, "Basic credentials must hold a colon")
    return _decoded(name, secret) if dialect.decodes_basic else _raw(name, secret)


def _raw(name: str, secret: str) -> _Presented:
    return _Presented("basic", name, secret)


def _decoded(name: str, secret: str) -> _Presented:
    """Decode both halves as RFC 6749 §2.3.1 and appendix B say."""
    advice = "Basic credentials must be form-urlencoded (RFC 6749 §2.3.1)"
    client_id, decoded = _form_decode(name), _form_decode(secret)
    if client_id is None or decoded is None:
        return _Presented("basic", client_id or "", None, advice)
    return _Presented("basic", client_id, decoded, advice)


def _form_decode(text: str) -> str | None:
    if not text.isascii() or has_broken_escape(text):
        return None
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return None


def _decode_base64(encoded: str) -> str:
    """Decode, or return a text that no client can match."""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:
        return ""


def _post(_request: Request, form: Form, _dialect: Dialect) -> _Presented | None:
    secret = form.get("client_secret")
    if secret is None:
        return None
    return _Presented("post", form.require("client_id"), secret)


_METHODS: tuple[Callable[[Request, Form, Dialect], _Presented | None], ...] = (
    _basic,
    _post,
)


def _refused(dialect: Dialect, refusal: Refusal, problem: str = "") -> OAuthRefused:
    said = refusal._replace(description=problem) if problem else refusal
    return OAuthRefused(said, _CHALLENGE if dialect.challenges else None)
