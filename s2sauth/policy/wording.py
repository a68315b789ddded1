"""Words that several messages of the policy share."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return `; did you mean X?`, or nothing where nothing is close.

    Args:
        name: What was written.
        known: What there is.
        cutoff: How alike they must be, from 0 to 1.
    """
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean {close[0]}?" if close else ""
