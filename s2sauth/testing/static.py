"""A token source and a verifier for tests that need no HTTP."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from s2sauth.errors import AccessError, Reason, TokenError, Unauthenticated, fresh_copy
from s2sauth.values import AccessToken, Identity, Presentation, freeze

__all__ = ["StaticTokenSource", "StaticVerifier", "make_identity"]

TEST_TOKEN = "test-token"  # what both fakes agree on
FAR_FUTURE = 4_102_444_800.0  # the year 2100, in POSIX seconds


class StaticTokenSource:
    """A `TokenSource` that gives the tokens it was given, and fetches nothing.

    With one value it gives that token for ever: `invalidate` changes nothing.
    With `tokens` each `invalidate` of the current one moves to the next, and the
    last one stays. Safe to share between threads.

    Args:
        value: The one token to give.
        tokens: The tokens to give one after the other, in place of `value`.
        scopes: The scopes that every token says it has.
        expires_at: When every token ends, in POSIX seconds.
        error: What `get` raises (a copy for each caller), in place of a token.

    Attributes:
        gets: How often `get` was called.
        invalidated: The tokens dropped so far, in order.
    """

    def __init__(
        self,
        value: str = TEST_TOKEN,
        *,
        tokens: Iterable[str] = (),
        scopes: str | Iterable[str] = (),
        expires_at: float = FAR_FUTURE,
        error: TokenError | None = None,
    ) -> None:
        self._lock = threading.Lock()  # guards what follows
        granted = _scope_set(scopes)
        self._tokens = [
            AccessToken(value=one, scopes=granted, expires_at=expires_at)
            for one in list(tokens) or [value]
        ]
        self._error = error
        self.gets = 0
        self.invalidated: list[AccessToken] = []

    def get(
        self,
        timeout: float | None = None,  # noqa: ARG002 - the port's signature
        min_validity: float = 0.0,  # noqa: ARG002 - the port's signature
    ) -> AccessToken:
        """Return the current token at once.

        Raises:
            TokenError: The one given as `error`.
        """
        with self._lock:
            self.gets += 1
            if self._error is not None:
                raise fresh_copy(self._error)
            return self._tokens[0]

    def invalidate(self, token: AccessToken) -> bool:
        """Move to the next token if `token` is the current one and not the last."""
        with self._lock:
            if token is not self._tokens[0] or len(self._tokens) == 1:
                return False
            self.invalidated.append(self._tokens.pop(0))
            return True


class Facts(TypedDict, total=False):
    """What can be said of an identity; the rest has defaults."""

    client_id: str | None
    subject: str | None
    issuer: str
    scopes: str | Iterable[str]
    audience: str | Iterable[str]
    expires_at: float
    is_service: bool | None
    claims: Mapping[str, Any]
    token_id: str | None


Outcome = Identity | Facts | AccessError


class StaticVerifier:
    """A `Verifier` that knows its tokens by heart, and refuses all others.

    Safe to share between threads.

    Args:
        tokens: What each token string leads to: an `Identity`, the facts of one
            as a dict, or an `AccessError` to raise.
        token: The one token string accepted, where `tokens` is not given.
        **facts: What that token says: `client_id`, `scopes`, `audience`,
            `subject`, `issuer`, `expires_at`, `is_service`, `claims`, `token_id`.

    Attributes:
        calls: How often `verify` was called.
    """

    def __init__(
        self,
        tokens: Mapping[str, Outcome] | None = None,
        *,
        token: str = TEST_TOKEN,
        **facts: Unpack[Facts],
    ) -> None:
        if tokens is not None and facts:
            message = "give either `tokens` or the facts of one token, not both"
            raise TypeError(message)
        known: Mapping[str, Outcome] = {token: facts} if tokens is None else tokens
        self._outcomes = {one: _outcome(given) for one, given in known.items()}
        self._lock = threading.Lock()  # guards `calls`
        self.calls = 0

    def verify(
        self,
        token: str,
        *,
        presentation: Presentation | None = None,  # noqa: ARG002 - the port's signature
    ) -> Identity:
        """Return what `token` leads to.

        Raises:
            Unauthenticated: An unknown token (TOKEN_SIGNATURE).
            AccessError: The one given for `token`.
        """
        with self._lock:
            self.calls += 1
        outcome = self._outcomes.get(token)
        del token
        if isinstance(outcome, Identity):
            return outcome
        if outcome is not None:
            raise fresh_copy(outcome)
        message = "this StaticVerifier doesn't know the token"
        raise Unauthenticated(message, reason=Reason.TOKEN_SIGNATURE)


def make_identity(**facts: Unpack[Facts]) -> Identity:
    """Return an `Identity` with these facts, and sensible ones for the rest."""
    client_id = facts.get("client_id", "test-client")
    return Identity(
        client_id=client_id,
        subject=facts.get("subject", client_id),
        issuer=facts.get("issuer", "https://issuer.example"),
        scopes=_scope_set(facts.get("scopes", ())),
        audience=_strings(facts.get("audience", ())),
        expires_at=facts.get("expires_at", FAR_FUTURE),
        is_service=facts.get("is_service", True),
        claims=freeze(dict(facts.get("claims", {}))),
        token_id=facts.get("token_id"),
    )


def _outcome(given: Outcome) -> Identity | AccessError:
    if isinstance(given, (Identity, AccessError)):
        return given
    return make_identity(**given)


def _scope_set(scopes: str | Iterable[str]) -> frozenset[str]:
    return frozenset(scopes.split() if isinstance(scopes, str) else scopes)


def _strings(values: str | Iterable[str]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)
