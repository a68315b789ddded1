"""Flask behind the door, by its test client."""

import asyncio
import functools
import itertools
import logging
from typing import Any

import flask
import pytest
from flask.views import MethodView, View

from s2sauth.errors import ConfigurationError, Reason
from s2sauth.events import AccessDecided, WouldDeny
from s2sauth.policy import Policy, Rule
from s2sauth.server.flask import FlaskAuth, public, require_scope
from s2sauth.server.identity import current_identity
from s2sauth.testing import StaticVerifier

pytestmark = pytest.mark.flask

VERIFIER = StaticVerifier(
    {
        "orders": {"client_id": "orders", "scopes": "read"},
        "billing": {"client_id": "billing", "scopes": "read write"},
    }
)
OTHER_VERIFIER = StaticVerifier({"partner": {"client_id": "partner", "scopes": "read"}})
ORDERS, BILLING, PARTNER = "Bearer orders", "Bearer billing", "Bearer partner"


_numbers = itertools.count()


def who(**_view_args):
    """Name the current caller, or nobody: the simplest view."""
    identity = current_identity(None)
    return "nobody" if identity is None else identity.client_id


def _view():
    """Make a view of its own, since decorators mark it."""

    def view(**view_args):
        return who()

    view.__name__ = f"view_{next(_numbers)}"  # which Flask takes as its endpoint
    return view


def _calls(view):
    """Make a view that calls another one."""

    def outer():
        return view()

    outer.__name__ = f"outer_{next(_numbers)}"
    return outer


def _app(policy=None, *, auth=True, **more):
    app = flask.Flask("store")
    app.testing = True
    if auth:
        FlaskAuth(app, VERIFIER, policy, **more)
    return app


def _ask(app, path="/x", authorization=None, method="GET"):
    """Return the status, and what the view said, or the error's wire code."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = app.test_client().open(path, method=method, headers=headers)
    refused = answer.is_json and method != "HEAD"
    said = answer.json["error"] if refused else answer.text
    answer.close()
    return answer.status_code, said


NO_TOKEN = (401, "TOKEN_MISSING")
INVALID = (401, "TOKEN_INVALID")
DENIED = (403, "NOT_ALLOWED")
LACKING = (403, "INSUFFICIENT_SCOPE")


def test_denied_by_default():
    """A route that nothing opens answers 403 to a verified caller, 401 to others."""
    app = _app()
    app.get("/x")(_view())

    assert DENIED == _ask(app, authorization=ORDERS)
    assert NO_TOKEN == _ask(app)
    assert INVALID == _ask(app, authorization="Bearer forged")


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/none", "GET", 404), ("/x", "POST", 405)]
)
@pytest.mark.parametrize("authorization", [None, ORDERS])
def test_what_is_not_routed_stays_so(path, method, status, authorization):
    """404 and 405 are Flask's own, token or not."""
    app = _app()
    app.get("/x")(_view())

    assert status == _ask(app, path, authorization, method)[0]


def test_a_redirect_stays_one():
    """A slash that's missing at the end is still a redirect."""
    app = _app()
    app.get("/x/")(_view())

    assert 308 == _ask(app)[0]
    assert NO_TOKEN == _ask(app, "/x/")


@pytest.mark.parametrize(
    ("decorator", "orders", "billing", "nobody"),
    [
        (require_scope("read"), (200, "orders"), (200, "billing"), NO_TOKEN),
        (require_scope("write"), LACKING, (200, "billing"), NO_TOKEN),
        (require_scope("read", "write"), LACKING, (200, "billing"), NO_TOKEN),
        (require_scope(any_scopes=["a", "write"]), LACKING, (200, "billing"), NO_TOKEN),
        (require_scope(any_scopes="write"), LACKING, (200, "billing"), NO_TOKEN),
        (require_scope("read", any_scopes="a"), LACKING, LACKING, NO_TOKEN),
        (require_scope(), (200, "orders"), (200, "billing"), NO_TOKEN),
        (public, (200, "nobody"), (200, "nobody"), (200, "nobody")),
    ],
)
def test_decorators_open_a_route(decorator, orders, billing, nobody):
    """A decorator lets in whom it says, and nobody else."""
    app = _app()
    app.get("/x")(decorator(_view()))

    assert orders == _ask(app, authorization=ORDERS)
    assert billing == _ask(app, authorization=BILLING)
    assert nobody == _ask(app)


def test_answers_as_the_rfc_says():
    """Challenge, body and type are those of RFC 6750."""
    app = _app(realm="pay", resource_metadata="https://pay/meta")
    app.get("/x")(require_scope("write")(_view()))

    answer = app.test_client().get("/x", headers={"Authorization": ORDERS})

    assert (
        'Bearer realm="pay", error="insufficient_scope", scope="write", '
        'resource_metadata="https://pay/meta"'
    ) == answer.headers["WWW-Authenticate"]
    assert {
        "error": "INSUFFICIENT_SCOPE",
        "required": ["write"],
        "missing": ["write"],
    } == answer.json


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        ("/x?access_token=orders", None),
        ("/x?access_token=orders", ORDERS),
        ("/x", f"{ORDERS}, {ORDERS}"),
        ("/x", f"{ORDERS},{ORDERS}"),
        ("/x", "Bearer"),
    ],
)
def test_a_malformed_request_is_a_400(path, authorization):
    """Several tokens, an empty one, or one in the query."""
    app = _app()
    app.get("/x")(require_scope("read")(_view()))

    assert (400, "TOKEN_INVALID") == _ask(app, path, authorization)


def test_a_policy_opens_routes():
    """A rule is matched with the path that Flask routes."""
    app = _app(Policy({"GET /items/*": Rule(all_scopes="write")}))
    app.route("/items/<item>", methods=["GET", "POST"])(_view())

    assert (200, "billing") == _ask(app, "/items/7", BILLING)
    assert LACKING == _ask(app, "/items/7", ORDERS)
    assert DENIED == _ask(app, "/items/7", BILLING, "POST")
    assert (200, "") == _ask(app, "/items/7", BILLING, "HEAD")
    assert DENIED == _ask(app, "/items/%252e%252e", BILLING)


def test_a_path_is_judged_as_flask_routes_it():
    """Flask takes slashes at the start for one, and so does the policy there."""
    app = _app(Policy({"GET /**": Rule(public=True), "GET /x": Rule(deny=True)}))
    app.get("/x")(_view())
    doubled = {"PATH_INFO": "//x"}

    answer = app.test_client().get("/x", environ_overrides=doubled)

    assert 401 == answer.status_code


@pytest.mark.parametrize(
    ("rule", "decorator", "expected"),
    [
        (Rule(all_scopes="write"), require_scope("read"), LACKING),
        (Rule(all_scopes="read"), require_scope("write"), LACKING),
        (Rule(public=True), require_scope("write"), LACKING),
        (Rule(all_scopes="write"), public, LACKING),
        (Rule(deny=True), require_scope("read"), DENIED),
        (Rule(clients="orders"), require_scope("read"), (200, "orders")),
        (Rule(public=True), require_scope("read"), (200, "orders")),
    ],
)
def test_policy_and_decorator_hold_both(rule, decorator, expected):
    """Where a route has a rule and a decorator, the stricter one wins."""
    app = _app(Policy({"GET /x": rule}))
    app.get("/x")(decorator(_view()))

    assert expected == _ask(app, authorization=ORDERS)


def test_denied_clients_are_shut_out_of_decorated_routes():
    """The policy's list holds for routes that only a decorator opens."""
    app = _app(Policy(denied_clients="orders"))
    app.get("/x")(require_scope("read")(_view()))

    assert DENIED == _ask(app, authorization=ORDERS)
    assert (200, "billing") == _ask(app, authorization=BILLING)


def test_decorators_stack():
    """Each of several decorators holds."""
    app = _app()
    app.get("/x")(require_scope("read")(require_scope("write")(_view())))

    assert LACKING == _ask(app, authorization=ORDERS)
    assert (200, "billing") == _ask(app, authorization=BILLING)


def _noisy(view):
    @functools.wraps(view)
    def noisy(*args, **kwargs):
        return "noisy " + view(*args, **kwargs)

    return noisy


def _opaque(view):
    def opaque(**view_args):
        return view(**view_args)

    return opaque


def test_other_decorators_in_between():
    """One that keeps the view's attributes changes nothing; any other one closes it."""
    app = _app()
    app.get("/noisy")(_noisy(require_scope("read")(_view())))
    app.get("/inside")(require_scope("read")(_noisy(_view())))
    app.get("/opaque", endpoint="opaque")(_opaque(require_scope("read")(_view())))

    assert (200, "noisy orders") == _ask(app, "/noisy", ORDERS)
    assert (200, "noisy orders") == _ask(app, "/inside", ORDERS)
    assert DENIED == _ask(app, "/opaque", ORDERS)


def test_automatic_options_are_judged():
    """Flask's answer to OPTIONS follows the decorator, and a policy says it itself."""
    app = _app(Policy({"GET /rule": Rule(all_scopes="read")}))
    app.get("/x")(require_scope("read")(_view()))
    app.get("/open")(public(_view()))
    app.get("/rule", endpoint="rule")(who)

    assert NO_TOKEN == _ask(app, "/x", None, "OPTIONS")
    assert (200, "") == _ask(app, "/x", ORDERS, "OPTIONS")
    assert (200, "") == _ask(app, "/open", None, "OPTIONS")
    assert DENIED == _ask(app, "/rule", ORDERS, "OPTIONS")


def test_static_files_are_denied_unless_opened(tmp_path):
    """Flask's own route for files is a route like any other."""
    (tmp_path / "a.txt").write_text("file")

    def served(policy):
        app = flask.Flask(
            "store", static_folder=str(tmp_path), static_url_path="/static"
        )
        FlaskAuth(app, VERIFIER, policy)
        return _ask(app, "/static/a.txt")

    assert NO_TOKEN == served(None)
    assert (200, "file") == served(Policy({"GET /static/**": Rule(public=True)}))


def test_blueprints():
    """Decorators work on a blueprint's views, before and after it's registered."""
    app = _app()
    outer, inner = flask.Blueprint("a", "a"), flask.Blueprint("b", "b")
    outer.get("/x")(require_scope("read")(_view()))
    inner.get("/y")(require_scope("write")(_view()))
    inner.get("/z", endpoint="z")(_view())
    outer.register_blueprint(inner, url_prefix="/in")
    app.register_blueprint(outer, url_prefix="/out")

    assert (200, "orders") == _ask(app, "/out/x", ORDERS)
    assert LACKING == _ask(app, "/out/in/y", ORDERS)
    assert DENIED == _ask(app, "/out/in/z", ORDERS)


def test_a_blueprints_own_error_handler_opens_nothing():
    """Handlers of the application never get to answer in our place."""
    app = _app()
    blueprint = flask.Blueprint("a", "a")
    blueprint.errorhandler(Exception)(lambda error: "handled")
    app.errorhandler(401)(lambda error: "handled")
    blueprint.get("/x")(require_scope("read")(_view()))
    app.register_blueprint(blueprint)

    assert NO_TOKEN == _ask(app)


def test_judged_before_any_other_function():
    """What runs before requests sees only those let in, and who calls."""
    app = flask.Flask("store")
    seen = []
    app.before_request(lambda: seen.append(who()))
    FlaskAuth(app, VERIFIER)
    app.get("/x")(require_scope("read")(_view()))

    assert (401, 200) == (_ask(app)[0], _ask(app, authorization=ORDERS)[0])
    assert ["orders"] == seen


class Item(MethodView):
    """A view class with a decorator on each method but one."""

    @require_scope("read")
    def get(self):
        return who()

    @require_scope("write")
    def post(self):
        return who()

    @public
    def put(self):
        return who()

    def delete(self):
        return who()


def test_the_methods_of_a_class():
    """Each method is judged by its own decorator; without one it's denied."""
    app = _app()
    app.add_url_rule("/x", view_func=Item.as_view("item"))

    assert (200, "orders") == _ask(app, "/x", ORDERS)
    assert (200, "") == _ask(app, "/x", ORDERS, "HEAD")
    assert (401, "") == _ask(app, "/x", None, "HEAD")
    assert LACKING == _ask(app, "/x", ORDERS, "POST")
    assert (200, "nobody") == _ask(app, "/x", None, "PUT")
    assert DENIED == _ask(app, "/x", BILLING, "DELETE")
    assert DENIED == _ask(app, "/x", BILLING, "OPTIONS")


def test_a_class_as_a_whole():
    """A decorator on a class, or among its `decorators`, holds for all of its views."""

    @require_scope("write")
    class Decorated(View):
        def dispatch_request(self):
            return who()

    class Listed(View):
        decorators = [require_scope("write")]  # noqa: RUF012 - as Flask's manual says

        def dispatch_request(self):
            return who()

    class Derived(Decorated):
        pass

    @public
    class Open(View):
        def dispatch_request(self):
            return who()

    app = _app()
    for one in (Decorated, Listed, Derived, Open):
        app.add_url_rule(f"/{one.__name__}", view_func=one.as_view(one.__name__))

    assert [LACKING] * 3 == [
        _ask(app, path, ORDERS) for path in ("/Decorated", "/Listed", "/Derived")
    ]
    assert [(200, "billing")] * 3 == [
        _ask(app, path, BILLING) for path in ("/Decorated", "/Listed", "/Derived")
    ]
    assert (200, "nobody") == _ask(app, "/Open")


def test_a_class_that_is_no_view():
    """Decorating any other class would guard nothing, so it's an error."""
    for decorator in (require_scope("read"), public):
        with pytest.raises(ConfigurationError, match="no view class"):
            decorator(type("NoView", (), {}))


# Order mistakes


def test_above_the_route_is_an_error():
    """A guard above the route's decorator is an error where the application is seen."""
    app = _app(auth=False)

    with pytest.raises(ConfigurationError, match="below the route"):

        @require_scope("read", verifier=VERIFIER)
        @app.get("/x")
        def view():
            return who()


def test_above_a_blueprints_route_is_an_error():
    """The same for a blueprint, which registers its views later."""
    blueprint = flask.Blueprint("a", "a")

    with pytest.raises(ConfigurationError, match="below the route"):

        @require_scope("read")
        @blueprint.get("/x")
        def view():
            return who()


def test_proxies_in_the_module_are_no_trouble():
    """Flask's proxies, which can't be asked outside of a request, are let alone."""
    current_app, request, g = flask.current_app, flask.request, flask.g

    @require_scope("read")
    def view():
        return current_app, request, g

    assert "view" == view.__name__


def test_above_the_route_where_nothing_is_seen(caplog):
    """Where the mistake can't be seen, the route is denied, and the log says why."""
    app = _app()
    _guard_apart(app.get("/x")(_view()))

    with caplog.at_level(logging.ERROR, "s2sauth"):
        answers = [_ask(app, authorization=ORDERS) for _ in range(2)]

    assert [DENIED] * 2 == answers
    [record] = caplog.records
    assert "put it below" in record.message


def _guard_apart(view):
    """Guard a view where no name leads to its application."""
    require_scope("read")(view)


def test_public_above_the_route_works():
    """`public` marks the view itself, so its place doesn't matter."""
    app = _app()
    public(app.get("/x")(_view()))

    assert (200, "nobody") == _ask(app)


@pytest.mark.parametrize(
    "decorate",
    [
        lambda view: public(require_scope("read")(view)),
        lambda view: require_scope("read")(public(view)),
        lambda view: public(require_scope("read", verifier=VERIFIER)(view)),
        lambda view: require_scope("read", verifier=VERIFIER)(public(view)),
    ],
)
def test_public_and_guarded_is_an_error(decorate):
    """A view can't be both."""
    with pytest.raises(ConfigurationError, match="both public and guarded"):
        decorate(_view())


def test_missing_parentheses():
    """`@require_scope` without its scopes is an error that shows how."""
    bare: Any = require_scope

    with pytest.raises(ConfigurationError, match="@require_scope\\("):
        bare(_view())


@pytest.mark.parametrize("scope", ["a b", "", 3])
def test_a_scope_that_is_none(scope):
    """A malformed scope is an error where it's written."""
    with pytest.raises(ConfigurationError, match="all_scopes"):
        require_scope(scope)


def test_what_can_t_be_marked():
    """A bound method can be guarded, but not be made public."""
    app = _app()

    class Shop:
        def view(self):
            return who()

    app.get("/x")(require_scope("read")(Shop().view))

    assert (200, "orders") == _ask(app, authorization=ORDERS)
    with pytest.raises(ConfigurationError, match="can't be marked"):
        public(Shop().view)


# Without FlaskAuth


def test_a_guard_without_a_door_fails():
    """A guarded view of an application without FlaskAuth fails, and doesn't run."""
    app = _app(auth=False)
    app.get("/x")(require_scope("read")(_view()))

    with pytest.raises(ConfigurationError, match="no FlaskAuth"):
        _ask(app, authorization=ORDERS)
    app.testing = False
    assert 500 == _ask(app, authorization=ORDERS)[0]


def test_a_guard_with_a_verifier_of_its_own():
    """`verifier=` guards one view, and the rest of the application is none of its business."""
    app = _app(auth=False)
    app.get("/x")(require_scope("write", verifier=VERIFIER)(_view()))
    app.get("/open", endpoint="open")(who)

    assert (200, "billing") == _ask(app, authorization=BILLING)
    assert LACKING == _ask(app, authorization=ORDERS)
    assert NO_TOKEN == _ask(app)
    assert (400, "TOKEN_INVALID") == _ask(app, "/x?access_token=billing", BILLING)
    assert (200, "nobody") == _ask(app, "/open", BILLING)


def test_its_own_verifier_in_place_of_the_application():
    """In an application with FlaskAuth it's asked in its place for that view."""
    app = _app()
    app.get("/x")(require_scope("read", verifier=OTHER_VERIFIER)(_view()))

    assert (200, "partner") == _ask(app, authorization=PARTNER)
    assert INVALID == _ask(app, authorization=ORDERS)
    assert NO_TOKEN == _ask(app)


def test_its_own_verifier_beside_a_rule_or_another_guard():
    """Where something else guards the view as well, both must be content."""
    app = _app(Policy({"GET /x": Rule(clients="orders")}))
    guard = require_scope("read", verifier=OTHER_VERIFIER)
    app.get("/x")(guard(_view()))
    app.get("/y", endpoint="y")(require_scope("read")(guard(_view())))
    reached: list[str] = []
    app.before_request(lambda: reached.append(flask.request.path))

    for path in ("/x", "/y"):
        assert INVALID == _ask(app, path, PARTNER)
        assert [] == reached
        assert INVALID == _ask(app, path, ORDERS)
        assert [path] == reached
        reached.clear()


def test_its_own_verifier_on_a_method_of_a_class():
    """It works on one method of a class, too."""

    class Mixed(MethodView):
        @require_scope("read", verifier=OTHER_VERIFIER)
        def get(self):
            return who()

    app = _app()
    app.add_url_rule("/x", view_func=Mixed.as_view("mixed"))

    assert (200, "partner") == _ask(app, authorization=PARTNER)


def test_a_verifier_that_is_none():
    """Something else than a verifier is an error where it's written."""
    wrong: Any = "verifier"

    with pytest.raises(ConfigurationError, match="verifier"):
        require_scope("read", verifier=wrong)


# Views that call views


def test_a_public_view_that_calls_a_guarded_one():
    """The inner view's guard holds, also from a view that verifies nothing."""
    app = _app()
    inner = require_scope("write")(_view())
    app.get("/x")(public(_calls(inner)))

    assert NO_TOKEN == _ask(app)
    assert LACKING == _ask(app, authorization=ORDERS)
    assert (200, "billing") == _ask(app, authorization=BILLING)


# Events, report only


def test_one_event_for_each_decision():
    """Events name the route, not the path, and say who called."""
    events: list[Any] = []
    app = _app(observers=[events.append])
    app.get("/items/<item>")(require_scope("write")(_view()))
    app.get("/open", endpoint="open")(public(_view()))

    _ask(app, "/items/7", ORDERS)
    _ask(app, "/items/8", BILLING)
    _ask(app, "/open")
    _ask(app, "/none", ORDERS)

    assert [
        (AccessDecided, "GET /items/<item>", Reason.INSUFFICIENT_SCOPE, "orders"),
        (AccessDecided, "GET /items/<item>", None, "billing"),
        (AccessDecided, "GET /open", None, None),
    ] == [(type(one), one.operation, one.reason, one.client_id) for one in events]


def test_report_only():
    """Without enforcing, everyone is let in, and the observers know."""
    events: list[Any] = []
    app = _app(observers=[events.append], enforce=False)
    app.get("/x")(require_scope("write")(_view()))
    app.get("/y", endpoint="y")(_view())

    assert (200, "nobody") == _ask(app)
    assert (200, "orders") == _ask(app, "/x", ORDERS)
    assert (200, "orders") == _ask(app, "/y", ORDERS)
    assert [
        (WouldDeny, Reason.TOKEN_MISSING),
        (WouldDeny, Reason.INSUFFICIENT_SCOPE),
        (WouldDeny, Reason.NO_RULE),
    ] == [(type(one), one.reason) for one in events]


# The identity, and its end


@pytest.mark.parametrize("own", [None, VERIFIER])
def test_streamed_answers_see_their_caller(own):
    """A generator sees who called, with Flask's context or without it."""
    app = _app(auth=own is None)

    def stream():
        def chunks():
            yield who()
            yield "+"
            yield who()

        return chunks()

    def in_context():
        return flask.Response(flask.stream_with_context(stream()))

    guard = require_scope("read", verifier=own)
    app.get("/x")(guard(stream))
    app.get("/y")(guard(in_context))

    assert (200, "orders+orders") == _ask(app, "/x", ORDERS)
    assert (200, "billing+billing") == _ask(app, "/y", BILLING)
    assert "nobody" == who()


@pytest.mark.parametrize("own", [None, VERIFIER])
def test_an_answer_that_is_never_read_leaves_nobody(own):
    """Neither an answer left lying nor a view that raises leaves an identity behind."""
    app = _app(auth=own is None)

    def stream():
        yield who()

    def fails():
        raise OSError(who())

    guard = require_scope("read", verifier=own)
    app.get("/x")(guard(stream))
    app.get("/fails")(guard(fails))
    client = app.test_client()

    answer = client.get("/x", headers={"Authorization": ORDERS}, buffered=False)
    assert "nobody" == who()
    with pytest.raises(OSError, match="orders"):
        client.get("/fails", headers={"Authorization": ORDERS})
    assert "nobody" == who()
    answer.close()


def test_teardown_functions_see_the_caller():
    """What Flask runs at the end of a request still sees who called."""
    app = _app()
    seen = []
    app.teardown_request(lambda error: seen.append(who()))

    @app.after_request
    def after(answer):
        seen.append(who())
        return answer

    app.get("/x")(require_scope("read")(_view()))

    _ask(app, authorization=ORDERS)

    assert ["orders", "orders"] == seen


def test_a_request_context_of_a_test():
    """A request context without a request has an identity until it's popped."""
    app = _app()
    app.get("/x")(require_scope("read")(_view()))

    with app.test_request_context("/x", headers={"Authorization": ORDERS}):
        answer = app.full_dispatch_request()
        assert ("orders", "orders") == (answer.get_data(as_text=True), who())
    assert "nobody" == who()


def test_requests_that_share_an_application_context():
    """What one request was judged by counts for none after it."""
    app = _app()
    inner = require_scope("write")(_view())
    app.get("/x")(inner)
    app.get("/y", endpoint="y")(public(_calls(inner)))

    with app.app_context():
        assert (200, "billing") == _ask(app, "/x", BILLING)
        assert NO_TOKEN == _ask(app, "/y")


def test_async_views():
    """A coroutine function can be guarded as well."""

    class Async(flask.Flask):
        def async_to_sync(self, func):
            return lambda *args, **kwargs: asyncio.run(func(*args, **kwargs))

    app = Async("store")
    FlaskAuth(app, VERIFIER)

    @app.get("/x")
    @require_scope("read")
    async def view():
        return who()

    assert (200, "orders") == _ask(app, authorization=ORDERS)
    assert NO_TOKEN == _ask(app)


# Construction


def test_one_door_for_an_application():
    """A second FlaskAuth on one application is an error."""
    with pytest.raises(ConfigurationError, match="already"):
        FlaskAuth(_app(), VERIFIER)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"verifier": None}, "verifier"),
        ({"policy": {"GET /": Rule()}}, "policy"),
        ({"realm": 'a"b'}, "realm"),
        ({"resource_metadata": "ä"}, "resource_metadata"),
    ],
)
def test_mistakes_at_construction(given, words):
    """A wrong argument is an error that says it, and leaves the application alone."""
    app = _app(auth=False)

    with pytest.raises(ConfigurationError, match=words):
        FlaskAuth(app, **{"verifier": VERIFIER, **given})

    assert {} == app.extensions
