"""The one door for every adapter: who calls, may they, and who is told.

::

    adapter ──► Door.rule_for(operation) ──► Door.admit(operation, rule, headers)
                     look-ups only            verifies, judges, tells the observers
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from s2sauth._base.bearer import parse_authorization
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.notify import Notifier
from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    Reason,
    Unauthenticated,
    fresh_copy,
)
from s2sauth.events import AccessDecided, Observer, WouldDeny
from s2sauth.policy import Policy, Rule, is_public, refusal
from s2sauth.values import Identity, Verifier

__all__ = ["Door"]


class Door:
    """Lets a request in, or raises why not. Safe to share between threads.

    A public operation verifies nothing. For all others the token is verified first,
    so that who has no good one learns nothing of the rules. Then come, in this order:
    the clients that are shut out, the rule's being there at all, `deny`, `clients`,
    `audiences`, the scopes. Every decision is one event. An error of the verifier that
    is no `AccessError` is a bug, and comes through as it is: nobody is let in by it.

    Args:
        verifier: Tells good tokens from bad ones.
        policy: Says who may call what.
        transport: `grpc` or `http`, for the events.
        observers: Told of every decision.
        enforce: False: report only. Everything is judged, and the observers get a
            `WouldDeny` in place of each refusal, but nothing is refused.
        clock: Dates the events; for tests.

    Raises:
        ConfigurationError: `verifier` or `policy` is something else.
    """

    __slots__ = ("_clock", "_enforce", "_notify", "_policy", "_transport", "_verifier")

    def __init__(
        self,
        verifier: Verifier,
        policy: Policy,
        *,
        transport: Literal["grpc", "http"],
        observers: Iterable[Observer] = (),
        enforce: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not isinstance(verifier, Verifier):
            message = "verifier must have verify(), such as a JwtVerifier"
            raise ConfigurationError(message)
        if not isinstance(policy, Policy):
            message = (
                "policy must be a Policy, such as Policy.from_protos(payments_pb2)"
            )
            raise ConfigurationError(message)
        self._verifier = verifier
        self._policy = policy
        self._transport = transport
        self._notify = Notifier(observers)
        self._enforce = enforce
        self._clock = clock

    def rule_for(self, operation: str) -> Rule | None:
        """Return the rule of an operation, None: denied. Look-ups only, no waiting."""
        return self._policy.rule_for(operation)

    def admit(
        self,
        operation: str,
        rule: Rule | None,
        authorization: Sequence[str],
        *,
        also: tuple[Rule, ...] = (),
        malformed: str | None = None,
    ) -> Identity | None:
        """Return who calls, or raise why they may not.

        Args:
            operation: `/pkg.Service/Method`, or `POST /path`; for the events.
            rule: What `rule_for` returned.
            authorization: Every `Authorization` value of the request.
            also: More rules that must hold, such as a decorator's.
            malformed: What's wrong with the request already, in a sentence.

        Returns:
            The identity. None where the operation is public, or where nothing is
            enforced and the token isn't good.

        Raises:
            Unauthenticated: No good token.
            PermissionDenied: A good token that doesn't suffice.
            VerifierUnavailable: It can't be told for now.
        """
        rules = also if rule is None else (rule, *also)
        identity: Identity | None = None
        refused: AccessError | None = None
        if not is_public(rules):
            try:
                identity = self._identify(authorization, malformed)
                refused = refusal(rules, identity, self._policy.denied_clients)
            except AccessError as error:
                # Without its traceback: those frames may hold the token.
                refused = fresh_copy(error)
        del authorization
        if self._notify:
            self._tell(operation, identity, refused)
        if refused is None or not self._enforce:
            return identity
        try:
            raise refused
        finally:
            del refused  # else the error and this frame keep each other alive

    def _identify(
        self, authorization: Sequence[str], malformed: str | None
    ) -> Identity:
        if malformed is not None:
            raise Unauthenticated(malformed, reason=Reason.REQUEST_MALFORMED)
        return self._verifier.verify(parse_authorization(authorization))

    def _tell(
        self, operation: str, identity: Identity | None, refused: AccessError | None
    ) -> None:
        let_anyway = refused is not None and not self._enforce
        kind = WouldDeny if let_anyway else AccessDecided
        self._notify(
            kind(
                at=self._clock.wall(),
                operation=operation,
                transport=self._transport,
                allowed=refused is None or let_anyway,
                reason=None if refused is None else refused.reason,
                client_id=None if identity is None else identity.client_id,
                subject=None if identity is None else identity.subject,
                issuer=None if identity is None else identity.issuer,
                scopes=frozenset() if identity is None else identity.scopes,
                token_id=None if identity is None else identity.token_id,
            )
        )
