"""What the demo plays on: an authorization server and a payment service, twice."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from s2sauth.cli.demo.certificate import make_certificate
from s2sauth.cli.demo.order_service import AUDIENCE, OrderService, PaymentAddresses
from s2sauth.cli.demo.payment_grpc import payment_over_grpc
from s2sauth.cli.demo.payment_http import payment_over_http
from s2sauth.cli.demo.witness import Witness
from s2sauth.server import JwtVerifier
from s2sauth.testing import AuthorizationServer

__all__ = ["Scenario", "Stage"]

ORDER_SERVICE = "order-service"
NEWSLETTER = "newsletter-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What the demo is played with.

    Args:
        order_scopes: What the order service is granted. With `payments:refund`
            among them, the demo must notice that a call went through which
            shouldn't have.
        workers: Threads of the order service.
        calls: How many calls share one token.
        short_lifetime: Seconds that tokens live in the last two acts, so that one
            grows old while you watch.
    """

    order_scopes: tuple[str, ...] = ("payments:write",)
    workers: int = 8
    calls: int = 400
    short_lifetime: float = 5.0


class Stage:
    """Starts everything, and ends it: a context manager.

    Args:
        scenario: What it's played with.
        idp: The authorization server; not started yet.

    Attributes:
        witness: What the payment service saw, over both transports.
        payment: Where that service is.
    """

    def __init__(self, scenario: Scenario, idp: AuthorizationServer) -> None:
        self.scenario = scenario
        self.idp = idp
        self.witness = Witness()
        self._open = ExitStack()
        self._secrets: dict[str, str] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self.idp)
            pair = make_certificate()
            self.payment = PaymentAddresses(
                opening.enter_context(
                    payment_over_http(self._verifier(), self.witness)
                ),
                opening.enter_context(
                    payment_over_grpc(self._verifier(), self.witness, pair)
                ),
                pair.certificate,
            )
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()

    def order_service(self, token_lifetime: float | None = None) -> OrderService:
        """Start an instance of the order service.

        Args:
            token_lifetime: Seconds that the server's tokens live from now on.
        """
        return self._client(
            ORDER_SERVICE, self.scenario.order_scopes, AUDIENCE, token_lifetime
        )

    def newsletter_service(self) -> OrderService:
        """Start a service that has the scope, but whose tokens are for another one."""
        scopes = ("payments:write",)
        return self._client(NEWSLETTER, scopes, "https://mail-service.internal", None)

    def _client(
        self,
        client_id: str,
        scopes: tuple[str, ...],
        audience: str,
        token_lifetime: float | None,
    ) -> OrderService:
        client = self.idp.add_client(
            client_id,
            self._secrets.get(client_id),
            scopes=scopes,
            audiences=[audience],
            token_lifetime=token_lifetime,
        )
        self._secrets[client_id] = client.secret
        return OrderService(self.idp.provider, client_id, client.secret, self.payment)

    def _verifier(self) -> JwtVerifier:
        return JwtVerifier(
            self.idp.provider, audience=AUDIENCE, observers=(self.witness,)
        )
