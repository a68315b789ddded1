"""Asks an authorization server for tokens: one fetch, retries and all.

It remembers nothing but one thing: which version of our credential the server
refused, so that a wrong secret can't lock an account or flood a log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from s2sauth._base.clock import Clock
from s2sauth._base.concurrency import Lock
from s2sauth._base.http import ExchangeFailed, Request
from s2sauth._base.retry import RetryingClient, retry_after
from s2sauth.client.token_request import TokenRequest
from s2sauth.client.token_response import TokenAnswer, read_token_answer
from s2sauth.credentials import (
    Authentication,
    AuthenticationContext,
    Credential,
    renewed_version,
    shows_certificate,
)
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    InvalidClient,
    InvalidTokenResponse,
    Reason,
    TokenError,
    TokenRequestRefused,
    fresh_copy,
)
from s2sauth.providers import Provider
from s2sauth.values import AccessToken

__all__ = ["REFUSAL_MEMORY", "Grant", "TokenEndpoint"]

REFUSAL_MEMORY = 30.0  # seconds for which a refused credential isn't tried again
_MOST_VERSIONS = 3  # the one remembered, the one that's current by now, the previous


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token, and how long it may be handed out.

    Args:
        token: The token.
        sent_at: When it was asked for, on the elapsed clock.
        lifetime: Seconds from then to its end.
        missing: Scopes that were asked for and not granted.
    """

    token: AccessToken
    sent_at: float
    lifetime: float
    missing: frozenset[str] = frozenset()

    @property
    def expires(self) -> float:
        """When it ends, on the elapsed clock."""
        return self.sent_at + self.lifetime


@dataclass(frozen=True, slots=True)
class _Refused:
    """What the server refused, and until when that's taken as said."""

    version: str
    until: float
    error: InvalidClient


class TokenEndpoint:
    """The token endpoint of one provider, for one client. Safe between threads.

    Args:
        provider: Whose.
        client_id: Who asks.
        credential: How it proves that.
        client: Sends the requests.
        default_lifetime: Seconds, where an answer names no `expires_in`.
        clock: What lifetimes are counted by.
    """

    def __init__(
        self,
        provider: Provider,
        client_id: str,
        credential: Credential,
        client: RetryingClient,
        *,
        default_lifetime: float,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._client_id = client_id
        self._credential = credential
        self._client = client
        self._default_lifetime = default_lifetime
        self._clock = clock
        self._refused: _Refused | None = None
        self._lock = Lock()  # guards nothing but the order of writes to `_refused`

    def after_fork(self) -> None:
        """Start afresh: another thread of the parent may have held the lock."""
        self._lock = Lock()

    def refusal_stands(self) -> bool:
        """Tell whether the credential, as it is now, was refused a moment ago.

        Raises:
            CredentialUnavailable: It can't be read.
        """
        refused = self._refused
        return (
            refused is not None
            and self._clock.elapsed() < refused.until
            and self._credential.version() == refused.version
        )

    def fetch(self, request: TokenRequest, deadline: float) -> Grant:
        """Get a token.

        A credential whose source gives another secret after a refusal is tried
        with that: at most the one remembered, the current and the previous.

        Args:
            request: What to ask for.
            deadline: The moment (elapsed clock) by which all tries have ended.

        Raises:
            TokenError: None could be had; the subclass says why.
        """
        version = self._credential.version()
        refused = self._refused
        if refused is not None and self.refusal_stands():
            raise fresh_copy(refused.error)
        tried: list[str] = []
        while version not in tried and len(tried) < _MOST_VERSIONS:
            try:
                return self._ask(request, deadline)
            except TokenRequestRefused as error:
                failure = fresh_copy(error)
            if not _may_be_the_credential(failure):
                break
            tried.append(version)
            version = renewed_version(self._credential, version)
        if isinstance(failure, InvalidClient):
            self._remember(version if version in tried else tried[-1], failure)
        raise failure

    def _remember(self, version: str, error: InvalidClient) -> None:
        until = self._clock.elapsed() + REFUSAL_MEMORY
        with self._lock:
            self._refused = _Refused(version, until, fresh_copy(error))

    def _ask(self, request: TokenRequest, deadline: float) -> Grant:
        url = self._url()
        where = f"the authorization server {urlsplit(url).netloc}"
        tries = _Tries(self._authenticate, request, url, self._clock.elapsed)
        try:
            answer = self._client.send(tries.make, deadline)
        except ExchangeFailed as error:
            failure = _translated(error)
        except ConfigurationError as error:
            failure = AuthorizationServerUnavailable(str(error))
        else:
            read = read_token_answer(
                answer,
                asked=request.scopes,
                default_lifetime=self._default_lifetime,
                secrets=tries.secrets,
                retry_after=retry_after(answer, self._clock.wall()),
                where=where,
            )
            return self._grant(read, request, tries.sent_at)
        raise failure

    def _url(self) -> str:
        try:
            mtls = shows_certificate(self._credential)
            return self._provider.endpoint("token_url", mtls=mtls)
        except ConfigurationError as error:
            message = str(error)
        raise AuthorizationServerUnavailable(message, reason=Reason.DISCOVERY_FAILED)

    def _authenticate(self, url: str) -> Authentication:
        provider = self._provider
        return self._credential.authenticate(
            AuthenticationContext(
                client_id=self._client_id,
                endpoint=url,
                assertion_audience=provider.assertion_audience_at(url),
            )
        )

    def _grant(self, read: TokenAnswer, request: TokenRequest, sent_at: float) -> Grant:
        missing = request.scopes - read.scopes
        if missing and request.require_granted:
            names = " ".join(sorted(missing))
            message = f"the server granted a token without {names} (require_granted)"
            raise TokenRequestRefused(message, reason=Reason.SCOPES_NOT_GRANTED)
        now = self._clock.elapsed()
        if sent_at + read.lifetime <= now:
            message = (
                f"the token had ended before it arrived (expires_in "
                f"{read.lifetime:.3g} s, {now - sent_at:.3g} s after the request)"
            )
            raise InvalidTokenResponse(message)
        ends = self._clock.wall() + (sent_at + read.lifetime - now)
        token = AccessToken(value=read.value, scopes=read.scopes, expires_at=ends)
        return Grant(
            token=token, sent_at=sent_at, lifetime=read.lifetime, missing=missing
        )


class _Tries:
    """Makes the request anew for every try, and remembers when the last was sent."""

    def __init__(
        self,
        authenticate: Callable[[str], Authentication],
        request: TokenRequest,
        url: str,
        elapsed: Callable[[], float],
    ) -> None:
        self._authenticate = authenticate
        self._request = request
        self._url = url
        self._elapsed = elapsed
        self.sent_at = elapsed()
        self.secrets: tuple[str, ...] = ()

    def make(self) -> Request:
        proof = self._authenticate(self._url)
        self.secrets = proof.secrets
        self.sent_at = self._elapsed()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            **proof.headers,
        }
        body = self._request.form(proof.form)
        return Request("POST", self._url, headers, body, proof.identity)


def _may_be_the_credential(error: TokenRequestRefused) -> bool:
    """Tell whether another secret may mend a refusal.

    Keycloak 26 answers a wrong secret behind `client_secret_jwt` with 400 and
    `unauthorized_client`, as it does where the client may not use the grant.
    """
    return isinstance(error, InvalidClient) or error.reason is (
        Reason.UNAUTHORIZED_CLIENT
    )


def _translated(error: ExchangeFailed) -> TokenError:
    if error.reason is Reason.INVALID_RESPONSE:
        return InvalidTokenResponse(str(error))
    return AuthorizationServerUnavailable(str(error), reason=error.reason)
