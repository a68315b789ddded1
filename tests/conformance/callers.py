"""An order service: 16 threads that call the payment service over both transports."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self

import grpc
import payments_pb2
import payments_pb2_grpc
import requests

from conformance.services import GrpcService, HttpService
from s2sauth import TokenManager
from s2sauth.client.grpc import secure_channel
from s2sauth.client.requests import ServiceSession
from s2sauth.values import TokenSource

__all__ = ["AUDIENCE", "WORKERS", "Caller"]

AUDIENCE = "https://payment-service.internal"
WORKERS = 16
_LIMIT = 20.0  # seconds for a call


class Caller:
    """Calls both services with one token source, or by each method's declaration.

    Args:
        http: The payment service over HTTP.
        rpc: The payment service over gRPC.
        manager: Where tokens come from.
        source: What both transports use; None: the scope and audience that charging
            needs, for HTTP, and what the .proto declares, for gRPC.
    """

    def __init__(
        self,
        http: HttpService,
        rpc: GrpcService,
        manager: TokenManager,
        source: TokenSource | None = None,
    ) -> None:
        payments = source or manager.source(scope="payments:write", audience=AUDIENCE)
        self._session = ServiceSession(http.url, payments, timeout=_LIMIT)
        self._channel = secure_channel(
            rpc.target,
            source or manager.sources_for(payments_pb2),
            credentials=grpc.ssl_channel_credentials(rpc.ca),
        )
        self._stub = payments_pb2_grpc.PaymentsStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._channel.close()

    def over_http(self) -> tuple[int, str]:
        """Charge; return the status, and who we were taken for or why not."""
        order = {"order_id": "1", "cents": 1}
        answer = self._session.post("/api/payments/charge", json=order)
        return answer.status_code, answer.json().get("charged_by") or answer.json()[
            "error"
        ]

    def challenge(self) -> str:
        """Charge over HTTP; return the challenge of the refusal."""
        answer: requests.Response = self._session.post("/api/payments/charge", json={})
        return answer.headers["WWW-Authenticate"]

    def over_grpc(self) -> tuple[grpc.StatusCode, str]:
        """Charge; return the status code, and who we were taken for or why not."""
        try:
            order = payments_pb2.ChargeRequest(order_id="1", cents=1)
            reply = self._stub.Charge(order, timeout=_LIMIT)
        except grpc.RpcError as error:
            return error.code(), error.details() or ""
        return grpc.StatusCode.OK, reply.charged_by

    def public_rates(self) -> float:
        """Call the method that needs no token."""
        reply = self._stub.Rates(payments_pb2.RatesRequest(), timeout=_LIMIT)
        return float(reply.per_cent)

    def call_both(self, times: int) -> Counter[tuple[object, str]]:
        """Call both services `times` times each, from 16 threads; count the answers."""
        with ThreadPoolExecutor(WORKERS) as pool:
            calls = [self.over_http, self.over_grpc] * times
            return Counter(pool.map(lambda call: call(), calls))

    @contextmanager
    def calling(self) -> "Iterator[Counter[tuple[object, str]]]":
        """Call both services from 16 threads meanwhile; count the answers."""
        over, lock = threading.Event(), threading.Lock()
        answers: Counter[tuple[object, str]] = Counter()

        def work() -> None:
            while not over.wait(0.02):
                pair = self.over_http(), self.over_grpc()
                with lock:
                    answers.update(pair)

        with ThreadPoolExecutor(WORKERS) as pool:
            futures = [pool.submit(work) for _ in range(WORKERS)]
            try:
                yield answers
            finally:
                over.set()
        for future in futures:
            future.result()  # what broke in a thread breaks the test
