"""Any source, remembered; and two sources during an overlap."""

from typing import NoReturn

from s2sauth._base.arguments import check_seconds
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.errors import CredentialUnavailable
from s2sauth.secret_sources.memory import SecretMemory
from s2sauth.secret_sources.source import SecretSource, check_source, read_secret

__all__ = ["CachedSecret"]


class CachedSecret:
    """A source that's asked no more often than needed.

    It's asked when the first fetch needs it, again after `max_age`, and at once when
    the server refused what it gave. With `previous=` the server may know either of
    two secrets while they are changed: the one refused gives way to the other. Safe
    to share between threads, and after a fork; pickling it is an error.

    Args:
        source: The source: any callable, such as a client of your own vault.
        previous: Gives the secret before the current one, asked after a refusal; one
            that fails counts as none.
        max_age: Seconds for which an answer is remembered; 0: none is.
        timeout: Seconds that the sources may take to answer.
        clock: What these are counted by; for tests.

    Raises:
        ConfigurationError: An argument can't be.
    """

    def __init__(
        self,
        source: SecretSource,
        *,
        previous: SecretSource | None = None,
        max_age: float = 300.0,
        timeout: float = 10.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._source = check_source("source", source)
        self._previous = previous and check_source("previous", previous)
        self._memory = SecretMemory(
            self._ask,
            name="the secret source",
            max_age=check_seconds("max_age", max_age, zero=True),
            limit=check_seconds("timeout", timeout),
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"CachedSecret({self._source!r})"

    def __call__(self) -> str:
        """Return the secret to prove with now.

        Raises:
            CredentialUnavailable: The source failed.
        """
        return self._memory.secret()

    def refused(self, secret: str) -> None:
        """Take note that the server refused a secret."""
        self._memory.refused(secret)

    def _ask(self, with_previous: bool) -> tuple[str, ...]:  # noqa: FBT001 - as the port says
        current = read_secret(self._source)
        if not with_previous or self._previous is None:
            return (current,)
        try:
            return (current, read_secret(self._previous))
        except CredentialUnavailable:  # the overlap is over
            return (current,)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a secret source can't be pickled: make one in each process"
        raise TypeError(message)
