"""Verifies opaque tokens by asking their issuer (RFC 7662)."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from s2sauth._base.arguments import check_seconds
from s2sauth._base.bearer import MAX_TOKEN_LENGTH, is_b64token
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import FlightOverrun, renew_after_fork
from s2sauth._base.http import HttpClient
from s2sauth._base.notify import Notifier
from s2sauth.credentials import Credential
from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
    fresh_copy,
)
from s2sauth.events import Observer, TokenRejected
from s2sauth.providers import Provider
from s2sauth.server.arguments import (
    REQUIRED,
    Audience,
    Required,
    check_audience,
    check_count,
    check_provider,
)
from s2sauth.server.claims import ClaimRules
from s2sauth.server.denials import Denials
from s2sauth.server.introspection_answer import AnswerReader, Known
from s2sauth.server.introspection_endpoint import (
    IntrospectionEndpoint,
    TokenQuestion,
    unavailable,
)
from s2sauth.server.keyed_flights import KeyedFlights, TooManyFlights
from s2sauth.server.own_checks import OwnCheck, OwnChecks
from s2sauth.server.token_cache import TokenCache, token_digest
from s2sauth.values import Identity, Presentation

__all__ = ["IntrospectionStatus", "IntrospectionVerifier"]

_MOST_AT_ONCE = 1000  # questions under way; each costs a thread its patience


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionStatus:
    """How introspection stands.

    Args:
        ready: Whether the last question was answered; True before the first.
        last_error: Why it wasn't, or None.
    """

    ready: bool
    last_error: VerifierUnavailable | None


class IntrospectionVerifier:
    """Verifies tokens by asking the authorization server about each.

    Answers are remembered for a short time, and the same token is asked about once
    however many callers wait. Safe to share between threads, and after a fork.

    Args:
        provider: Who issued the tokens.
        audience: What the answer says in `aud` for this service: one of these must
            be there. None, said explicitly: the server puts no `aud` there, and an
            answer that has one is refused.
        client_id: Who asks: this service, as a client of the server.
        credential: How it proves that.
        active_ttl: Seconds for which a good answer is remembered, never past `exp`.
        inactive_ttl: Seconds for which a refusal is.
        leeway: Seconds that clocks may differ, for a fresh answer.
        timeout: Seconds for a question, retries and all.
        users: Whether users' tokens are let in.
        clients: The only client ids that are let in; None: all.
        check: Called with the identity of every good token; see `JwtVerifier`.
        cache_size: How many answers are remembered; 0: none.
        ca: A PEM file or folder that replaces the usual authorities.
        observers: Called with what happens.
        allow_insecure: Whether plain http beyond loopback is accepted.
        ask: How the server is asked; None: at the provider's `introspection_url`.
        clock: Where time comes from; for tests.

    Raises:
        ConfigurationError: An argument is missing or wrong; the message names it.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        audience: Audience | Required = REQUIRED,
        client_id: str,
        credential: Credential,
        active_ttl: float = 60.0,
        inactive_ttl: float = 30.0,
        leeway: float = 30.0,
        timeout: float = 5.0,
        users: bool = False,
        clients: str | Iterable[str] | None = None,
        check: OwnCheck | None = None,
        cache_size: int = 10_000,
        ca: str | os.PathLike[str] | None = None,
        observers: Iterable[Observer] = (),
        allow_insecure: bool = False,
        ask: TokenQuestion | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._issuer = check_provider(provider).issuer
        _check_client(client_id, credential)
        active_seconds = check_seconds("active_ttl", active_ttl, zero=True)
        rules = ClaimRules(
            issuer=self._issuer,
            audience=check_audience(audience, provider.dialect),
            dialect=provider.dialect,
            leeway=check_seconds("leeway", leeway, zero=True),
            users=users,
            other_issuers=provider.other_issuers,
            lifetime=max(active_seconds, 1.0),
        )
        self._reader = AnswerReader(
            rules=rules,
            active_ttl=active_seconds,
            inactive_ttl=check_seconds("inactive_ttl", inactive_ttl, zero=True),
            clock=clock,
        )
        limit = check_seconds("timeout", timeout)
        self._endpoint: IntrospectionEndpoint | None = None
        if ask is None:
            provider.check("introspection_url", allow_insecure=allow_insecure)
            http = HttpClient(ca=ca, allow_insecure=allow_insecure)
            self._endpoint = IntrospectionEndpoint(
                provider, client_id, credential, http, limit=limit, clock=clock
            )
            ask = self._endpoint.ask
        self._ask_server = ask
        self._cache: TokenCache[Known] = TokenCache(
            check_count("cache_size", cache_size)
        )
        self._questions: KeyedFlights[Known] = KeyedFlights(
            clock,
            limit=limit,
            most=_MOST_AT_ONCE,
            recall=self._recall,
            keep=self._cache.put,
        )
        self._denials = Denials()
        self._own_checks = OwnChecks(clients, check)
        self._notify = Notifier(observers)
        self._clock = clock
        self._last_error: VerifierUnavailable | None = None
        renew_after_fork(self)

    @property
    def issuer(self) -> str:
        """Whose tokens are asked about: the provider's issuer."""
        return self._issuer

    def after_fork(self) -> None:
        """Keep the answers; forget the parent's threads and connections."""
        self._questions.after_fork()
        if self._endpoint is not None:
            self._endpoint.after_fork()

    def verify(
        self,
        token: str,
        *,
        presentation: Presentation | None = None,  # noqa: ARG002 - reserved by the port
    ) -> Identity:
        """Return who the token speaks for.

        Whatever is passed, only an `AccessError` comes out. What can't be a bearer
        token is never sent out. Thread-safety: safe; a remembered answer costs no
        lock.

        Args:
            token: The token as it came, without its scheme.
            presentation: Reserved for sender-constrained tokens; until they can be
                checked, one with `cnf` is refused.

        Raises:
            Unauthenticated: The token doesn't hold; the reason says why.
            PermissionDenied: It does, and its client is none of `clients`.
            VerifierUnavailable: The server can't be asked for now, or refuses us.

        Source: RFC 7662, RFC 6750 §2.1.
        """
        try:
            return self._verify(token)
        except AccessError as error:
            refusal = fresh_copy(error)
        # Raised out here, and without our reference, so that nobody who looks at
        # this error's traceback or context finds the token.
        del token
        if self._notify:
            self._notify(
                TokenRejected(
                    at=self._clock.wall(),
                    issuer=self._issuer,
                    reason=refusal.reason,
                    message=str(refusal),
                )
            )
        raise refusal

    def deny(
        self, *, client_id: str | None = None, token_id: str | None = None
    ) -> None:
        """Shut someone out at once, whatever is remembered of their token.

        It holds while this verifier lives, in this process. Thread-safety: safe.

        Args:
            client_id: A client, as `Identity.client_id` names it.
            token_id: A token, by its `jti`.

        Raises:
            ConfigurationError: None is named.
        """
        self._denials.add(client_id=client_id, token_id=token_id)

    def status(self) -> IntrospectionStatus:
        """Say how introspection stands, without any I/O; for readiness probes."""
        error = self._last_error
        copy = None if error is None else fresh_copy(error)
        return IntrospectionStatus(ready=error is None, last_error=copy)

    def close(self) -> None:
        """Ask no more; what is remembered serves on to its end."""
        self._questions.close()
        if self._endpoint is not None:
            self._endpoint.close()

    def _verify(self, token: object) -> Identity:
        if not isinstance(token, str) or len(token) > MAX_TOKEN_LENGTH:
            message = f"the token is no string of at most {MAX_TOKEN_LENGTH} characters"
            raise Unauthenticated(message, reason=Reason.TOKEN_MALFORMED)
        if not is_b64token(token):
            message = "the token has characters outside RFC 6750 §2.1"
            raise Unauthenticated(message, reason=Reason.TOKEN_MALFORMED)
        digest = token_digest(token)
        known = self._recall(digest)
        identity = (known or self._ask(token, digest)).identity()
        self._denials.check(identity)
        self._own_checks.judge(identity)
        return identity

    def _recall(self, digest: bytes) -> Known | None:
        known = self._cache.entries.get(digest)
        if known is None or self._clock.elapsed() >= known.until:
            return None
        if self._clock.wall() >= known.ends:
            return None
        known.used = True
        return known

    def _ask(self, token: str, digest: bytes) -> Known:
        def call(deadline: float) -> Known:
            asked_at = self._clock.elapsed()
            claims = self._ask_server(token, deadline)
            return self._reader.read(claims, asked_at, len(token))

        try:
            known = self._questions.result(digest, call)
        except FlightOverrun:
            message = f"introspection at {self._issuer} took longer than it may"
            failure = unavailable(message, retry_after=1.0)
        except TooManyFlights:
            message = (
                f"too many questions to {self._issuer} are under way, or we closed"
            )
            failure = unavailable(message, retry_after=1.0)
        except VerifierUnavailable as error:
            failure = fresh_copy(error)
        else:
            self._last_error = None
            return known
        self._last_error = failure
        raise failure


def _check_client(client_id: object, credential: object) -> None:
    if not isinstance(client_id, str) or not client_id:
        message = "client_id must be a string that isn't empty"
        raise ConfigurationError(message)
    if not isinstance(credential, Credential):
        message = 'credential must be a credential such as ClientSecret("…")'
        raise ConfigurationError(message)
