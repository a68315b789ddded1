"""What's shown: spans of time in words, and others' words made harmless."""

__all__ = ["in_words", "printable"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def in_words(seconds: float) -> str:
    """Return a span as its two largest units: `4 min 59 s`."""
    left = round(abs(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def printable(text: str) -> str:
    """Return text that does nothing to a terminal: tokens come from anyone."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii")
        for one in text
    )
