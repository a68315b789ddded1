"""What decorators say of a view, kept on the view itself; for every framework."""

from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Rule

__all__ = [
    "add_rule",
    "check_order",
    "decorate_class",
    "guards_itself",
    "is_inside_decorator",
    "rules_of",
    "set_guards_itself",
]

View = Callable[..., Any]

_RULES = "__s2sauth_rules__"
_GUARDED = "__s2sauth_guarded__"
_INSIDE = "__s2sauth_inside__"


def rules_of(view: object, method: str) -> tuple[Rule, ...]:
    """Return the rules that decorators gave a view; all of them hold.

    Args:
        view: A function, or what a view class's `as_view` made.
        method: The HTTP method, since a class may have decorators on each.
    """
    return _rules(view) + _rules(_method_of(view, method))


def add_rule(view: View, rule: Rule) -> None:
    """Give a view one more rule.

    Raises:
        ConfigurationError: It'd be both public and not.
    """
    _set(view, _RULES, (*_rules(view), rule))
    _check_agreement(view)


def guards_itself(view: object, method: str) -> bool:
    """Tell whether a decorator with a verifier of its own guards the view."""
    own = getattr(view, _GUARDED, False)
    return own or getattr(_method_of(view, method), _GUARDED, False)


def set_guards_itself(view: View) -> None:
    """Note that a decorator with a verifier of its own guards the view.

    Raises:
        ConfigurationError: It's public.
    """
    _set(view, _GUARDED, value=True)
    _check_agreement(view)


def is_inside_decorator(view: object) -> bool:
    """Tell whether a view is the bare inside of a guarded one."""
    return getattr(view, _INSIDE, False) and not _is_guarded(view)


def decorate_class(view_class: type, decorator: Callable[[Any], Any]) -> None:
    """Have a view class decorate every view that's made of it.

    Raises:
        ConfigurationError: It's no view class.
    """
    decorators = getattr(view_class, "decorators", None)
    if decorators is None or not hasattr(view_class, "as_view"):
        message = (
            f"{view_class.__qualname__} is no view class: nothing would be guarded"
        )
        raise ConfigurationError(message)
    view_class.decorators = [*decorators, decorator]  # type: ignore[attr-defined]  # it's there: see above


def check_order(
    view: View, frame: FrameType | None, registries: tuple[type, ...]
) -> None:
    """Check that a view isn't registered yet when its guard comes.

    A decorator above the one that registers the view guards nothing: the bare view is
    what gets called. Looks at the applications and blueprints that the decorating
    code has names for; where it has none, nothing can be seen.

    Args:
        view: What's being decorated.
        frame: Where.
        registries: The classes of what views are registered with.

    Raises:
        ConfigurationError: It's registered already.
    """
    with suppress(AttributeError):  # a bound method can't be marked, and needn't be
        setattr(view, _INSIDE, True)
    names = {**frame.f_globals, **frame.f_locals} if frame is not None else {}
    # By their type: asking a proxy such as `current_app` itself may raise.
    found = [one for one in names.values() if issubclass(type(one), registries)]
    if any(_is_registered(view, one) for one in found):
        message = (
            f"{_name_of(view)} is registered before it's guarded, so the guard would "
            "never run: put @require_scope below the route's decorator"
        )
        raise ConfigurationError(message)


def _is_registered(view: View, registry: Any) -> bool:
    if any(one is view for one in registry.view_functions.values()):
        return True
    # A blueprint keeps its views in functions that run when it's registered itself.
    deferred = getattr(registry, "deferred_functions", ())
    cells = [
        cell for one in deferred for cell in getattr(one, "__closure__", None) or ()
    ]
    return any(cell.cell_contents is view for cell in cells)


def _rules(view: object) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = getattr(view, _RULES, ())
    return rules


def _method_of(view: object, method: str) -> object:
    view_class = getattr(view, "view_class", None)
    handler = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":  # as Flask's MethodView does
        return getattr(view_class, "get", None)
    return handler


def _is_guarded(view: object) -> bool:
    return getattr(view, _GUARDED, False) or any(not one.public for one in _rules(view))


def _check_agreement(view: View) -> None:
    if _is_guarded(view) and any(rule.public for rule in _rules(view)):
        message = (
            f"{_name_of(view)} is both public and guarded: take one decorator away"
        )
        raise ConfigurationError(message)


def _set(view: View, name: str, value: object) -> None:
    try:
        setattr(view, name, value)
    except AttributeError:
        message = f"{_name_of(view)} can't be marked: decorate a function that calls it"
    else:
        return
    raise ConfigurationError(message)


def _name_of(view: View) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"
