"""The payment service over gRPC: its .proto says which scopes it needs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from s2sauth.cli.demo import payments_pb2
from s2sauth.cli.demo.certificate import KeyPair
from s2sauth.cli.demo.payments_pb2 import Payment, Receipt
from s2sauth.events import Observer
from s2sauth.policy import Policy
from s2sauth.server import current_identity
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.values import Verifier

__all__ = ["SERVICE", "payment_over_grpc"]

SERVICE = payments_pb2.DESCRIPTOR.services_by_name["Payments"].full_name


@contextmanager
def payment_over_grpc(
    verifier: Verifier, observer: Observer, pair: KeyPair
) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 over TLS, and give the target."""
    policy = Policy.from_protos(payments_pb2)
    guard = AuthInterceptor(verifier, policy, observers=(observer,))
    with ThreadPoolExecutor(16) as pool:
        server = grpc.server(pool, interceptors=[guard])
        server.add_generic_rpc_handlers([_handler()])
        credentials = grpc.ssl_server_credentials([(pair.key, pair.certificate)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


def _handler() -> "grpc.GenericRpcHandler[Any, Any]":  # not subscriptable at run time
    method = grpc.unary_unary_rpc_method_handler(
        _answer, Payment.FromString, Receipt.SerializeToString
    )
    return grpc.method_handlers_generic_handler(
        SERVICE, {"Charge": method, "Refund": method}
    )


def _answer(_payment: Payment, _context: grpc.ServicerContext) -> Receipt:
    return Receipt(client_id=current_identity().client_id or "")
