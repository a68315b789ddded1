"""What a caller who is refused gets to know, over HTTP and over gRPC.

=====================  ====  ======================================  ==================
error                  HTTP  WWW-Authenticate                        wire code
=====================  ====  ======================================  ==================
no token               401   Bearer                                  TOKEN_MISSING
several, or in the     400   Bearer error="invalid_request"          TOKEN_INVALID
query
expired                401   Bearer error="invalid_token"            TOKEN_EXPIRED
any other bad token    401   Bearer error="invalid_token"            TOKEN_INVALID
scopes are lacking     403   … error="insufficient_scope", scope=…   INSUFFICIENT_SCOPE
refused otherwise      403   Bearer error="insufficient_scope"       NOT_ALLOWED
it can't be told       503   none, but Retry-After                   UNAVAILABLE
=====================  ====  ======================================  ==================

The exact reason stays in the error and in the event.
"""

import json
import math
import re
from dataclasses import dataclass
from http import HTTPStatus

from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    PermissionDenied,
    Reason,
    VerifierUnavailable,
)

__all__ = ["Challenge", "HttpAnswer", "http_status", "wire_code", "www_authenticate"]

_RETRY_AFTER = 5  # seconds, where nothing better is known
_MAX_RETRY_AFTER = 3600
# RFC 6750 §3: what the value of `scope` may hold, and what that of `error` and of
# everything else may, so that nothing needs an escape.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_QUOTABLE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


def wire_code(error: AccessError) -> str:
    """Return the code that the caller learns; coarser than `error.reason`."""
    if isinstance(error, VerifierUnavailable):
        return "UNAVAILABLE"
    if isinstance(error, PermissionDenied):
        lacking = error.reason is Reason.INSUFFICIENT_SCOPE
        return "INSUFFICIENT_SCOPE" if lacking else "NOT_ALLOWED"
    if error.reason in (Reason.TOKEN_MISSING, Reason.TOKEN_EXPIRED):
        return error.reason.value
    return "TOKEN_INVALID"


def http_status(error: AccessError) -> HTTPStatus:
    """Return the status that says it over HTTP (RFC 6750 §3.1)."""
    if isinstance(error, VerifierUnavailable):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, PermissionDenied):
        return HTTPStatus.FORBIDDEN
    if error.reason is Reason.REQUEST_MALFORMED:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.UNAUTHORIZED


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What this server says of itself in every `WWW-Authenticate`.

    Args:
        realm: The protection space (RFC 9110 §11.5), or None.
        resource_metadata: The URL of this server's metadata (RFC 9728 §5.1), or None.

    Raises:
        ConfigurationError: A value that can't stand in the header.
    """

    realm: str | None = None
    resource_metadata: str | None = None

    def __post_init__(self) -> None:
        for name in ("realm", "resource_metadata"):
            value = getattr(self, name)
            if value is not None and not _is_quotable(value):
                message = f"{name} must be visible ASCII without quotes and backslashes"
                raise ConfigurationError(message)

    def header(self, error: AccessError) -> str | None:
        """Return the value of `WWW-Authenticate`; None where none belongs."""
        if isinstance(error, VerifierUnavailable):
            return None
        parameters = {
            "realm": self.realm,
            "error": _error_code(error),
            "scope": _scope(error),
            "resource_metadata": self.resource_metadata,
        }
        shown = ", ".join(f'{name}="{one}"' for name, one in parameters.items() if one)
        return f"Bearer {shown}" if shown else "Bearer"


def www_authenticate(error: AccessError) -> str | None:
    """Return the challenge of a server that says nothing of itself."""
    return Challenge().header(error)


def _is_quotable(value: object) -> bool:
    return isinstance(value, str) and _QUOTABLE.fullmatch(value) is not None


def _error_code(error: AccessError) -> str | None:
    if error.reason is Reason.TOKEN_MISSING:
        return None
    if error.reason is Reason.REQUEST_MALFORMED:
        return "invalid_request"
    if isinstance(error, PermissionDenied):
        return "insufficient_scope"
    return "invalid_token"


def _scope(error: AccessError) -> str | None:
    if not isinstance(error, PermissionDenied):
        return None
    return " ".join(one for one in error.required if _SCOPE.fullmatch(one))


class HttpAnswer:
    """A refusal as an HTTP response.

    Args:
        error: Why.
        challenge: What the server says of itself.

    Attributes:
        status: The status.
        headers: Content-Type, Content-Length, and what else belongs.
        body: The wire code, and which scopes are required and missing, as JSON.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, error: AccessError, challenge: Challenge) -> None:
        self.status = http_status(error)
        self.body = _body(error)
        self.headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(self.body))),
        ]
        header = challenge.header(error)
        if header is not None:
            self.headers.append(("WWW-Authenticate", header))
        if isinstance(error, VerifierUnavailable):
            self.headers.append(("Retry-After", str(_retry_after(error))))


def _body(error: AccessError) -> bytes:
    required: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if isinstance(error, PermissionDenied):
        required, missing = error.required, error.missing
    facts = {"error": wire_code(error), "required": required, "missing": missing}
    return json.dumps(facts).encode("ascii")


def _retry_after(error: VerifierUnavailable) -> int:
    if error.retry_after is None:
        return _RETRY_AFTER
    return math.ceil(min(max(error.retry_after, 1), _MAX_RETRY_AFTER))
