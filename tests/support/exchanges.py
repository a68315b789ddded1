"""A stand-in for the wire: scripted answers, no sockets."""

from collections import deque
from collections.abc import Callable

from s2sauth._base.http import Answer, ExchangeFailed, Request
from s2sauth.errors import Reason

__all__ = ["ScriptedHttp", "broken", "json_answer"]


class ScriptedHttp:
    """Gives the scripted answers in turn, the last one for ever; keeps requests.

    Takes the place of `HttpClient`.
    """

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = deque(answers)
        self.requests: list[Request] = []
        self.timeouts: list[float] = []
        self.on_send: Callable[[], None] = lambda: None

    def send(self, request: Request, timeout: float) -> Answer:
        """Answer as scripted."""
        self.requests.append(request)
        self.timeouts.append(timeout)
        self.on_send()
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forms(self) -> list[str]:
        """Return the bodies sent."""
        return [(request.body or b"").decode() for request in self.requests]


def json_answer(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Make an answer; `retry_after="3"` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body)


def broken() -> ExchangeFailed:
    """Make the failure of a connection that broke."""
    message = "no answer from sso.example.com: the connection broke"
    return ExchangeFailed(message, reason=Reason.SERVER_UNAVAILABLE, retryable=True)
