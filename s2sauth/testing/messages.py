"""What the embedded server reads and writes: a request, an answer, a refusal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

__all__ = [
    "Answer",
    "OAuthRefused",
    "Refusal",
    "Request",
    "json_answer",
    "refuse",
]

NEVER_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; its repr shows no more than the first line.

    Args:
        method: Such as `POST`.
        path: Where it went.
        query: What follows the question mark.
        headers: Its headers.
        body: The whole body.
        certificate: What its client showed in the TLS handshake, as DER; None:
            nothing.
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Message = field(repr=False)
    body: bytes = field(repr=False)
    certificate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Args:
        status: The HTTP status.
        body: The whole body.
        headers: By name; lengths and dates are added when it's sent.
        cut: Whether the connection breaks in the middle of the body.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cut: bool = False


class Refusal(NamedTuple):
    """How a server words one kind of refusal (RFC 6749 §5.2).

    Args:
        status: The HTTP status.
        error: The error code.
        description: The words for developers; empty: none.
        more: What else the vendor's answer holds.
    """

    status: int
    error: str
    description: str
    more: Mapping[str, Any] = MappingProxyType({})


class OAuthRefused(Exception):
    """Ends the handling of a request with a refusal."""

    def __init__(
        self, refusal: Refusal, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(refusal.error)
        self.refusal = refusal
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """Return the refusal as it goes over the wire."""
        status, error, description, more = self.refusal
        content: dict[str, Any] = {"error": error, **more}
        if description:
            content["error_description"] = description
        return json_answer(content, status, {**NEVER_STORED, **self.headers})


def refuse(error: str, description: str) -> NoReturn:
    """End the handling of a request with a 400.

    Raises:
        OAuthRefused: Always.
    """
    raise OAuthRefused(Refusal(HTTPStatus.BAD_REQUEST, error, description))


def json_answer(
    content: Mapping[str, Any],
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an answer with a JSON body."""
    body = json.dumps(content, separators=(",", ":")).encode("ascii")
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})
