"""The order service: threads that charge orders, over HTTP and over gRPC.

README.md says how to run it. Ends with 0 when every order was charged twice.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import payments_pb2
import payments_pb2_grpc
import requests

from s2sauth import TokenManager
from s2sauth.client.grpc import secure_channel
from s2sauth.client.requests import ServiceSession

WORKERS = 16
ORDERS = 100


def charge_over_http(session: ServiceSession, order_id: str) -> str:
    """Charge an order, and return whom the payment service took us for."""
    answer = session.post(
        "/api/payments/charge", json={"order_id": order_id, "cents": 1999}
    )
    answer.raise_for_status()
    return str(answer.json()["charged_by"])


def charge_over_grpc(stub: payments_pb2_grpc.PaymentsStub, order_id: str) -> str:
    """Charge an order, and return whom the payment service took us for."""
    request = payments_pb2.ChargeRequest(order_id=order_id, cents=1999)
    return str(stub.Charge(request, timeout=5).charged_by)


def charge(
    session: ServiceSession, stub: payments_pb2_grpc.PaymentsStub, order_id: str
) -> bool:
    """Charge an order over both transports, and say whether that worked."""
    try:
        names = charge_over_http(session, order_id), charge_over_grpc(stub, order_id)
    except (requests.RequestException, grpc.RpcError) as error:
        # A token that couldn't be had is one of these, too.
        print(f"{order_id}: {error}", file=sys.stderr)
        return False
    return names[0] == names[1]


def main() -> int:
    """Charge all orders; return how the process should end."""
    ca = Path(os.environ["PAYMENT_CA"]).read_bytes()
    with TokenManager.from_env() as manager:
        session = ServiceSession(
            os.environ["PAYMENT_URL"],
            manager.source(
                scope="payments:write", audience="https://payment-service.internal"
            ),
            timeout=5.0,
        )
        channel = secure_channel(
            os.environ["PAYMENT_TARGET"],
            manager.sources_for(payments_pb2),  # each method's own scopes
            credentials=grpc.ssl_channel_credentials(ca),
        )
        stub = payments_pb2_grpc.PaymentsStub(channel)
        with session, channel, ThreadPoolExecutor(WORKERS) as pool:
            orders = [f"order-{number}" for number in range(ORDERS)]
            done = sum(pool.map(lambda order: charge(session, stub, order), orders))
    print(f"{done} of {ORDERS} orders charged over both transports")
    return 0 if done == ORDERS else 1


if __name__ == "__main__":
    sys.exit(main())
