"""Checks what provider functions are given: domains, and names that go into URLs."""

import re

from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError

__all__ = ["base_url", "url_part"]

_PART = re.compile(r"[A-Za-z0-9._~-]+")


def base_url(domain: str, what: str) -> str:
    """Return the https URL of a domain, without a slash at its end.

    Args:
        domain: `acme.example.com`; or a URL, for servers on loopback.
        what: How the message names it.

    Raises:
        ConfigurationError: It's no domain, or a URL with a path.
    """
    if not isinstance(domain, str) or not domain:
        message = f"{what} must be a domain such as acme.example.com"
        raise ConfigurationError(message)
    url = (domain if "://" in domain else f"https://{domain}").rstrip("/")
    check_url(url, what, allow_insecure=True)
    if "/" in url.partition("://")[2] or "?" in url:
        message = f"{what} must be a domain such as acme.example.com, without a path"
        raise ConfigurationError(message)
    return url


def url_part(value: str, what: str) -> str:
    """Return a name that stands in a URL as it is.

    Raises:
        ConfigurationError: It's empty, or has characters that no such name has.
    """
    if not isinstance(value, str) or _PART.fullmatch(value) is None:
        message = f"{what} must be a name of letters, digits, '-', '_' and '.'"
        raise ConfigurationError(message)
    return value
