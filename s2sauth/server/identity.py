"""Who calls: the same function in every framework and in gRPC handlers."""

from contextvars import ContextVar, Token
from enum import Enum
from typing import Literal, TypeVar, overload

from s2sauth.values import Identity

__all__ = ["current_identity", "identity_reset", "identity_set"]

DefaultT = TypeVar("DefaultT")


class _Absent(Enum):
    ABSENT = 0


_current: ContextVar[Identity | None] = ContextVar("s2sauth_identity", default=None)


@overload
def current_identity() -> Identity: ...


@overload
def current_identity(default: DefaultT) -> Identity | DefaultT: ...


def current_identity(
    default: object | Literal[_Absent.ABSENT] = _Absent.ABSENT,
) -> object:
    """Return the identity of the request that's handled here and now.

    It's there while a request is handled whose token was verified, its streamed
    answer included, and gone for the next request on the same thread. It's kept in a
    context variable: a thread that a handler starts sees it only if it's started with
    a copy of the context.

    Args:
        default: What to return where there's none.

    Raises:
        LookupError: There's none, and no default: outside a request, or in a public
            method, which verifies nothing.
    """
    identity = _current.get()
    if identity is not None:
        return identity
    if default is _Absent.ABSENT:
        message = (
            "no identity here: this isn't a request, or the method is public and "
            "verifies nothing; current_identity(None) gives None then"
        )
        raise LookupError(message)
    return default


def identity_set(identity: Identity | None) -> Token[Identity | None]:
    """Make `identity` the current one; for adapters.

    Returns:
        What `identity_reset` wants, in the same context.
    """
    return _current.set(identity)


def identity_reset(token: Token[Identity | None]) -> None:
    """Make current what was so before `identity_set`; for adapters."""
    _current.reset(token)
