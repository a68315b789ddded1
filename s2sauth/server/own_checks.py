"""What a service asks of callers beside the rules of tokens; it can only refuse."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    PermissionDenied,
    Reason,
    VerifierUnavailable,
)
from s2sauth.server.arguments import check_names
from s2sauth.values import Identity

__all__ = ["OwnCheck", "OwnChecks"]

OwnCheck: TypeAlias = Callable[[Identity], Any]  # raises an AccessError to refuse


class OwnChecks:
    """Judges identities whose token holds. Safe to share between threads.

    Args:
        clients: The only client ids that are let in; None: all.
        check: Called with each identity, of tokens seen before too.

    Attributes:
        any: Whether there's anything to judge; for callers in a hurry.

    Raises:
        ConfigurationError: An argument of the wrong kind, or no client at all.
    """

    __slots__ = ("_check", "_clients", "any")

    def __init__(
        self, clients: str | Iterable[str] | None, check: OwnCheck | None
    ) -> None:
        if check is not None and not callable(check):
            message = "check must be a function that takes an Identity"
            raise ConfigurationError(message)
        self._clients = None if clients is None else check_names("clients", clients)
        self._check = check
        self.any = self._clients is not None or check is not None

    def judge(self, identity: Identity) -> None:
        """Refuse who isn't to be let in; what `check` returns counts for nothing.

        Raises:
            AccessError: CLIENT_NOT_ALLOWED, or what `check` raised.
            VerifierUnavailable: `check` failed: then it can't be told.
        """
        if self._clients is not None and identity.client_id not in self._clients:
            message = "the token's client isn't among the clients of this verifier"
            raise PermissionDenied(message, reason=Reason.CLIENT_NOT_ALLOWED)
        if self._check is None:
            return
        try:
            self._check(identity)
        except AccessError:
            raise
        except Exception as error:  # noqa: BLE001 - it's the user's; nobody is let in by it
            message = f"the verifier's own check failed ({type(error).__name__})"
        else:
            return
        raise VerifierUnavailable(message)
