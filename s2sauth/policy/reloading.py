"""A policy that's read anew while the service runs, all or nothing."""

import os
from collections.abc import Mapping

from s2sauth.policy.policy import Policy
from s2sauth.policy.rules import Rule

__all__ = ["PolicyFile"]


class PolicyFile(Policy):
    """The policy in a TOML file, as it was when it was last read well.

    Takes the place of any `Policy`; `|` and `==` take it as it stands. Nothing is read
    but by `reload`, so call that when the file has changed, for example::

        policy = PolicyFile("policy.toml")
        signal.signal(signal.SIGHUP, lambda *_: policy.reload())

    Safe to share between threads, and after a fork: readers see the whole old policy
    or the whole new one. Each process reads its own.

    Args:
        path: The file; see `Policy.from_file`.

    Raises:
        ConfigurationError: As `Policy.from_file`.
    """

    __slots__ = ("_current", "_path")

    # Not immutable, hence in no set.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._current = Policy.from_file(path)  # published by one assignment
        super().__init__()

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rule of each key as it stands, read-only."""
        return self._current.rules

    @property
    def denied_clients(self) -> frozenset[str]:
        """The clients that are shut out now."""
        return self._current.denied_clients

    @property
    def current(self) -> Policy:
        """The policy as it stands; immutable."""
        return self._current

    def rule_for(self, operation: str) -> Rule | None:
        """Return the rule that decides now; see `Policy.rule_for`."""
        return self._current.rule_for(operation)

    def reload(self) -> bool:
        """Read the file again; calls that are judged from now on see it.

        Returns:
            Whether anything changed.

        Raises:
            ConfigurationError: It's broken, or gone: the old policy stays as it was.
        """
        previous, read = self._current, Policy.from_file(self._path)
        if read == previous:
            return False  # and every rule stays the same object
        self._current = read
        return True
