"""Flask behind the door: denied by default, opened by decorators or a policy.

::

    FlaskAuth(app, verifier)

    @app.post("/api/payments/charge")
    @require_scope("payments:write")
    def charge():
        return current_identity().client_id
"""

import logging
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

try:
    import flask
except ImportError as error:
    missing = "s2sauth.server.flask needs Flask: pip install 's2sauth[flask]'"
    raise ImportError(missing) from error

from s2sauth.errors import AccessError, ConfigurationError
from s2sauth.events import Observer
from s2sauth.policy import Policy, Rule
from s2sauth.server.answers import Challenge, HttpAnswer
from s2sauth.server.decision import Door
from s2sauth.server.environ import IdentityScope, authorization_values, query_problem
from s2sauth.server.identity import identity_reset, identity_set
from s2sauth.server.marks import (
    add_rule,
    check_order,
    decorate_class,
    guards_itself,
    is_inside_decorator,
    rules_of,
    set_guards_itself,
)
from s2sauth.values import Identity, Verifier

__all__ = ["FlaskAuth", "public", "require_scope"]

ViewT = TypeVar("ViewT", bound=Callable[..., Any])

_log = logging.getLogger("s2sauth")

_EXTENSION = "s2sauth"
_REGISTRIES = (flask.Flask, flask.Blueprint)
_PUBLIC = Rule(public=True)
# Kept in the environ, since `flask.g` may live longer than one request.
_SCOPE = "s2sauth.scope"
_RESET = "s2sauth.reset"
_JUDGED = "s2sauth.judged"


class FlaskAuth:
    """Guards a whole Flask application: what nothing opens is denied.

    A route is opened by `@require_scope`, by `@public`, or by a rule of the policy;
    where there are several, all of them hold. Any other route answers 403 to a verified
    caller and 401 to everyone else. That includes Flask's own route for static files
    (open it with `Policy({"GET /static/**": Rule(public=True)})`) and its automatic
    answers to OPTIONS, which are judged by the decorators of the route, and by a policy
    as OPTIONS. What isn't routed stays 404 or 405.

    Requests are judged before any other `before_request` function. A policy is matched
    with the path as Flask routes it; events name the route (`GET /users/<id>`), so that
    their number is bounded. Works with blueprints and class-based views. Safe to share
    between threads.

    Args:
        app: The application; it gets one `FlaskAuth` only.
        verifier: Tells good tokens from bad ones.
        policy: Says who may call what, beside the decorators.
        observers: Told of every decision.
        enforce: False: report only; nothing is refused.
        realm: Named in challenges (RFC 9110 §11.5).
        resource_metadata: The URL of this server's metadata, named in challenges
            (RFC 9728 §5.1).

    Raises:
        ConfigurationError: The application has one already; `verifier`, `policy`, or a
            text that can't stand in a header.
    """

    def __init__(
        self,
        app: flask.Flask,
        verifier: Verifier,
        policy: Policy | None = None,
        *,
        observers: Iterable[Observer] = (),
        enforce: bool = True,
        realm: str | None = None,
        resource_metadata: str | None = None,
    ) -> None:
        if _EXTENSION in app.extensions:
            message = f"the application {app.name!r} has a FlaskAuth already"
            raise ConfigurationError(message)
        self._door = Door(
            verifier,
            Policy() if policy is None else policy,
            transport="http",
            observers=observers,
            enforce=enforce,
        )
        self._challenge = Challenge(realm=realm, resource_metadata=resource_metadata)
        self._warned: set[str] = set()
        self._install(app)

    def _install(self, app: flask.Flask) -> None:
        app.register_error_handler(AccessError, self._answer)
        app.teardown_request(_forget)
        app.extensions[_EXTENSION] = self
        app.before_request_funcs.setdefault(None, []).insert(0, self._before_request)
        app.wsgi_app = _scoped(app.wsgi_app)  # type: ignore[assignment,method-assign]  # as Flask's manual says

    def _before_request(self) -> flask.Response | None:
        if flask.request.routing_exception is not None:
            return None  # 404, 405, or a redirect: Flask's own answer
        view = flask.current_app.view_functions.get(flask.request.endpoint or "")
        rules = rules_of(view, flask.request.method)
        rule = self._door.rule_for(f"{flask.request.method} {flask.request.path}")
        if rule is None and not rules:
            if guards_itself(view, flask.request.method):
                return None  # its decorator verifies, with a verifier of its own
            if is_inside_decorator(view):
                self._warn(flask.request.endpoint or "")
        try:
            self.judge(rule, rules)
        except AccessError as error:
            return self._answer(error)
        return None

    def judge(self, rule: Rule | None, also: tuple[Rule, ...]) -> None:
        """Judge the current request, and make its identity the current one.

        Raises:
            AccessError: It's refused.
        """
        environ = flask.request.environ
        identity = _admit(self._door, rule, also)
        environ[_JUDGED] = environ.get(_JUDGED, ()) + also
        _make_current(environ, identity)

    def _answer(self, error: AccessError) -> flask.Response:
        return _response(error, self._challenge)

    def _warn(self, endpoint: str) -> None:
        if endpoint not in self._warned:
            self._warned.add(endpoint)
            _log.error(
                "the view of %r is denied: @require_scope stands above the route's "
                "decorator, where it guards nothing; put it below",
                endpoint,
            )


def public(view: ViewT) -> ViewT:
    """Let anyone call a view, without a token.

    `current_identity()` raises LookupError there: nothing is verified.

    Raises:
        ConfigurationError: It's guarded by `require_scope` as well.
    """
    if isinstance(view, type):
        decorate_class(view, public)
    else:
        add_rule(view, _PUBLIC)
    return view


def require_scope(
    *scopes: str, any_scopes: str | Iterable[str] = (), verifier: Verifier | None = None
) -> Callable[[ViewT], ViewT]:
    """Let only callers with these scopes call a view; without any, all verified ones.

    Put it below the route's decorator: above, it would guard nothing, which is an error
    where it can be seen. It may also stand on a `View` class, among its `decorators`,
    or on the methods of a `MethodView`. The view fails, rather than run unguarded,
    where its application has no `FlaskAuth` and `verifier` isn't given.

    Args:
        scopes: Scopes that the token must hold, all of them.
        any_scopes: Scopes of which it must hold at least one.
        verifier: For applications without `FlaskAuth`: tells good tokens from bad
            ones. In one with `FlaskAuth` it's asked in place of that one's, unless a
            rule of the policy covers the route: then both are.

    Raises:
        ConfigurationError: A malformed scope, a missing pair of parentheses, or a
            view that's public or registered already.
    """
    if any(map(callable, scopes)):
        message = 'require_scope needs its scopes: @require_scope("payments:write")'
        raise ConfigurationError(message)
    rule = Rule(all_scopes=scopes, any_scopes=any_scopes)
    door = None if verifier is None else Door(verifier, Policy(), transport="http")

    def decorate(view: ViewT) -> ViewT:
        if isinstance(view, type):
            decorate_class(view, decorate)
            return view
        check_order(view, sys._getframe(1), _REGISTRIES)  # noqa: SLF001 - the only way to see where
        return _guarded(view, rule, door)

    return decorate


def _guarded(view: ViewT, rule: Rule, door: Door | None) -> ViewT:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        call = flask.current_app.ensure_sync(view)
        if door is not None:
            return _run_behind(door, rule, lambda: call(*args, **kwargs))
        _hold(rule)
        return call(*args, **kwargs)

    if door is None:
        add_rule(guarded, rule)
    else:
        set_guards_itself(guarded)
    return guarded  # type: ignore[return-value]  # wraps keeps the signature


def _hold(rule: Rule) -> None:
    """Make sure that the current request was judged by `rule`."""
    auth = flask.current_app.extensions.get(_EXTENSION)
    if auth is None:
        message = (
            "a view has @require_scope, but its application no FlaskAuth: make one, "
            "or give the decorator verifier="
        )
        raise ConfigurationError(message)
    if not any(one is rule for one in flask.request.environ.get(_JUDGED, ())):
        auth.judge(None, (rule,))  # called from another view


def _run_behind(door: Door, rule: Rule, call: Callable[[], Any]) -> flask.Response:
    try:
        identity = _admit(door, rule, ())
    except AccessError as error:
        return _response(error, Challenge())
    scope = IdentityScope(identity)
    response = scope.run(lambda: flask.current_app.make_response(call()))
    body: Any = response.response  # of str or bytes; each chunk is handed on as it is
    response.response = scope.hold(flask.request.environ, body)
    return response


def _admit(door: Door, rule: Rule | None, also: tuple[Rule, ...]) -> Identity | None:
    request = flask.request
    route = request.path if request.url_rule is None else request.url_rule.rule
    return door.admit(
        f"{request.method} {route}",
        rule,
        authorization_values(request.environ),
        also=also,
        malformed=query_problem(request.environ),
    )


def _response(error: AccessError, challenge: Challenge) -> flask.Response:
    answer = HttpAnswer(error, challenge)
    return flask.Response(answer.body, answer.status, answer.headers)


def _scoped(app: WSGIApplication) -> WSGIApplication:
    """Hold the identity through each step of an answer, streamed ones included."""

    def scoped(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ[_SCOPE] = scope = IdentityScope()
        return scope.hold(environ, scope.run(app, environ, start_response))

    return scoped


def _make_current(environ: WSGIEnvironment, identity: Identity | None) -> None:
    reset = identity_set(identity)
    if _SCOPE in environ:
        environ[_SCOPE].identity = identity  # which also resets it
    else:
        # A request context without a request, as in tests.
        environ.setdefault(_RESET, reset)


def _forget(_error: BaseException | None) -> None:
    reset = flask.request.environ.pop(_RESET, None)
    if reset is not None:
        identity_reset(reset)
