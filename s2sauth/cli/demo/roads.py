"""How the order service calls the payment service: over HTTP, and over gRPC."""

from typing import Any, NamedTuple, Protocol

import grpc
import requests
from google.rpc import error_details_pb2, status_pb2

from s2sauth.cli.demo.payment_grpc import SERVICE
from s2sauth.cli.demo.payments_pb2 import Payment, Receipt
from s2sauth.client.grpc import secure_channel
from s2sauth.client.requests import ServiceSession
from s2sauth.values import MethodTokenSources, TokenSource

__all__ = ["GrpcRoad", "HttpRoad", "Outcome", "Road"]

_TIMEOUT = 10.0  # seconds; nothing here takes one, on a machine that isn't overloaded
_DETAILS = "grpc-status-details-bin"


class Outcome(NamedTuple):
    """What came of a call.

    Args:
        status: `200`, `403`, `OK`, `PERMISSION_DENIED` …
        said: The client that the service saw, or the code that the caller was told.
        allowed: Whether the service did what it was asked.
    """

    status: str
    said: str
    allowed: bool


class Road(Protocol):
    """One way to the payment service."""

    over: str

    def call(self, method: str) -> Outcome:
        """Call `Charge` or `Refund`."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


class HttpRoad:
    """Over HTTP. Safe to share between threads, as nothing of the session is changed.

    Args:
        url: Where the service is.
        tokens: Where tokens come from; None: none is sent.
    """

    over = "HTTP"

    def __init__(self, url: str, tokens: TokenSource | None) -> None:
        self._url = url
        self._session: requests.Session = (
            requests.Session()
            if tokens is None
            else ServiceSession(url, tokens, timeout=_TIMEOUT)
        )

    def call(self, method: str) -> Outcome:
        """Call one of its routes."""
        url = f"{self._url}/{method.lower()}"
        try:
            answer = self._session.post(url, json={"cents": 100}, timeout=_TIMEOUT)
        except requests.RequestException as error:
            return Outcome("no answer", str(error), allowed=False)
        facts = answer.json()
        said = facts["client_id"] if answer.ok else facts["error"]
        return Outcome(str(answer.status_code), said, answer.ok)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()


class GrpcRoad:
    """Over gRPC and TLS. Safe to share between threads.

    Args:
        target: Where the service is.
        certificate: Whom it's trusted by, PEM.
        tokens: Where tokens come from; None: none is sent.
    """

    over = "gRPC"

    def __init__(
        self,
        target: str,
        certificate: bytes,
        tokens: TokenSource | MethodTokenSources | None,
    ) -> None:
        credentials = grpc.ssl_channel_credentials(certificate)
        self._channel = (
            grpc.secure_channel(target, credentials)
            if tokens is None
            else secure_channel(target, tokens, credentials=credentials)
        )

    def call(self, method: str) -> Outcome:
        """Call one of its methods."""
        call = self._channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=Payment.SerializeToString,
            response_deserializer=Receipt.FromString,
        )
        try:
            receipt = call(Payment(cents=100), timeout=_TIMEOUT)
        except grpc.RpcError as error:
            return Outcome(error.code().name, _told(error), allowed=False)
        return Outcome("OK", receipt.client_id, allowed=True)

    def close(self) -> None:
        """Close its connections."""
        self._channel.close()


def _told(error: Any) -> str:
    """Return the reason that the server gave, or else its words."""
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS:
            status = status_pb2.Status.FromString(value)
            info = error_details_pb2.ErrorInfo()
            for detail in status.details:
                if detail.Unpack(info):
                    return str(info.reason)
    return str(error.details())
