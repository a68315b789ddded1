"""A gRPC server behind the door.

Two phases: `intercept_service` runs on the one thread that serves every call, under
the server's lock, so it only looks things up; the token is verified on the handler's
own thread.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

try:
    import google.rpc.status_pb2  # noqa: F401 - only whether it's there
    import grpc
except ImportError as error:
    missing = (
        "s2sauth.server.grpc needs grpcio, protobuf and googleapis-common-protos: "
        "pip install 's2sauth[grpc]'"
    )
    raise ImportError(missing) from error

from s2sauth.errors import AccessError, ConfigurationError
from s2sauth.events import Observer
from s2sauth.policy import Policy, Rule, is_health
from s2sauth.server.decision import Door
from s2sauth.server.grpc_answers import grpc_answer
from s2sauth.server.identity import identity_set
from s2sauth.values import Identity, Verifier

__all__ = ["AuthInterceptor"]

_log = logging.getLogger("s2sauth")

# Beyond that many methods, handlers are wrapped anew for each call: a handler that
# takes any name would otherwise let callers choose what is kept.
_MAX_KEPT = 4096

_ARITIES: dict[tuple[bool, bool], tuple[str, Callable[..., Any]]] = {
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}
# What gRPC looks for on a handler's function: health checking's Watch has them.
_MARKS = ("experimental_non_blocking", "experimental_thread_pool")


class AuthInterceptor(
    grpc.ServerInterceptor  # type: ignore[type-arg]  # can't be subscripted at run time
):
    """A server interceptor that lets through only what a policy allows.

    Deny by default: a method without a rule is refused. `grpc.health.v1.Health` is
    exempt unless the policy has a rule for it; reflection isn't, so give it one to
    open it: `Policy({"/grpc.reflection.v1.ServerReflection/*": Rule(public=True)})`.
    Public methods keep their own handler, so no token is looked at and nothing is
    observed. In all others `current_identity()` tells who calls, streamed answers
    included.

    Put it outermost, but inside of tracing. Safe to share between threads.

    Args:
        verifier: Tells good tokens from bad ones.
        policy: Says who may call what; without a rule nobody.
        observers: Told of every decision, on the handler's thread.
        services: All services of the server, as for `Policy.check`, to be checked
            against the policy now.
        enforce: False: report only; nothing is refused.

    Raises:
        ConfigurationError: `verifier`, `policy`, or what `policy.check(services)`
            found.
    """

    def __init__(
        self,
        verifier: Verifier,
        policy: Policy,
        *,
        observers: Iterable[Observer] = (),
        services: Iterable[Any] = (),
        enforce: bool = True,
    ) -> None:
        self._door = Door(
            verifier, policy, transport="grpc", observers=observers, enforce=enforce
        )
        self._enforce = enforce
        # By method: the handler it had, its rule, and the guarded handler.
        self._kept: dict[str, tuple[Any, Rule | None, Any]] = {}
        _check(policy, tuple(services))

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Choose a call's handler; look-ups only."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        rule = self._door.rule_for(method)
        if rule is None:
            if is_health(method):
                return handler
        elif rule.public:
            return handler
        if self._enforce and (
            rule is None
            or rule.deny
            or len(_authorization(handler_call_details.invocation_metadata)) != 1
        ):
            return self._refusing(method, rule)
        return self._guarded(method, rule, handler)

    def _refusing(self, method: str, rule: Rule | None) -> Any:
        """Return a handler for a call that's bound to be refused.

        Seen as a stream in both directions it serves every arity, and refuses without
        reading the request.
        """

        def refuse(_requests: Any, context: grpc.ServicerContext) -> None:
            self._admit(method, rule, context)

        return grpc.stream_stream_rpc_method_handler(refuse)

    def _guarded(self, method: str, rule: Rule | None, handler: Any) -> Any:
        """Return a handler that admits a call before it's handled."""
        kept = self._kept.get(method)
        if kept is not None and kept[0] is handler and kept[1] is rule:
            return kept[2]
        guarded = self._guard(method, rule, handler)
        if len(self._kept) < _MAX_KEPT or method in self._kept:
            self._kept[method] = handler, rule, guarded
        return guarded

    def _guard(self, method: str, rule: Rule | None, handler: Any) -> Any:
        arity = bool(handler.request_streaming), bool(handler.response_streaming)
        name, make_handler = _ARITIES[arity]
        behavior = getattr(handler, name)

        def admit_and_handle(
            request: Any, context: grpc.ServicerContext, *more: Any
        ) -> Any:
            # Each call runs in a context of its own, so there's nothing to reset.
            identity_set(self._admit(method, rule, context))
            return behavior(request, context, *more)

        for mark in _MARKS:
            if hasattr(behavior, mark):
                setattr(admit_and_handle, mark, getattr(behavior, mark))
        return make_handler(
            admit_and_handle, handler.request_deserializer, handler.response_serializer
        )

    def _admit(
        self, method: str, rule: Rule | None, context: grpc.ServicerContext
    ) -> Identity | None:
        """Return who calls, or end the call."""
        refused: AccessError | None = None
        try:
            return self._door.admit(
                method, rule, _authorization(context.invocation_metadata())
            )
        except AccessError as error:
            refused = error
        except Exception as error:  # noqa: BLE001 - logged, and the call is ended
            # gRPC would tell the caller its message. And its words and its frames may
            # hold the token, so that the log gets only its kind.
            kind = type(error).__name__
            _log.error("%s: the caller could not be checked (%s)", method, kind)
        # Out here, so that the error that ends the call has no context.
        return _end(context, refused)


def _authorization(metadata: Any) -> list[str]:
    return [value for key, value in metadata if key == "authorization"]


def _end(context: grpc.ServicerContext, refused: AccessError | None) -> NoReturn:
    if refused is None:
        context.abort(grpc.StatusCode.INTERNAL, "the caller could not be checked")
    answer = grpc_answer(refused)
    given = context.trailing_metadata() or ()  # by interceptors before this one
    context.set_trailing_metadata((*given, *answer.trailing_metadata))
    context.abort(answer.code, answer.details)


def _check(policy: Policy, services: tuple[Any, ...]) -> None:
    if not services:
        return
    findings = policy.check(services)
    if findings:
        message = "policy doesn't fit services: " + "; ".join(map(str, findings))
        raise ConfigurationError(message)
