"""Asks an authorization server about a token (RFC 7662 §2)."""

from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlencode

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import Pause
from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request
from s2sauth._base.retry import RetryingClient, retry_after
from s2sauth._base.strict import NotStrict, parse_object
from s2sauth.credentials import (
    AuthenticationContext,
    Credential,
    renewed_version,
    shows_certificate,
)
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    CredentialUnavailable,
    Reason,
    VerifierUnavailable,
)
from s2sauth.providers import Provider

__all__ = ["IntrospectionEndpoint", "TokenQuestion", "unavailable"]

_REFUSAL_MEMORY = 30.0  # seconds for which a refused credential isn't tried again
_MOST_VERSIONS = 3  # the one remembered, the one that's current by now, the previous
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_JWT_ANSWER = "application/token-introspection+jwt"


def unavailable(
    message: str, *, retry_after: float | None = None
) -> VerifierUnavailable:
    """Return the error that says: it can't be told for now."""
    return VerifierUnavailable(
        message, reason=Reason.INTROSPECTION_UNAVAILABLE, retry_after=retry_after
    )


class TokenQuestion(Protocol):
    """Asks about one token."""

    def __call__(self, token: str, deadline: float, /) -> dict[str, Any]:
        """Return what is known of a token, as RFC 7662 §2.2 words it.

        Args:
            token: What is asked about.
            deadline: The moment (elapsed clock) by which the answer must be there.

        Raises:
            VerifierUnavailable: It can't be told for now.
        """
        ...


class IntrospectionEndpoint:
    """The introspection endpoint of one provider, for one client.

    It remembers one thing: which version of our own credential was refused. Safe
    to share between threads, and after a fork.

    Args:
        provider: Whose; its URL may be looked up, hence is read only here.
        client_id: Who asks.
        credential: How it proves that.
        http: Sends single requests.
        limit: Seconds for one question; one try may take half of it, so that a
            lost packet leaves time for another.
        clock: What deadlines are judged by.
    """

    def __init__(
        self,
        provider: Provider,
        client_id: str,
        credential: Credential,
        http: HttpClient,
        *,
        limit: float,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._client_id = client_id
        self._credential = credential
        self._http = http
        self._clock = clock
        self._pause = Pause()
        self._retrying = RetryingClient(
            http, timeout=limit / 2, clock=clock, pause=self._pause
        )
        self._refused: tuple[str, float] | None = None  # its version, and until when

    def after_fork(self) -> None:
        """Forget the parent's connections."""
        self._pause.after_fork()
        self._http.after_fork()

    def close(self) -> None:
        """Cut retries short, and close the connections."""
        self._pause.end()
        self._http.close()

    def ask(self, token: str, deadline: float) -> dict[str, Any]:
        """Return what the server says about a token, not yet judged.

        Args:
            token: What is asked about.
            deadline: The moment (elapsed clock) by which all tries have ended.

        Raises:
            VerifierUnavailable: No strict JSON object came; the message says why.
        """
        try:
            answer, version = self._answer(token, deadline)
        except (
            ExchangeFailed,
            AuthorizationServerUnavailable,
            ConfigurationError,
            CredentialUnavailable,
        ) as error:
            message = f"introspection at {self._provider.issuer}: {error}"
        else:
            return self._read(answer, version)
        raise unavailable(message)

    def _answer(self, token: str, deadline: float) -> tuple[Answer, str]:
        """Return the answer, and the version of our credential that it's for."""
        version = self._credential.version()
        if self._is_refused(version):
            raise self._misconfigured()
        tried: list[str] = []
        while version not in tried and len(tried) < _MOST_VERSIONS:
            answer = self._send(token, deadline)
            if answer.status not in _REFUSED:
                return answer, version
            tried.append(version)
            version = renewed_version(self._credential, version)
        return answer, version if version in tried else tried[-1]

    def _send(self, token: str, deadline: float) -> Answer:
        mtls = shows_certificate(self._credential)
        url = self._provider.endpoint("introspection_url", mtls=mtls)
        return self._retrying.send(lambda: self._request(token, url), deadline)

    def _request(self, token: str, url: str) -> Request:
        proof = self._credential.authenticate(
            AuthenticationContext(
                client_id=self._client_id,
                endpoint=url,
                assertion_audience=self._provider.assertion_audience_at(url),
            )
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            **proof.headers,
        }
        form = {"token": token, "token_type_hint": "access_token", **proof.form}
        body = urlencode(form).encode("ascii")
        return Request("POST", url, headers, body, proof.identity)

    def _read(self, answer: Answer, version: str) -> dict[str, Any]:
        if answer.status in _REFUSED:
            self._refused = (version, self._clock.elapsed() + _REFUSAL_MEMORY)
            raise self._misconfigured()
        if answer.status != HTTPStatus.OK:
            message = f"introspection at {self._provider.issuer}: HTTP {answer.status}"
            wait = retry_after(answer, self._clock.wall())
            raise unavailable(message, retry_after=wait)
        if answer.headers.get("content-type", "").lower().startswith(_JWT_ANSWER):
            message = (
                f"introspection at {self._provider.issuer} answers with a JWT "
                "(RFC 9701), which isn't supported: have it answer JSON"
            )
            raise unavailable(message)
        try:
            return parse_object(answer.body)
        except NotStrict as error:
            message = f"the introspection answer of {self._provider.issuer} is {error}"
        raise unavailable(message)

    def _is_refused(self, version: str) -> bool:
        refused = self._refused
        return (
            refused is not None
            and refused[0] == version
            and self._clock.elapsed() < refused[1]
        )

    def _misconfigured(self) -> VerifierUnavailable:
        # The caller's token may be perfect: this is ours to mend, hence no 401.
        message = (
            f"introspection at {self._provider.issuer} refused our own credential: "
            "check this verifier's client_id and credential"
        )
        return unavailable(message, retry_after=_REFUSAL_MEMORY)
