"""A session of one service's own: relative paths, a default timeout, its token."""

import re
from copy import copy
from typing import Any

import requests
from requests import PreparedRequest, Request, Response
from requests.adapters import BaseAdapter

from s2sauth.client.requests.adapter import mount
from s2sauth.client.requests.origin import normal_url
from s2sauth.errors import ConfigurationError
from s2sauth.values import TokenSource

__all__ = ["ServiceSession"]

_ABSOLUTE = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")


class ServiceSession(requests.Session):
    """A `requests.Session` for one service.

    `get("/charges")` and `get("charges")` both go below the service's URL, path and
    all: with `https://pay.internal/api` to `https://pay.internal/api/charges`. A whole
    URL goes where it says, with the token only if that's the service's origin.

    Threads can share it as far as they can share any `requests.Session`: calls at the
    same time are fine, settings and cookies are common to all.

    Args:
        origin_url: The service's URL; a path is taken as the base of relative ones.
        source: Where tokens come from: `manager.source(...)`.
        timeout: What a call without a timeout of its own gets: seconds, (connect,
            read), or None. A call that should wait for ever says `(None, None)`.
        inner: The adapter that sends; by default the session's own.
        allow_insecure: Whether the service may be plain http beyond loopback.

    Raises:
        ConfigurationError: `source` is no token source, or `origin_url` can't be the
            base of a service.

    Attributes:
        base_url: The service's URL, as requests writes it, without a slash at the end.
        timeout: As given; may be set anew.
    """

    # What a copy takes along; requests declares it on the class too.
    __attrs__ = [*requests.Session.__attrs__, "base_url", "timeout"]  # noqa: RUF012

    def __init__(
        self,
        origin_url: str,
        source: TokenSource,
        *,
        timeout: float | tuple[float | None, float | None] | None = 5.0,
        inner: BaseAdapter | None = None,
        allow_insecure: bool = False,
    ) -> None:
        super().__init__()
        base = normal_url(origin_url, "origin_url", allow_insecure=allow_insecure)
        if base.query:
            message = "origin_url must have no query: pass `params` to the call"
            raise ConfigurationError(message)
        self.base_url = base.geturl().rstrip("/")
        self.timeout = timeout
        origin = f"{base.scheme}://{base.netloc}"
        mount(self, origin, source, inner=inner, allow_insecure=allow_insecure)

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Resolve a relative path, then prepare as requests does."""
        resolved = copy(request)
        resolved.url = self._resolve(request.url)
        return super().prepare_request(resolved)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send as requests does, with the default timeout if there's none."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        return super().send(request, **kwargs)

    def _resolve(self, url: Any) -> str:
        text = url.decode() if isinstance(url, bytes) else str(url)
        if _ABSOLUTE.match(text):
            return text
        # Appended, not joined as RFC 3986 §5 has it: "//elsewhere" is a path here.
        glue = "/" if text and not text.startswith("?") else ""
        return f"{self.base_url}{glue}{text.lstrip('/')}"
