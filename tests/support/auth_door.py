"""The server's interceptor, without a server."""

from contextvars import Context

import grpc

from s2sauth.policy import Policy, Rule
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.server.identity import current_identity
from s2sauth.testing import StaticVerifier
from support.fake_server import Aborted, FakeContext, asked

CHARGE = "/shop.v1.Payments/Charge"


HEALTH = "/grpc.health.v1.Health/Check"


REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"


GOOD = "Bearer test-token"


POLICY = Policy({CHARGE: Rule(all_scopes="payments:write")})


DENIED = grpc.StatusCode.PERMISSION_DENIED


UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


def echo(request, context):
    """Answer who calls."""
    return current_identity(None)


HANDLER = grpc.unary_unary_rpc_method_handler(echo, str, bytes)


def door(policy=POLICY, verifier=None, **options):
    """Return an interceptor whose verifier knows one token."""
    known = verifier or StaticVerifier(client_id="orders", scopes="payments:write")
    return AuthInterceptor(known, policy, **options)


def choose(interceptor, method=CHARGE, *authorization, handler=HANDLER):
    """Return the handler that the interceptor chooses for a call."""
    return interceptor.intercept_service(
        lambda details: handler, asked(method, *authorization)
    )


def handle(handler, context):
    """Run what was chosen as gRPC does: each call in a context of its own."""
    behavior = handler.unary_unary or handler.stream_stream
    return Context().run(behavior, "request", context)


def call(interceptor, method=CHARGE, *authorization):
    """Make a whole call; return its status (None: handled) and the answer."""
    context = FakeContext(*authorization)
    try:
        answer = handle(choose(interceptor, method, *authorization), context)
    except Aborted:
        return context.code, context.details
    return None, answer
