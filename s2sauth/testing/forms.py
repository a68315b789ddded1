"""Form bodies, read as strictly as RFC 6749 asks."""

import re
from urllib.parse import parse_qsl

from s2sauth.testing.messages import OAuthRefused, Refusal, Request, refuse

__all__ = ["Form", "has_broken_escape", "parse_form"]

FORM_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 100
# RFC 6749 §2.3.1: credentials never go into the URI, where logs keep them.
_NEVER_IN_URI = {"client_secret", "client_assertion", "token", "access_token"}
# RFC 8707 §2 and RFC 8693 §2.1: these alone may come several times.
_REPEATABLE = {"resource", "audience"}
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Form:
    """The fields of one form; empty ones count as left out (RFC 6749 §3.1)."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = [(name, value) for name, value in fields if value]

    def get(self, name: str) -> str | None:
        """Return a field's value, or None."""
        return next(iter(self.all(name)), None)

    def require(self, name: str) -> str:
        """Return a field's value.

        Raises:
            OAuthRefused: It's missing (`invalid_request`).
        """
        value = self.get(name)
        if value is None:
            refuse("invalid_request", f"Missing form parameter: {name}")
        return value

    def all(self, name: str) -> list[str]:
        """Return every value of a field that may come several times."""
        return [value for field, value in self._fields if field == name]


def parse_form(request: Request, wrong_type: Refusal) -> Form:
    """Read the body of a POST.

    Args:
        request: The request.
        wrong_type: How another content type is refused.

    Raises:
        OAuthRefused: Another content type, a malformed body, a field that came
            twice, or a credential in the URI.
    """
    if request.headers.get_content_type() != FORM_TYPE:
        raise OAuthRefused(wrong_type)
    fields = _fields(request.body)
    names = [name for name, _ in fields if name not in _REPEATABLE]
    if len(names) != len(set(names)):
        refuse("invalid_request", "duplicated parameter")
    if any(name in _NEVER_IN_URI for name, _ in parse_qsl(request.query)):
        refuse("invalid_request", "credentials and tokens must not be sent in the URI")
    return Form(fields)


def has_broken_escape(text: str) -> bool:
    """Tell whether a `%` isn't followed by two hexadecimal digits."""
    return _BROKEN_ESCAPE.search(text) is not None


def _fields(body: bytes) -> list[tuple[str, str]]:
    fields = _parsed(body) if body else []
    if fields is None:
        refuse("invalid_request", "the body is not form-urlencoded UTF-8")
    return fields


def _parsed(body: bytes) -> list[tuple[str, str]] | None:
    """Return the fields, or None where it's no such form; the reason is no matter."""
    if not body.isascii() or has_broken_escape(body.decode("ascii")):
        return None
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:  # a field without `=`, too many fields, no UTF-8
        return None
