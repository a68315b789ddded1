"""One verifier for several issuers: each token goes to its own issuer's, or nowhere."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.notify import Notifier
from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    Reason,
    Unauthenticated,
    fresh_copy,
)
from s2sauth.events import Observer, TokenRejected
from s2sauth.server.compact import is_jwt, read_segment, split
from s2sauth.values import Identity, Presentation, Verifier

__all__ = ["IssuerRouter", "IssuerVerifier"]


@runtime_checkable
class IssuerVerifier(Protocol):
    """A verifier that says whose tokens it takes."""

    @property
    def issuer(self) -> str:
        """The issuer, exactly as in `iss`."""
        ...

    def verify(
        self, token: str, *, presentation: Presentation | None = None
    ) -> Identity:
        """Return who the token speaks for; see `Verifier`."""
        ...


@runtime_checkable
class _Remembering(Protocol):
    """A verifier that knows tokens again without parsing them."""

    def recall(self, token: str) -> Identity | None: ...


class IssuerRouter:
    """Hands each token to the verifier of its exact issuer.

    A token that is a JWT goes to the verifier of its `iss`; where there's none, it's
    refused, and nobody is asked about it. What is no JWT goes to `opaque`. Verifiers
    share nothing: one issuer's failure or keys don't touch another's tokens. Safe
    to share between threads.

    Args:
        verifiers: One for each issuer.
        opaque: For tokens that are no JWTs; None: they are refused.
        observers: Called with what is refused here; each verifier has its own.
        clock: Where the time of events comes from; for tests.

    Raises:
        ConfigurationError: No verifier, one without an issuer, or two for one issuer.
    """

    def __init__(
        self,
        *verifiers: IssuerVerifier,
        opaque: Verifier | None = None,
        observers: Iterable[Observer] = (),
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._by_issuer = _by_issuer(verifiers)
        if opaque is not None and not isinstance(opaque, Verifier):
            message = "opaque must be a verifier, such as an IntrospectionVerifier"
            raise ConfigurationError(message)
        self._opaque = opaque
        self._remembering = tuple(
            verifier for verifier in verifiers if isinstance(verifier, _Remembering)
        )
        self._notify = Notifier(observers)
        self._clock = clock

    def verify(
        self, token: str, *, presentation: Presentation | None = None
    ) -> Identity:
        """Return who the token speaks for.

        Whatever is passed, only an `AccessError` comes out. Thread-safety: safe.

        Args:
            token: The token as it came, without its scheme.
            presentation: Handed on.

        Raises:
            Unauthenticated: The token doesn't hold; ISSUER where nobody is named
                for it.
            VerifierUnavailable: Its issuer can't be asked for now.
        """
        try:
            return self._route(token, presentation)
        except AccessError as error:
            refusal = fresh_copy(error)
        # Without our reference, so that this error's traceback holds no token.
        del token, presentation
        raise refusal

    def _route(self, token: str, presentation: Presentation | None) -> Identity:
        identity = self._recalled(token)
        if identity is not None:
            return identity
        try:
            verifier = self._verifier_of(token)
        except Unauthenticated as error:
            self._tell(error)
            raise
        return verifier.verify(token, presentation=presentation)

    def _recalled(self, token: str) -> Identity | None:
        for verifier in self._remembering:
            identity = verifier.recall(token)
            if identity is not None:
                return identity
        return None

    def _verifier_of(self, token: str) -> Verifier:
        if not is_jwt(token):
            if self._opaque is not None:
                return self._opaque
            message = "the token is no JWT, and no verifier is named for such"
            raise Unauthenticated(message, reason=Reason.TOKEN_MALFORMED)
        _, _, payload, _ = split(token)
        issuer = read_segment(payload, "payload").get("iss")
        verifier = self._by_issuer.get(issuer) if isinstance(issuer, str) else None
        if verifier is None:
            message = "the token's iss is none of the issuers that are trusted here"
            raise Unauthenticated(message, reason=Reason.ISSUER)
        return verifier

    def _tell(self, refusal: AccessError) -> None:
        if self._notify:
            self._notify(
                TokenRejected(
                    at=self._clock.wall(),
                    issuer=" ".join(self._by_issuer),
                    reason=refusal.reason,
                    message=str(refusal),
                )
            )


def _by_issuer(verifiers: Sequence[object]) -> dict[str, IssuerVerifier]:
    found: dict[str, IssuerVerifier] = {}
    for verifier in verifiers:
        if not isinstance(verifier, IssuerVerifier):
            message = "verifiers must each have an issuer, as a JwtVerifier has"
            raise ConfigurationError(message)
        for issuer in getattr(verifier, "issuers", (verifier.issuer,)):
            if issuer in found:
                message = f"two verifiers are named for the issuer {issuer!r}"
                raise ConfigurationError(message)
            found[issuer] = verifier
    if not found:
        message = "an IssuerRouter needs at least one verifier"
        raise ConfigurationError(message)
    return found
