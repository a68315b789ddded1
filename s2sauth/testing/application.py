"""From a request to its answer: routes, counts, faults, and the endpoints behind."""

from collections.abc import Callable
from http import HTTPStatus

from s2sauth.testing.dialects import Site
from s2sauth.testing.faults import FaultPlan, RequestCounts
from s2sauth.testing.messages import Answer, OAuthRefused, Request, json_answer

__all__ = ["Application"]

Handler = Callable[[Request], Answer]
_METHODS = {
    "token": ("POST",),
    "introspection": ("POST",),
    "revocation": ("POST",),
    "jwks": ("GET", "HEAD"),
    "discovery": ("GET", "HEAD"),
}


class Application:
    """Answers requests. Thread-safe.

    Args:
        site: Gives where the server stands; asked for each request.
        handlers: What answers, by endpoint.
        faults: What's to go wrong.
        counts: Where every request to an endpoint is counted, refused ones too.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        handlers: dict[str, Handler],
        faults: FaultPlan,
        counts: RequestCounts,
    ) -> None:
        self._site = site
        self._handlers = handlers
        self._faults = faults
        self._counts = counts

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        endpoint = _routes(self._site()).get(request.path)
        if endpoint is None:
            return json_answer({"error": "not_found"}, HTTPStatus.NOT_FOUND)
        self._counts.add(endpoint)
        self._faults.wait(endpoint)
        fault = self._faults.take(endpoint)
        if fault is not None:
            return fault
        return self._handle(endpoint, request)

    def _handle(self, endpoint: str, request: Request) -> Answer:
        methods = _METHODS[endpoint]
        if request.method not in methods:
            content = {"error": "HTTP 405 Method Not Allowed"}
            allowed = {"Allow": ", ".join(methods)}
            return json_answer(content, HTTPStatus.METHOD_NOT_ALLOWED, allowed)
        try:
            return self._handlers[endpoint](request)
        except OAuthRefused as refused:
            return refused.answer()


def _routes(site: Site) -> dict[str, str]:
    """Return which endpoint stands at which path."""
    routes = {site.path(name): name for name in site.dialect.paths}
    path = site.issuer_path.rstrip("/")
    # OpenID puts its document behind the issuer's path, RFC 8414 §3.1 before it.
    routes[f"{path}/.well-known/openid-configuration"] = "discovery"
    routes[f"/.well-known/oauth-authorization-server{path}"] = "discovery"
    return routes
