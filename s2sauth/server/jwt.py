"""Verifies signed tokens by the issuer's published keys (RFC 7519, RFC 9068)."""

import os
from collections.abc import Iterable

from s2sauth._base.arguments import check_seconds
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import renew_after_fork
from s2sauth._base.http import HttpClient
from s2sauth._base.notify import Notifier
from s2sauth.errors import AccessError, Reason, Unauthenticated, fresh_copy
from s2sauth.events import Observer, TokenRejected
from s2sauth.providers import Provider
from s2sauth.server.arguments import (
    REQUIRED,
    Audience,
    Required,
    check_audience,
    check_count,
    check_provider,
    expected_header,
)
from s2sauth.server.claims import ClaimRules
from s2sauth.server.denials import Denials
from s2sauth.server.first_sight import FirstSight, Verified
from s2sauth.server.jwks import JwkSet
from s2sauth.server.jwks_endpoint import JwksEndpoint, KeyFetch
from s2sauth.server.key_snapshot import KeyPolicy, KeysStatus
from s2sauth.server.own_checks import OwnCheck, OwnChecks
from s2sauth.server.token_cache import CacheEntry, TokenCache, token_digest
from s2sauth.values import Identity, Presentation

__all__ = ["JwtVerifier"]


class _Seen(CacheEntry):
    """A token that held, and what must still be true for it to hold again.

    Its audience and issuer need no second look: a cache belongs to one verifier,
    whose own never change. Its scopes are judged by the policy, at every call.
    """

    __slots__ = ("ends", "ends_elapsed", "identity", "key", "ring")

    def __init__(self, verified: Verified, ends_elapsed: float, weight: int) -> None:
        super().__init__(weight)
        self.identity, self.ends, self.key, self.ring = verified
        # By both clocks: a wall clock set back must not revive what has expired.
        self.ends_elapsed = ends_elapsed


class JwtVerifier:
    """Verifies the JWT access tokens of one issuer, strictly.

    Keys are fetched when first needed and kept fresh in the background; a token
    that comes again has its signature checked once. Safe to share between threads,
    and after a fork.

    Args:
        provider: Who issues the tokens.
        audience: What tokens for this service say in `aud`: one of these must be
            there. None, said explicitly: the issuer puts no `aud` into its tokens,
            and one that has it is refused (RFC 7519 §4.1.3).
        algorithms: The allow-list; never HMAC or `none`.
        leeway: Seconds that clocks may differ, for `exp`, `nbf` and `iat`.
        cache_size: How many verified tokens are remembered; 0: none.
        keys_ttl: Seconds after which keys are no longer fresh.
        keys_max_stale: Seconds beyond that for which they serve in an outage.
        keys_cooldown: Seconds after which an unknown key id may cost a fetch again;
            two may at once.
        users: Whether users' tokens are let in.
        require_typ: The `typ` that headers must have, such as `at+jwt` (RFC 9068);
            None: `at+jwt`, `JWT` or none at all.
        max_age: Seconds since `iat` that a token may have; None: no limit.
        clients: The only client ids that are let in; None: all. Who may call what is
            better said by a policy.
        check: Called with the identity of every good token, also of those seen
            before; it raises an `AccessError` to refuse, and what it returns counts
            for nothing. If it fails otherwise, nobody is let in.
        ca: A PEM file or folder that replaces the usual authorities.
        observers: Called with what happens.
        allow_insecure: Whether keys may come over plain http beyond loopback.
        fetch_keys: Where keys come from; None: the provider's `jwks_url`.
        clock: Where time comes from; for tests.

    Raises:
        ConfigurationError: An argument is missing or wrong; the message names it.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        audience: Audience | Required = REQUIRED,
        algorithms: Iterable[str] = ("RS256", "ES256"),
        leeway: float = 30.0,
        cache_size: int = 10_000,
        keys_ttl: float = 300.0,
        keys_max_stale: float = 3600.0,
        keys_cooldown: float = 30.0,
        users: bool = False,
        require_typ: str | None = None,
        max_age: float | None = None,
        clients: str | Iterable[str] | None = None,
        check: OwnCheck | None = None,
        ca: str | os.PathLike[str] | None = None,
        observers: Iterable[Observer] = (),
        allow_insecure: bool = False,
        fetch_keys: KeyFetch | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        issuer = check_provider(provider).issuer
        self._issuer = issuer
        self._issuers = provider.issuers
        expected = expected_header(algorithms, require_typ)
        rules = ClaimRules(
            issuer=issuer,
            audience=check_audience(audience, provider.dialect),
            dialect=provider.dialect,
            leeway=check_seconds("leeway", leeway, zero=True),
            users=users,
            other_issuers=provider.other_issuers,
            max_age=None if max_age is None else check_seconds("max_age", max_age),
        )
        policy = KeyPolicy(
            algorithms=expected.algorithms,
            ttl=check_seconds("keys_ttl", keys_ttl),
            max_stale=check_seconds("keys_max_stale", keys_max_stale, zero=True),
            cooldown=check_seconds("keys_cooldown", keys_cooldown),
        )
        self._cache: TokenCache[_Seen] = TokenCache(
            check_count("cache_size", cache_size)
        )
        self._find = self._cache.entries.get
        self._denials = Denials()
        self._own_checks = OwnChecks(clients, check)
        self._notify = Notifier(observers)
        self._elapsed = clock.elapsed
        self._wall = clock.wall
        self._endpoint: JwksEndpoint | None = None
        if fetch_keys is None:
            provider.check("jwks_url", allow_insecure=allow_insecure)
            http = HttpClient(ca=ca, allow_insecure=allow_insecure)
            self._endpoint = JwksEndpoint(provider, http, clock)
            fetch_keys = self._endpoint.fetch
        self._keys = JwkSet(
            issuer, fetch_keys, policy, notify=self._notify, clock=clock
        )
        self._first_sight = FirstSight(expected, rules, self._keys, clock)
        renew_after_fork(self)

    @property
    def issuer(self) -> str:
        """Whose tokens are verified: the provider's issuer."""
        return self._issuer

    @property
    def issuers(self) -> tuple[str, ...]:
        """All that `iss` may be: Entra's v1.0 and v2.0 tokens differ in it."""
        return self._issuers

    def after_fork(self) -> None:
        """Keep keys and verified tokens; forget the parent's connections."""
        if self._endpoint is not None:
            self._endpoint.after_fork()

    def verify(
        self,
        token: str,
        *,
        presentation: Presentation | None = None,  # noqa: ARG002 - reserved by the port
    ) -> Identity:
        """Return who the token speaks for.

        Whatever is passed, only an `AccessError` comes out. Thread-safety: safe; a
        token seen before costs no lock and no signature.

        Args:
            token: The token as it came, without its scheme.
            presentation: Reserved for sender-constrained tokens; until they can be
                checked, one with `cnf` is refused.

        Raises:
            Unauthenticated: The token doesn't hold; the reason says why.
            PermissionDenied: It does, and its client is none of `clients`.
            VerifierUnavailable: The issuer's keys can't be had for now.

        Source: RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725, RFC 9068 §4.
        """
        digest = token_digest(token)
        seen = self._find(digest)
        if seen is not None:
            keys = self._keys.snapshot
            now = self._elapsed()
            if (
                now < keys.look_at
                and now < seen.ends_elapsed
                and seen.ring is keys.ring
                and self._wall() < seen.ends
                and not self._denials.any
                and not self._own_checks.any
            ):
                seen.used = True
                return seen.identity
        try:
            return self._judge(token, digest, seen)
        except AccessError as error:
            refusal = fresh_copy(error)
        # Raised out here, and without our references, so that nobody who looks at
        # this error's traceback or context finds the token.
        del token, digest, seen
        self._tell(refusal)
        raise refusal

    def recall(self, token: str) -> Identity | None:
        """Return what `verify` would, if the token was seen before; else None.

        Costs no signature and no parsing. Thread-safety: safe.

        Args:
            token: The token as it came.
        """
        seen = self._find(token_digest(token))
        return None if seen is None else self.verify(token)

    def deny(
        self,
        *,
        client_id: str | None = None,
        token_id: str | None = None,
        key_id: str | None = None,
    ) -> None:
        """Shut someone out at once, with tokens already verified too.

        It holds while this verifier lives, in this process. Thread-safety: safe.

        Args:
            client_id: A client, as `Identity.client_id` names it.
            token_id: A token, by its `jti`.
            key_id: A signing key, by its `kid`.

        Raises:
            ConfigurationError: None is named.
        """
        self._denials.add(client_id=client_id, token_id=token_id, key_id=key_id)

    def warm_up(self, timeout: float = 5.0) -> None:
        """Fetch the issuer's keys before traffic comes. Thread-safety: safe.

        Args:
            timeout: Seconds to wait.

        Raises:
            VerifierUnavailable: They could not be had in time; later calls try again.
        """
        self._keys.warm_up(timeout)

    def refresh_keys(self, timeout: float = 5.0) -> None:
        """Fetch the issuer's keys now: tokens of a key that's gone end with this.

        Thread-safety: safe; while it waits, others go on with the old keys.

        Args:
            timeout: Seconds to wait.

        Raises:
            VerifierUnavailable: It failed, or took longer; the old keys serve on.
        """
        self._keys.refresh(timeout)

    def status(self) -> KeysStatus:
        """Say how the keys stand, without any I/O; for readiness probes."""
        return self._keys.status()

    def close(self) -> None:
        """Stop fetching keys; those that are there serve on to their end."""
        self._keys.close()
        if self._endpoint is not None:
            self._endpoint.close()

    def _judge(self, token: str, digest: bytes, seen: _Seen | None) -> Identity:
        if seen is not None and self._still_holds(seen):
            self._own_checks.judge(seen.identity)
            return seen.identity
        verified = self._first_sight.verify(token)
        identity, ends, key, _ = verified
        if self._denials.any:
            self._denials.check(identity, key.key_id)
        self._own_checks.judge(identity)
        if digest:
            ends_elapsed = self._elapsed() + (ends - self._wall())
            self._cache.put(digest, _Seen(verified, ends_elapsed, len(token)))
        return identity

    def _still_holds(self, seen: _Seen) -> bool:
        """Judge a token again that was seen before; False: as if for the first time."""
        if self._wall() >= seen.ends:
            return False  # where the exact reason is told
        if self._elapsed() >= seen.ends_elapsed:
            message = "the token has expired, and the wall clock was set back since"
            raise Unauthenticated(message, reason=Reason.TOKEN_EXPIRED)
        ring = self._keys.trusted()
        if seen.key not in ring:
            return False
        self._denials.check(seen.identity, seen.key.key_id)
        seen.ring = ring
        seen.used = True
        return True

    def _tell(self, refusal: AccessError) -> None:
        if self._notify:
            self._notify(
                TokenRejected(
                    at=self._wall(),
                    issuer=self._issuer,
                    reason=refusal.reason,
                    message=str(refusal),
                )
            )
