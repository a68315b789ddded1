"""Any WSGI application behind the door."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from s2sauth.errors import AccessError
from s2sauth.events import Observer
from s2sauth.policy import Policy
from s2sauth.server.answers import Challenge, HttpAnswer
from s2sauth.server.decision import Door
from s2sauth.server.environ import IdentityScope, authorization_values, query_problem
from s2sauth.values import Verifier

__all__ = ["AuthMiddleware"]


class AuthMiddleware:
    """A WSGI application that lets through only what a policy allows.

    The operation is `REQUEST_METHOD` in capitals, a space, and `PATH_INFO` as UTF-8:
    what frameworks route on, so relative to where a server mounts this. Put it inside
    of anything that rewrites either. Refusals are answered as RFC 6750 §3 says. The
    body is never read: a token in a form counts as none. Safe to share between
    threads.

    `current_identity()` is there while the application is called, while its answer is
    generated, streamed ones included, and when that is closed. In between nothing is
    left on the thread, also when an answer is never closed.

    Args:
        app: The application.
        verifier: Tells good tokens from bad ones.
        policy: Says who may call what; without a rule nobody.
        observers: Told of every decision.
        enforce: False: report only; nothing is refused.
        realm: Named in challenges (RFC 9110 §11.5).
        resource_metadata: The URL of this server's metadata, named in challenges
            (RFC 9728 §5.1).

    Raises:
        ConfigurationError: `verifier`, `policy`, or a text that can't stand in a
            header.
    """

    def __init__(
        self,
        app: WSGIApplication,
        verifier: Verifier,
        policy: Policy,
        *,
        observers: Iterable[Observer] = (),
        enforce: bool = True,
        realm: str | None = None,
        resource_metadata: str | None = None,
    ) -> None:
        self._app = app
        self._door = Door(
            verifier, policy, transport="http", observers=observers, enforce=enforce
        )
        self._challenge = Challenge(realm=realm, resource_metadata=resource_metadata)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle one request (PEP 3333)."""
        operation = _operation(environ)
        try:
            identity = self._door.admit(
                operation,
                self._door.rule_for(operation),
                authorization_values(environ),
                malformed=query_problem(environ),
            )
        except AccessError as error:
            answer = HttpAnswer(error, self._challenge)
        else:
            scope = IdentityScope(identity)
            return scope.hold(environ, scope.run(self._app, environ, start_response))
        start_response(f"{answer.status.value} {answer.status.phrase}", answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def _operation(environ: WSGIEnvironment) -> str:
    # PEP 3333: bytes that look like Latin-1. In capitals, as frameworks route it.
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return f"{environ['REQUEST_METHOD'].upper()} {path or '/'}"
