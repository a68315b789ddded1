"""Checks that many constructors share; each names the argument that can't be right."""

from s2sauth.errors import ConfigurationError

__all__ = ["check_seconds"]


def check_seconds(name: str, value: object, *, zero: bool = False) -> float:
    """Return a number of seconds.

    Args:
        name: Of the argument.
        value: What was passed.
        zero: Whether it may be 0.

    Raises:
        ConfigurationError: It's no finite number above 0, or of 0 or more.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
        if 0 <= seconds < float("inf") and (seconds or zero):
            return seconds
    least = "of 0 or more" if zero else "above 0"
    message = f"{name} must be a finite number of seconds {least}"
    raise ConfigurationError(message)
