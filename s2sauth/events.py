"""What happened: one stream of frozen events, and the port that takes them.

An observer is called in the thread where the thing happened, so that trace
context and audit hold. Put `observers.QueuedObserver` before a slow one. No event
holds a token, a secret or an assertion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from s2sauth.errors import Reason

__all__ = [
    "AccessDecided",
    "Event",
    "KeySkipped",
    "KeysRefreshFailed",
    "KeysRefreshed",
    "Observer",
    "ScopesNotGranted",
    "TokenFetchFailed",
    "TokenFetched",
    "TokenInvalidated",
    "TokenRejected",
    "TokenServedWhileRefreshFails",
    "WouldDeny",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Args:
        at: When, in POSIX seconds.
    """

    at: float


Observer: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenEvent(Event):
    client_id: str
    scope: str
    audience: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFetched(_TokenEvent):
    """A token was fetched.

    Args:
        lifetime: Seconds that it lives.
        duration: Seconds that the fetch took, retries included.
        background: Whether callers went on with the old one meanwhile.
    """

    lifetime: float
    duration: float
    background: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFetchFailed(_TokenEvent):
    """No token could be fetched.

    Args:
        reason: Why.
        message: The error's words.
        duration: Seconds that the fetch took, retries included.
        background: Whether a live token was there meanwhile.
        retry_in: Seconds for which no other fetch starts.
    """

    reason: Reason
    message: str
    duration: float
    background: bool
    retry_in: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenServedWhileRefreshFails(_TokenEvent):
    """A live token goes on being served although its refresh failed.

    Args:
        reason: Why the refresh failed.
        seconds_left: How long the token still lives.
    """

    reason: Reason
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopesNotGranted(_TokenEvent):
    """The server granted less than was asked for (RFC 6749 §3.3).

    Args:
        missing: What was asked for and not granted.
    """

    missing: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInvalidated(_TokenEvent):
    """A token was dropped because a service refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysRefreshed(Event):
    """The signing keys of an issuer were fetched.

    Args:
        issuer: Whose.
        key_ids: The ids of the usable keys, sorted; "" for a key without one.
        removed: The ids that were there before and are gone.
        duration: Seconds that the fetch took.
    """

    issuer: str
    key_ids: tuple[str, ...]
    removed: tuple[str, ...]
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysRefreshFailed(Event):
    """The signing keys of an issuer could not be fetched.

    Args:
        issuer: Whose.
        message: Why.
        serving_stale: Whether older keys still serve.
    """

    issuer: str
    message: str
    serving_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySkipped(Event):
    """One key of a set can't be used, and was left out.

    Args:
        issuer: Whose.
        key_id: Its id, or None.
        why: What is wrong with it.
    """

    issuer: str
    key_id: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRejected(Event):
    """A verifier refused a token, or could not judge it.

    Args:
        issuer: The issuer that the verifier expects.
        reason: The exact reason.
        message: The error's words.
    """

    issuer: str
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecided(Event):
    """A request was let in or refused: the line of an audit log.

    Args:
        operation: `/pkg.Service/Method`, or `POST /api/payments/charge`.
        transport: `grpc` or `http`.
        allowed: Whether it was let in.
        reason: Why not; None when let in.
        client_id: Who called, where known.
        subject: For whom, where known.
        issuer: Who says so, where known.
        scopes: What the token granted.
        token_id: The token's `jti`, where known.
    """

    operation: str
    transport: str
    allowed: bool
    reason: Reason | None
    client_id: str | None
    subject: str | None
    issuer: str | None
    scopes: frozenset[str]
    token_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldDeny(AccessDecided):
    """A request was let in by `enforce=False` and would have been refused."""
