"""An adapter below ours that puts nothing on any wire."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

__all__ = ["FakeAdapter", "Sent"]


@dataclass(frozen=True)
class Sent:
    """What went out, as it was then."""

    url: str | None
    headers: dict[str, str]
    body: bytes
    options: dict[str, Any]

    @property
    def authorization(self) -> str | None:
        return self.headers.get("Authorization")


class FakeAdapter(BaseAdapter):
    """Answers each request with the next of `script`, then with 200.

    Args:
        script: Statuses, (status, headers) pairs, or exceptions to raise.
        on_send: Called with each request as it's sent.

    Attributes:
        sent: What went out.
        requests: The very objects that were sent.
        closed: How often it was closed.
    """

    def __init__(
        self,
        *script: Any,
        on_send: Callable[[requests.PreparedRequest], None] = lambda _request: None,
    ) -> None:
        super().__init__()
        self._script = list(script)
        self._on_send = on_send
        self.sent: list[Sent] = []
        self.requests: list[requests.PreparedRequest] = []
        self.closed = 0

    def send(self, request, *_positional, **options):
        self._on_send(request)
        body = _read(request.body)
        self.sent.append(Sent(request.url, dict(request.headers), body, options))
        self.requests.append(request)
        outcome = self._script.pop(0) if self._script else 200
        if isinstance(outcome, Exception):
            if isinstance(outcome, requests.RequestException):
                outcome.request = request
            raise outcome
        status, headers = outcome if isinstance(outcome, tuple) else (outcome, {})
        return self._answer(request, status, headers)

    def close(self) -> None:
        self.closed += 1

    def _answer(self, request, status, headers):
        answer = requests.Response()
        answer.status_code = status
        answer.headers.update(headers)
        answer.url = request.url
        answer.request = request
        answer.connection = self  # type: ignore[assignment]  # the stub is too strict
        answer.raw = HTTPResponse(
            BytesIO(f"answer {len(self.sent)}".encode()),
            status=status,
            preload_content=False,
        )
        return answer


def _read(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(body)
