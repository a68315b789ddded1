"""Every error that s2sauth raises, and every reason that it gives.

::

    S2SAuthError                          never raised itself
    ├── ConfigurationError                wrong at construction time (also ValueError)
    ├── TokenError                        the client side could not get a token
    │   ├── TokenTimeout                  the caller's own time ran out (also TimeoutError)
    │   ├── TokenRequestRefused           the server said no, and no retry helps
    │   │   └── InvalidClient             it refused our credential
    │   ├── CredentialUnavailable         a secret source or key file can't be read
    │   ├── AuthorizationServerUnavailable    unreachable, 5xx, 429, timeout
    │   └── InvalidTokenResponse          it answered something that is no token response
    └── AccessError                       the server side refuses a request
        ├── Unauthenticated               401 / UNAUTHENTICATED
        ├── PermissionDenied              403 / PERMISSION_DENIED
        └── VerifierUnavailable           503 / UNAVAILABLE: keys or introspection out of reach

Messages say what was wrong, where, and what to do. None holds a token or a secret.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

__all__ = [
    "AccessError",
    "AuthorizationServerUnavailable",
    "ConfigurationError",
    "CredentialUnavailable",
    "InvalidClient",
    "InvalidTokenResponse",
    "PermissionDenied",
    "Reason",
    "S2SAuthError",
    "TokenError",
    "TokenRequestRefused",
    "TokenTimeout",
    "Unauthenticated",
    "VerifierUnavailable",
    "fresh_copy",
]


class Reason(StrEnum):
    """The closed list of reasons; each compares equal to its upper-case code.

    New members may be added in minor versions; none is ever renamed.
    """

    CONFIGURATION = "CONFIGURATION"

    # Getting a token
    TOKEN_TIMEOUT = "TOKEN_TIMEOUT"
    INVALID_REQUEST = "INVALID_REQUEST"
    INVALID_CLIENT = "INVALID_CLIENT"
    INVALID_GRANT = "INVALID_GRANT"
    UNAUTHORIZED_CLIENT = "UNAUTHORIZED_CLIENT"
    UNSUPPORTED_GRANT_TYPE = "UNSUPPORTED_GRANT_TYPE"
    INVALID_SCOPE = "INVALID_SCOPE"
    INVALID_TARGET = "INVALID_TARGET"
    ACCESS_DENIED = "ACCESS_DENIED"
    REFUSED = "REFUSED"
    SCOPES_NOT_GRANTED = "SCOPES_NOT_GRANTED"
    SECRET_UNAVAILABLE = "SECRET_UNAVAILABLE"
    SERVER_UNAVAILABLE = "SERVER_UNAVAILABLE"
    RATE_LIMITED = "RATE_LIMITED"
    TLS_FAILED = "TLS_FAILED"
    DISCOVERY_FAILED = "DISCOVERY_FAILED"
    INVALID_RESPONSE = "INVALID_RESPONSE"
    METHOD_NOT_DECLARED = "METHOD_NOT_DECLARED"
    CLOSED = "CLOSED"

    # Accepting a token: who are you
    TOKEN_MISSING = "TOKEN_MISSING"
    REQUEST_MALFORMED = "REQUEST_MALFORMED"
    TOKEN_MALFORMED = "TOKEN_MALFORMED"
    TOKEN_ALGORITHM = "TOKEN_ALGORITHM"
    TOKEN_TYPE = "TOKEN_TYPE"
    TOKEN_SIGNATURE = "TOKEN_SIGNATURE"
    TOKEN_CLAIMS = "TOKEN_CLAIMS"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    TOKEN_NOT_YET_VALID = "TOKEN_NOT_YET_VALID"
    TOKEN_TOO_OLD = "TOKEN_TOO_OLD"
    TOKEN_INACTIVE = "TOKEN_INACTIVE"
    TOKEN_BOUND = "TOKEN_BOUND"
    TOKEN_DENIED = "TOKEN_DENIED"
    USER_TOKEN = "USER_TOKEN"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    ISSUER = "ISSUER"
    AUDIENCE = "AUDIENCE"

    # Accepting a token: may you
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"
    CLIENT_NOT_ALLOWED = "CLIENT_NOT_ALLOWED"
    NO_RULE = "NO_RULE"
    DENIED = "DENIED"

    # Accepting a token: we can't tell
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"
    INTROSPECTION_UNAVAILABLE = "INTROSPECTION_UNAVAILABLE"


class S2SAuthError(Exception):
    """The root of every error of s2sauth; never raised itself.

    Args:
        message: What was wrong, where, and what to do; free of secrets.
        reason: One of `Reason`, or None for the class's own.

    Attributes:
        reason: The machine-readable cause.
    """

    reason: Reason = Reason.CONFIGURATION

    def __init__(self, message: str, *, reason: Reason | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class ConfigurationError(S2SAuthError, ValueError):
    """Something was wrong at construction time; the message names the argument."""

    reason = Reason.CONFIGURATION


class TokenError(S2SAuthError):
    """The client side could not get a token."""

    reason = Reason.SERVER_UNAVAILABLE


class TokenTimeout(TokenError, TimeoutError):
    """The caller's own time ran out; the fetch goes on for whoever asks next."""

    reason = Reason.TOKEN_TIMEOUT


class TokenRequestRefused(TokenError):
    """The authorization server said no, and no retry of the same request helps.

    Attributes:
        error: The `error` code of RFC 6749 §5.2, or None where the answer had none.
        error_description: The server's words, without our secret if it echoed it.
    """

    reason = Reason.REFUSED
    error: str | None = None
    error_description: str | None = None

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        error: str | None = None,
        error_description: str | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.error = error
        self.error_description = error_description


class InvalidClient(TokenRequestRefused):
    """The authorization server refused our credential (any 401, or `invalid_client`)."""

    reason = Reason.INVALID_CLIENT


class CredentialUnavailable(TokenError):
    """A secret source or a key file can't be read; nothing was sent."""

    reason = Reason.SECRET_UNAVAILABLE


class AuthorizationServerUnavailable(TokenError):
    """The authorization server can't be reached, or can't answer for now.

    Attributes:
        retry_after: Seconds the server asked us to wait, or None.
    """

    reason = Reason.SERVER_UNAVAILABLE
    retry_after: float | None = None

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after


class InvalidTokenResponse(TokenError):
    """The authorization server answered something that is no token response."""

    reason = Reason.INVALID_RESPONSE


class AccessError(S2SAuthError):
    """The server side refuses a request."""

    reason = Reason.DENIED


class Unauthenticated(AccessError):
    """No token, or none that holds: 401 over HTTP, UNAUTHENTICATED over gRPC."""

    reason = Reason.TOKEN_MALFORMED


class PermissionDenied(AccessError):
    """A good token that doesn't suffice: 403 over HTTP, PERMISSION_DENIED over gRPC.

    Attributes:
        required: The scopes that the rule asks for.
        missing: Those of them that the token lacks.
    """

    reason = Reason.DENIED
    required: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        required: Iterable[str] = (),
        missing: Iterable[str] = (),
    ) -> None:
        super().__init__(message, reason=reason)
        self.required = tuple(sorted(required))
        self.missing = tuple(sorted(missing))


class VerifierUnavailable(AccessError):
    """Keys or introspection can't be reached: 503 or UNAVAILABLE, never a 401.

    Attributes:
        retry_after: Seconds after which another try makes sense, or None.
    """

    reason = Reason.KEYS_UNAVAILABLE
    retry_after: float | None = None

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after


ErrorT = TypeVar("ErrorT", bound=BaseException)


def fresh_copy(error: ErrorT) -> ErrorT:
    """Give the same error as an object of its own, without traceback or context.

    One exception object raised in many threads grows one shared traceback; so
    everyone who waited for the same failure gets a copy.
    """
    copy = type(error).__new__(type(error), *error.args)
    copy.args = error.args
    copy.__dict__.update(error.__dict__)
    return copy
