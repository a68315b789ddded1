"""What the fuzzers drive: bytes in, the name of the rule that they reached out.

A target is called with any bytes at all. It returns what became of each input that
it made of them, and lets through whatever isn't an `AccessError`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from support.fuzzing.edits import Words, with_one_more
from support.fuzzing.introspection import IntrospectionTarget
from support.fuzzing.key_sets import KeySetTarget
from support.fuzzing.parser import ParserTarget
from support.fuzzing.verifier import VerifierTarget

__all__ = ["TARGETS", "Target", "with_one_more"]


class Target(Protocol):
    """Something that reads bytes.

    Attributes:
        words: What its inputs are made of.
    """

    words: Words

    def __call__(self, data: bytes) -> list[str]:
        """Return what became of each input made of `data`."""
        ...


TARGETS: Mapping[str, Callable[[], Target]] = {
    "parser": ParserTarget,
    "verifier": VerifierTarget,
    "keys": KeySetTarget,
    "introspection": IntrospectionTarget,
}
