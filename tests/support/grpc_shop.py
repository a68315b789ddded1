"""The Payments service for tests: it notes who called how, and refuses as told."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from shop.v1 import payments_pb2_grpc
from shop.v1.payments_pb2 import ChargeReply, ChargeRequest
from support.tls import CertificateAuthority

ORDER = ChargeRequest(order_id="order-1", cents=100)


@dataclass(frozen=True)
class Seen:
    """What the server saw of one call."""

    method: str
    authorization: tuple[str, ...]
    seconds_left: float
    extra: tuple[str, ...]


class Shop(payments_pb2_grpc.PaymentsServicer):
    """Answers every call, but for the tokens that it was told to refuse.

    Args:
        refused: The tokens answered with `code`.
        code: That status.
        after: How many messages a streamed answer gives before it's refused.
        client: Tells who calls, for the reply.
    """

    def __init__(
        self,
        *refused: str,
        code: grpc.StatusCode = grpc.StatusCode.UNAUTHENTICATED,
        after: int = 0,
        client: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.refused = {f"Bearer {token}" for token in refused}
        self.code = code
        self.after = after
        self.client = client
        self.calls: list[Seen] = []
        self.reached = threading.Event()  # set once a call waits at the gate
        self.gate = threading.Event()  # calls wait here while it's clear
        self.gate.set()

    def Charge(  # noqa: N802 - named by the .proto
        self, request: Any, context: grpc.ServicerContext
    ) -> ChargeReply:
        """Answer one request."""
        self._note("Charge", context)
        self._refuse(context)
        return self._reply(request)

    Refund = Audit = Close = Forgotten = Monthly = Charge

    def List(  # noqa: N802 - named by the .proto
        self, request: Any, context: grpc.ServicerContext
    ) -> Iterator[ChargeReply]:
        """Answer one request with three messages."""
        self._note("List", context)
        for number in range(3):
            if number == self.after:
                self._refuse(context)
            yield self._reply(request)

    Rates = List

    def Import(  # noqa: N802 - named by the .proto
        self, requests: Any, context: grpc.ServicerContext
    ) -> ChargeReply:
        """Answer several requests at once."""
        self._note("Import", context)
        self._refuse(context)
        *_, last = requests
        return self._reply(last)

    def Converse(  # noqa: N802 - named by the .proto
        self, requests: Any, context: grpc.ServicerContext
    ) -> Iterator[ChargeReply]:
        """Answer each of several requests."""
        self._note("Converse", context)
        for number, request in enumerate(requests):
            if number == self.after:
                self._refuse(context)
            yield self._reply(request)

    @property
    def tokens(self) -> list[str]:
        """What each call brought as its token, in order."""
        return [" ".join(one.authorization) for one in self.calls]

    @property
    def extra(self) -> list[str]:
        """What the calls brought as `x-extra`, in order."""
        return [value for one in self.calls for value in one.extra]

    def _note(self, method: str, context: grpc.ServicerContext) -> None:
        metadata = context.invocation_metadata()
        self.calls.append(
            Seen(
                method,
                _values(metadata, "authorization"),
                context.time_remaining(),
                _values(metadata, "x-extra"),
            )
        )
        self.reached.set()
        self.gate.wait(10)

    def _refuse(self, context: grpc.ServicerContext) -> None:
        if self.refused.intersection(self.calls[-1].authorization):
            context.abort(self.code, "refused by the shop")

    def _reply(self, request: Any) -> ChargeReply:
        return ChargeReply(order_id=request.order_id, client_id=self.client() or "")


def _values(metadata: Any, name: str) -> tuple[str, ...]:
    return tuple(str(value) for key, value in metadata if key == name)


@contextmanager
def serving(
    *shops: Any,
    authority: CertificateAuthority | None = None,
    interceptors: Iterable[Any] = (),
    workers: int = 8,
    address: str = "localhost:0",
) -> Iterator[str]:
    """Serve on loopback, over TLS where an authority is given; give the target."""
    with ThreadPoolExecutor(workers) as pool:
        server = grpc.server(pool, interceptors=list(interceptors))
        for shop in shops:
            payments_pb2_grpc.add_PaymentsServicer_to_server(shop, server)
        port = _open_port(server, address, authority)
        server.start()
        try:
            yield address if address.startswith("unix:") else f"localhost:{port}"
        finally:
            server.stop(0).wait()


def _open_port(
    server: grpc.Server, address: str, authority: CertificateAuthority | None
) -> int:
    if authority is None:
        return server.add_insecure_port(address)
    pair = authority.issue("localhost")
    credentials = grpc.ssl_server_credentials([(pair.key_pem, pair.cert_pem)])
    return server.add_secure_port(address, credentials)


@contextmanager
def open_shop(
    shop: Shop,
    authority: CertificateAuthority,
    *interceptors: Any,
    workers: int = 8,
) -> Iterator[Any]:
    """Serve over TLS behind server interceptors; give a bare stub."""
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    with (
        serving(
            shop, authority=authority, interceptors=interceptors, workers=workers
        ) as target,
        grpc.secure_channel(target, roots) as channel,
    ):
        yield payments_pb2_grpc.PaymentsStub(channel)


def call_all(
    stub: Any, *, timeout: float = 10.0, metadata: Any = None
) -> dict[str, Callable[[], list[Any]]]:
    """Return a blocking call of each arity, each giving its messages as a list."""
    how: dict[str, Any] = {"timeout": timeout, "metadata": metadata}
    return {
        "Charge": lambda: [stub.Charge(ORDER, **how)],
        "List": lambda: list(stub.List(ORDER, **how)),
        "Import": lambda: [stub.Import(iter([ORDER, ORDER]), **how)],
        "Converse": lambda: list(stub.Converse(iter([ORDER, ORDER]), **how)),
    }


ARITIES = ("Charge", "List", "Import", "Converse")
