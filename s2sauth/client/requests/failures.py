"""What a requests call raises for want of a token: both errors in one."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar, cast

import requests

from s2sauth.errors import AuthorizationServerUnavailable, TokenError, TokenTimeout
from s2sauth.values import AccessToken

__all__ = ["as_requests_error", "first_token"]

ErrorT = TypeVar("ErrorT", bound=TokenError)


def first_token(
    steps: Generator[AccessToken, bool, None], request: requests.PreparedRequest
) -> AccessToken:
    """Return the token that a flow begins with.

    Raises:
        TokenError: There's none; also a `requests.RequestException` for `request`.
    """
    try:
        return next(steps)
    except TokenError as error:
        failure = as_requests_error(error, request)
    try:
        raise failure  # outside the `except`: its context would hold more than we know
    finally:
        del failure  # it refers to this frame


def as_requests_error(error: ErrorT, request: requests.PreparedRequest) -> ErrorT:
    """Return the same error as one that handlers of requests catch too.

    Its class, reason and attributes are those of `error`, and it has `.request` and
    `.response` (None). A `TokenTimeout` is also a `requests.ConnectTimeout`, since
    waiting for a token counts as connecting; an `AuthorizationServerUnavailable` is
    also a `requests.ConnectionError`; any other a plain `RequestException`.
    """
    facts = {**error.__dict__, "request": request, "response": None}
    return _rebuild(type(error), error.args, facts)


def _rebuild(
    kind: type[ErrorT], args: tuple[Any, ...], facts: dict[str, Any]
) -> ErrorT:
    combined: type[ErrorT] = _combined(kind)
    error = combined.__new__(combined, *args)  # not __init__: the kinds' differ
    error.args = args
    error.__dict__.update(facts)
    return error


def _combined(kind: type[ErrorT]) -> type[ErrorT]:
    if issubclass(kind, requests.RequestException):
        return kind
    made = _made.get(kind) or _made.setdefault(kind, _combine(kind))
    return cast("type[ErrorT]", made)


_made: dict[type[TokenError], type[TokenError]] = {}  # one for each kind


def _combine(kind: type[TokenError]) -> type[TokenError]:
    bases = (kind, _requests_kind(kind))
    members = {"__doc__": kind.__doc__, "__module__": __name__, "__reduce__": _reduce}
    return type(kind.__name__, bases, members)


def _reduce(
    error: TokenError,
) -> tuple[Callable[..., TokenError], tuple[object, ...]]:
    """Pickle as the plain class and its facts: the combined one has no address."""
    kind = type(error).__bases__[0]
    return _rebuild, (kind, error.args, error.__dict__)


def _requests_kind(kind: type[TokenError]) -> type[requests.RequestException]:
    if issubclass(kind, TokenTimeout):
        return requests.ConnectTimeout
    if issubclass(kind, AuthorizationServerUnavailable):
        return requests.ConnectionError
    return requests.RequestException
