"""A TokenEndpoint over scripted answers."""

from typing import Any

from s2sauth._base.http import Answer
from s2sauth._base.retry import RetryingClient
from s2sauth.client.token_endpoint import Grant, TokenEndpoint
from s2sauth.client.token_request import TokenRequest
from s2sauth.credentials import ClientSecret, Credential
from s2sauth.errors import TokenError
from s2sauth.providers import Provider
from s2sauth.testing import FakeClock
from support.exchanges import ScriptedHttp

__all__ = ["EndpointRig"]


class EndpointRig:
    """One token endpoint, and everything around it. Waits advance the clock."""

    def __init__(
        self,
        *answers: Answer | Exception,
        credential: Credential | None = None,
        tries_until: float = 20.0,
        draw: float = 1.0,
    ) -> None:
        self.clock = FakeClock()
        self.http = ScriptedHttp(*answers)
        self.tries_until = tries_until
        self.waits: list[float] = []
        client = RetryingClient(
            self.http,  # type: ignore[arg-type]  # a fake
            timeout=5.0,
            clock=self.clock,
            pause=self._wait,
            uniform=lambda low, high: low + draw * (high - low),
        )
        self.endpoint = TokenEndpoint(
            Provider(
                issuer="https://sso.example.com",
                token_url="https://sso.example.com/token",
            ),
            "order-service",
            credential or ClientSecret("s3cr3t"),
            client,
            default_lifetime=123.0,
            clock=self.clock,
        )

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)

    def fetch(self, **parameters: Any) -> Grant:
        """Fetch a token."""
        deadline = self.clock.elapsed() + self.tries_until
        return self.endpoint.fetch(TokenRequest.of(**parameters), deadline)

    def failure(self, **parameters: Any) -> TokenError:
        """Fetch, and return the error that it ends in."""
        try:
            self.fetch(**parameters)
        except TokenError as error:
            return error
        message = "a token came where an error was due"
        raise AssertionError(message)
