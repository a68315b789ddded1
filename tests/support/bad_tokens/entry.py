"""One bad token, as a value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s2sauth.errors import Reason
from support.tokens import Signer


@dataclass(frozen=True)
class BadToken:
    """One input.

    Args:
        number: In the survey.
        name: What is wrong with it.
        reason: Why it's refused; None: it's accepted, and that's right.
        make: Makes it; it may be no string at all.
        sibling: Makes the good one that differs in the spoilt field alone.
    """

    number: int
    name: str
    reason: Reason | None
    make: Callable[[Signer], Any]
    sibling: Callable[[Signer], str]

    @property
    def id(self) -> str:
        return f"{self.number:02}-{self.name.replace(' ', '-')}"

    def fits_a_header(self, token: Any) -> bool:
        """Tell whether a token can travel in an HTTP header or in metadata."""
        return (
            isinstance(token, str)
            and token.isascii()
            and token.isprintable()
            and token.strip() == token
            and 0 < len(token) < 4096
        )
