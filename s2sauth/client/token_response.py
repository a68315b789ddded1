"""Reads the token endpoint's answer: a token, a refusal, or neither.

Source: RFC 6749 §5.1 and §5.2; what real servers add or leave out is named where
it's dealt with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import isfinite
from typing import Any

from s2sauth._base.bearer import MAX_TOKEN_LENGTH, is_token
from s2sauth._base.http import Answer
from s2sauth._base.retry import is_passing
from s2sauth._base.strict import NotStrict, parse_object
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    InvalidClient,
    InvalidTokenResponse,
    Reason,
    TokenRequestRefused,
)

__all__ = ["TokenAnswer", "read_token_answer"]

_ERROR_CODE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}")
_LONGEST_DESCRIPTION = 300
_KNOWN_ERRORS = frozenset(  # RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2
    {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_NOT_VISIBLE = re.compile(r"[^\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """What a good answer says.

    Args:
        value: The token.
        lifetime: Seconds that it lives, counted from before the request was sent.
        scopes: What was granted.
    """

    value: str
    lifetime: float
    scopes: frozenset[str]

    def __repr__(self) -> str:
        return f"<TokenAnswer lifetime={self.lifetime:.0f}>"


def read_token_answer(
    answer: Answer,
    *,
    asked: frozenset[str],
    default_lifetime: float,
    secrets: tuple[str, ...],
    retry_after: float | None,
    where: str,
) -> TokenAnswer:
    """Return the token that the answer brings.

    Args:
        answer: What came back.
        asked: The scopes asked for; granted, where the answer names none.
        default_lifetime: Seconds, where it names no `expires_in`.
        secrets: What is cut out of the server's words.
        retry_after: Seconds that it asks us to wait, or None.
        where: What messages call the server.

    Raises:
        InvalidClient: Any 401, or `invalid_client`.
        TokenRequestRefused: Another 3xx or 4xx.
        AuthorizationServerUnavailable: 408, 429, 5xx.
        InvalidTokenResponse: No token response.
    """
    if answer.status == HTTPStatus.OK:
        return _token(answer.body, asked, default_lifetime, where)
    if is_passing(answer.status):
        raise _unavailable(answer.status, retry_after, where)
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        message = f"{where} answered {answer.status} where 200 was due"
        raise InvalidTokenResponse(message)
    raise _refusal(answer, secrets, where)


def _token(
    body: bytes, asked: frozenset[str], default_lifetime: float, where: str
) -> TokenAnswer:
    problem: str | None
    try:
        members = parse_object(body)
    except NotStrict as error:
        problem = f"the answer is {error}"
    else:
        problem = _problem(members)
        if problem is None:
            return TokenAnswer(
                value=members["access_token"],
                lifetime=_lifetime(members, default_lifetime),
                scopes=_granted(members, asked),
            )
    message = f"{where} answered 200 with no token response: {problem}"
    raise InvalidTokenResponse(message)


def _problem(members: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a token response, without quoting it."""
    token = members.get("access_token")
    kind = members.get("token_type")
    if type(token) is not str or not is_token(token):
        return "access_token must be a string of visible ASCII without spaces"
    if len(token) > MAX_TOKEN_LENGTH:
        return f"access_token is longer than {MAX_TOKEN_LENGTH} characters"
    if type(kind) is not str or kind.lower() != "bearer":
        return "token_type must be Bearer"
    if not _is_lifetime(members.get("expires_in")):
        return "expires_in must be a number of seconds, 0 or more"
    if type(members.get("scope", "")) is not str:
        return "scope must be a string"
    return None


def _is_lifetime(value: object) -> bool:
    if value is None:
        return True  # RFC 6749 only recommends it; null is seen too
    if type(value) is str:  # seen from servers that write every value as a string
        return value.isascii() and value.isdigit() and len(value) <= 15  # noqa: PLR2004 - beyond any year that counts
    if type(value) not in (int, float):
        return False
    try:
        return isfinite(float(value)) and value >= 0  # type: ignore[arg-type,operator]  # checked above
    except OverflowError:
        return False


def _lifetime(members: Mapping[str, Any], default: float) -> float:
    value = members.get("expires_in")
    return default if value is None else float(value)


def _granted(members: Mapping[str, Any], asked: frozenset[str]) -> frozenset[str]:
    if "scope" not in members:
        return asked  # RFC 6749 §5.1: left out when identical to what was asked
    return frozenset(members["scope"].split(" ")) - {""}


def _unavailable(
    status: int, retry_after: float | None, where: str
) -> AuthorizationServerUnavailable:
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    return AuthorizationServerUnavailable(
        f"{where} answered {status}"
        + (": it limits how often we may ask" if limited else ""),
        reason=Reason.RATE_LIMITED if limited else Reason.SERVER_UNAVAILABLE,
        retry_after=retry_after,
    )


def _refusal(
    answer: Answer, secrets: tuple[str, ...], where: str
) -> TokenRequestRefused | AuthorizationServerUnavailable:
    error, description = _oauth_error(answer.body, secrets)
    if error in _PASSING_ERRORS:
        return AuthorizationServerUnavailable(f"{where} says {error}")
    words = f"{where} refused the token request with {answer.status}"
    words += f" ({error})" if error else ""
    words += f": {description}" if description else ""
    if answer.status == HTTPStatus.UNAUTHORIZED or error == "invalid_client":
        message = f"{words}; check the client id and its credential"
        return InvalidClient(message, error=error, error_description=description)
    if answer.status < HTTPStatus.BAD_REQUEST:
        words += "; redirects are not followed: check token_url"
    return TokenRequestRefused(
        words,
        reason=_reason(error),
        error=error,
        error_description=description,
    )


def _reason(error: str | None) -> Reason:
    # Not any `Reason` of that name: a server mustn't choose among those of ours.
    return Reason(error.upper()) if error in _KNOWN_ERRORS else Reason.REFUSED


def _oauth_error(
    body: bytes, secrets: tuple[str, ...]
) -> tuple[str | None, str | None]:
    """Return `error` and `error_description` where the answer has good ones."""
    try:
        members = parse_object(body)
    except NotStrict:
        return None, None
    error = members.get("error")
    if type(error) is not str or _ERROR_CODE.fullmatch(error) is None:
        return None, None
    if any(secret in error for secret in secrets):
        return None, None
    return error, _clean(members.get("error_description"), secrets)


def _clean(description: object, secrets: tuple[str, ...]) -> str | None:
    """Return the server's words without our secrets, on one line, not too long."""
    if type(description) is not str:
        return None
    # The longest first: a short one may stand within another by chance, and what's
    # left of that would stay.
    for secret in sorted(secrets, key=len, reverse=True):
        description = description.replace(secret, "[removed]")
    return _NOT_VISIBLE.sub(" ", description)[:_LONGEST_DESCRIPTION].strip() or None
