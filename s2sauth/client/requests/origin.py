"""One origin: scheme, host and port, compared exactly."""

from urllib.parse import SplitResult, urlsplit

import requests

from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError

__all__ = ["Origin", "normal_url"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin:
    """Where tokens may go. Immutable.

    Args:
        url: The origin, `https://payment-service.internal:8443`; no path.
        what: How a message names the argument.
        allow_insecure: Whether plain http beyond loopback is accepted.

    Raises:
        ConfigurationError: No origin, or a plain http one.

    Attributes:
        prefixes: What a URL of this origin starts with, as requests writes it; both
            spellings of the default port.
    """

    __slots__ = ("_authorities", "_scheme", "prefixes")

    def __init__(
        self, url: str, what: str = "origin", *, allow_insecure: bool = False
    ) -> None:
        parts = normal_url(url, what, allow_insecure=allow_insecure)
        if parts.path != "/" or parts.query:
            message = (
                f"{what} must end after the host and port: a token goes to all of an "
                "origin, so a path would promise too much"
            )
            raise ConfigurationError(message)
        self._scheme = parts.scheme
        self._authorities = _spellings(parts)
        self.prefixes = tuple(f"{parts.scheme}://{one}/" for one in self._authorities)

    def __repr__(self) -> str:
        return f"<Origin {self.prefixes[0]}>"

    def holds(self, url: str | None) -> bool:
        """Tell whether a prepared URL leads here; one with credentials never does."""
        if url is None:
            return False
        if url.startswith(self.prefixes):  # the authority ends with that slash
            return True
        try:
            parts = urlsplit(url)  # as requests does when it connects
        except ValueError:
            return False
        return parts.scheme == self._scheme and (
            parts.netloc.lower() in self._authorities
        )


def normal_url(url: str, what: str, *, allow_insecure: bool) -> SplitResult:
    """Return a URL as requests will write it: lower case, IDNA, a path.

    Raises:
        ConfigurationError: No http(s) URL that may be sent something secret.
    """
    check_url(url, what, allow_insecure=allow_insecure)
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except requests.RequestException:
        message = f"{what} must be an absolute https URL, not {url!r}"
    else:
        return urlsplit(prepared.url or "")
    raise ConfigurationError(message)


def _spellings(parts: SplitResult) -> tuple[str, ...]:
    """Return the authority; with a default port, as it's written with and without."""
    port = _DEFAULT_PORTS[parts.scheme]
    if parts.port not in {None, port}:
        return (parts.netloc,)
    host = parts.netloc.removesuffix(f":{port}")
    return (host, f"{host}:{port}")
