"""The order service: one token manager, two roads, and threads that call."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.demo import payments_pb2
from s2sauth.cli.demo.roads import GrpcRoad, HttpRoad, Outcome, Road
from s2sauth.cli.demo.witness import Witness
from s2sauth.client.manager import TokenManager
from s2sauth.credentials import ClientSecret
from s2sauth.providers import Provider

__all__ = ["AUDIENCE", "NONE_FAILED", "OrderService", "PaymentAddresses", "Tally"]

AUDIENCE = "https://payment-service.internal"
NONE_FAILED = "none failed"
_PAUSE = 0.01  # seconds between the calls of one thread


@dataclass(frozen=True, slots=True)
class PaymentAddresses:
    """Where the payment service is.

    Args:
        url: Over HTTP.
        target: Over gRPC.
        certificate: Whom it's trusted by there, PEM.
    """

    url: str
    target: str
    certificate: bytes


class OrderService:
    """One instance of the order service, as it would be in a process of its own.

    Everything of the SDK has its default settings. A context manager.

    Args:
        provider: The authorization server.
        client_id: Who we are there.
        secret: How we prove it.
        payment: Where the payment service is.
    """

    def __init__(
        self, provider: Provider, client_id: str, secret: str, payment: PaymentAddresses
    ) -> None:
        self.witness = Witness()
        self.manager = TokenManager(
            provider,
            client_id=client_id,
            credential=ClientSecret(secret),
            observers=(self.witness,),
        )
        # What the .proto says for gRPC, said by hand for HTTP: one token for both.
        source = self.manager.source(scope="payments:write", audience=AUDIENCE)
        self.roads: tuple[Road, ...] = (
            HttpRoad(payment.url, source),
            GrpcRoad(
                payment.target,
                payment.certificate,
                self.manager.sources_for(payments_pb2),
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for road in self.roads:
            road.close()
        self.manager.close()


class Tally:
    """Counts calls. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards the rest
        self._served = 0
        self._failed: Counter[str] = Counter()
        self._slowest = 0.0

    def add(self, call: Callable[[], Outcome]) -> None:
        """Make a call, and count it."""
        start = SYSTEM_CLOCK.elapsed()
        outcome = call()
        took = SYSTEM_CLOCK.elapsed() - start
        with self._changed:
            self._slowest = max(self._slowest, took)
            if outcome.allowed:
                self._served += 1
            else:
                self._failed[f"{outcome.status} {outcome.said}"] += 1
            self._changed.notify_all()

    def wait_for_more(self, count: int, timeout: float) -> bool:
        """Wait until `count` more calls were served; False: `timeout` seconds went by."""
        with self._changed:
            goal = self._served + count
            return self._changed.wait_for(lambda: self._served >= goal, timeout)

    @property
    def served(self) -> int:
        """How many did what they should."""
        return self._served

    @property
    def failures(self) -> str:
        """How many failed, and how."""
        with self._changed:
            if not self._served:
                return "none was served"
            if not self._failed:
                return NONE_FAILED
            kinds = ", ".join(f"{n} x {kind}" for kind, n in self._failed.items())
            return f"{self._failed.total()} failed: {kinds}"

    @property
    def slowest(self) -> str:
        """The longest that a call took."""
        return f"{self._slowest * 1000:.0f} ms"


def call_many(order: OrderService, workers: int, calls: int) -> Tally:
    """Charge `calls` times by `workers` threads, over both roads in turn."""
    tally = Tally()
    roads = [order.roads[number % len(order.roads)] for number in range(calls)]
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(tally.add, _charge(road)) for road in roads]:
            done.result()
    return tally


@contextmanager
def calling(order: OrderService, workers: int) -> Iterator[Tally]:
    """Have `workers` threads charge over both roads, until the block ends."""
    tally, stop = Tally(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            for road in order.roads:
                tally.add(_charge(road))
                stop.wait(_PAUSE)

    with ThreadPoolExecutor(workers) as pool:
        threads = [pool.submit(work) for _ in range(workers)]
        try:
            yield tally
        finally:
            stop.set()
        for thread in threads:
            thread.result()


def _charge(road: Road) -> Callable[[], Outcome]:
    return lambda: road.call("Charge")
