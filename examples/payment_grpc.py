# ruff: noqa: N802 - gRPC's names are those of the .proto, in capitals
"""The payment service over gRPC: who may call is said in protos/payments.proto.

README.md says how to run it.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import grpc
import payments_pb2
import payments_pb2_grpc
from payments_pb2 import (
    ChargeReply,
    ChargeRequest,
    RatesReply,
    RatesRequest,
    RefundReply,
    RefundRequest,
)

from s2sauth import keycloak
from s2sauth.observers import log_observer
from s2sauth.policy import Policy
from s2sauth.server import JwtVerifier, current_identity
from s2sauth.server.grpc import AuthInterceptor


class Payments(payments_pb2_grpc.PaymentsServicer):
    """The service. None of its methods looks at tokens: the interceptor did."""

    def Charge(self, request: ChargeRequest, _: grpc.ServicerContext) -> ChargeReply:
        """Charge an order."""
        charged_by = current_identity().client_id or ""
        return ChargeReply(order_id=request.order_id, charged_by=charged_by)

    def Refund(self, request: RefundRequest, _: grpc.ServicerContext) -> RefundReply:
        """Give the money of an order back."""
        return RefundReply(order_id=request.order_id)

    def Rates(self, _: RatesRequest, __: grpc.ServicerContext) -> RatesReply:
        """Say what a payment costs; needs no token."""
        return RatesReply(per_cent=1.5)


def guard() -> AuthInterceptor:
    """Enforce what the .proto says."""
    provider = keycloak(
        os.environ["S2SAUTH_PROVIDER_URL"], realm=os.environ["S2SAUTH_PROVIDER_REALM"]
    )
    return AuthInterceptor(
        JwtVerifier(provider, audience="https://payment-service.internal"),
        Policy.from_protos(payments_pb2),
        services=[payments_pb2],  # a method without a rule stops the start
        observers=[log_observer],
    )


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    server = grpc.server(ThreadPoolExecutor(16), interceptors=[guard()])
    payments_pb2_grpc.add_PaymentsServicer_to_server(Payments(), server)
    pair = [
        Path(os.environ[name]).read_bytes() for name in ("PAYMENT_KEY", "PAYMENT_CERT")
    ]
    credentials = grpc.ssl_server_credentials([(pair[0], pair[1])])
    address = os.environ.get("PAYMENT_GRPC_ADDRESS", "localhost:50051")
    port = server.add_secure_port(address, credentials)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop(grace=5)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.start()
    print(f"payment service over gRPC at port {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
