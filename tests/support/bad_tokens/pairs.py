"""Bad tokens of our own, written as pairs: what's spoilt, and the same one good."""

from collections.abc import Callable
from typing import Any

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.spoiling import claims, good, header, payload, with_raw
from support.tokens import Signer

__all__ = ["claim", "entry", "head", "raw_claim", "whole_payload"]

_UNNUMBERED = 0  # `more.py` numbers them


def entry(
    name: str,
    reason: Reason,
    make: Callable[[Signer], Any],
    sibling: Callable[[Signer], str] = good,
) -> BadToken:
    """Return an entry that has no number yet."""
    return BadToken(_UNNUMBERED, name, reason, make, sibling)


def claim(name: str, label: str, reason: Reason, bad: Any, *sibling: Any) -> BadToken:
    """Return an entry about the value of one claim; callables get the time.

    Args:
        name: Of the claim.
        label: What's wrong with it.
        reason: Why it's refused.
        bad: The value.
        sibling: A good value of the same claim; none: that of a good token.
    """
    accepted = claims(**{name: sibling[0]}) if sibling else good
    return entry(f"{name} {label}", reason, claims(**{name: bad}), accepted)


def head(name: str, label: str, reason: Reason, bad: Any, *sibling: Any) -> BadToken:
    """Return an entry about the value of one header member; as `claim`."""
    accepted = header(**{name: sibling[0]}) if sibling else good
    return entry(f"header {name} {label}", reason, header(**{name: bad}), accepted)


def raw_claim(label: str, bad: bytes, sibling: bytes) -> BadToken:
    """Return an entry about how a value is spelt in JSON."""
    return entry(
        f"JSON with {label}",
        Reason.TOKEN_MALFORMED,
        with_raw("extra", bad),
        with_raw("extra", sibling),
    )


def whole_payload(label: str, edit: Callable[[bytes], bytes]) -> BadToken:
    """Return an entry about the bytes of the payload."""
    return entry(f"payload {label}", Reason.TOKEN_MALFORMED, payload(edit))
