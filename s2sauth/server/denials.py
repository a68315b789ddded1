"""Who is shut out at once, whatever their token says."""

from dataclasses import dataclass, field, replace

from s2sauth._base.concurrency import Lock, renew_after_fork
from s2sauth.errors import ConfigurationError, Reason, Unauthenticated
from s2sauth.values import Identity

__all__ = ["Denials"]


@dataclass(frozen=True, slots=True)
class _Denied:
    """An immutable list of who is denied; published by one assignment."""

    client_ids: frozenset[str] = field(default=frozenset())
    token_ids: frozenset[str] = field(default=frozenset())
    key_ids: frozenset[str] = field(default=frozenset())


class Denials:
    """Clients, tokens and keys that are denied. Safe between threads, and after a fork.

    Attributes:
        any: Whether there are any; for callers in a hurry.
    """

    __slots__ = ("__weakref__", "_denied", "_lock", "any")

    def __init__(self) -> None:
        self.any = False
        self._denied = _Denied()
        self._lock = Lock()  # guards the order of writes
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Start afresh: a thread of the parent may have held the lock."""
        self._lock = Lock()

    def add(
        self,
        *,
        client_id: str | None = None,
        token_id: str | None = None,
        key_id: str | None = None,
    ) -> None:
        """Deny whoever or whatever is named.

        Raises:
            ConfigurationError: Nothing is named, or not by a string.
        """
        named = {"client_ids": client_id, "token_ids": token_id, "key_ids": key_id}
        given = {name: value for name, value in named.items() if value is not None}
        if not given or not all(
            isinstance(value, str) and value for value in given.values()
        ):
            message = (
                "deny() takes client_id=, token_id= or key_id=, a string that isn't "
                "empty"
            )
            raise ConfigurationError(message)
        with self._lock:
            more = {
                name: getattr(self._denied, name) | {value}
                for name, value in given.items()
            }
            self._denied = replace(self._denied, **more)
            self.any = True

    def check(self, identity: Identity, key_id: str | None = None) -> None:
        """Refuse who is denied.

        Args:
            identity: Whom a token speaks for.
            key_id: The id of the key that signed it.

        Raises:
            Unauthenticated: TOKEN_DENIED.
        """
        denied = self._denied
        if (
            identity.client_id in denied.client_ids
            or identity.token_id in denied.token_ids
            or key_id in denied.key_ids
        ):
            message = "the token's client, its id, or its key was denied"
            raise Unauthenticated(message, reason=Reason.TOKEN_DENIED)
