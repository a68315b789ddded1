"""Whether an identity satisfies rules: no I/O, no time, no transport."""

from collections.abc import Set as AbstractSet

from s2sauth.errors import AccessError, PermissionDenied, Reason, Unauthenticated
from s2sauth.policy.rules import Rule
from s2sauth.values import Identity

__all__ = ["is_public", "refusal"]


def is_public(rules: tuple[Rule, ...]) -> bool:
    """Tell whether rules that must all hold need no token."""
    return bool(rules) and all(rule.public for rule in rules)


def refusal(
    rules: tuple[Rule, ...], identity: Identity, denied_clients: AbstractSet[str]
) -> AccessError | None:
    """Return why `identity` may not call, or None: it may.

    Args:
        rules: The rules that hold for the operation, all of them; none: denied.
        identity: Who calls, verified.
        denied_clients: Who is shut out whatever the rules say.

    Returns:
        PermissionDenied, or Unauthenticated (AUDIENCE) where the token is meant for
        someone else.
    """
    if identity.client_id in denied_clients:
        message = f"the client {identity.client_id!r} is shut out"
        return PermissionDenied(message, reason=Reason.DENIED)
    if not rules:
        return PermissionDenied("no rule lets anyone in", reason=Reason.NO_RULE)
    for rule in rules:
        found = None if rule.public else _refused_by(rule, identity)
        if found is not None:
            return found
    return None


def _refused_by(rule: Rule, identity: Identity) -> AccessError | None:
    if rule.deny:
        return PermissionDenied("the rule lets nobody in", reason=Reason.DENIED)
    if rule.clients and identity.client_id not in rule.clients:
        message = f"the rule doesn't name the client {identity.client_id!r}"
        return PermissionDenied(message, reason=Reason.CLIENT_NOT_ALLOWED)
    if rule.audiences and rule.audiences.isdisjoint(identity.audience):
        message = "the token names none of the audiences that the rule asks for"
        return Unauthenticated(message, reason=Reason.AUDIENCE)
    scopes = identity.scopes
    if rule.all_scopes <= scopes and (
        not rule.any_scopes or not rule.any_scopes.isdisjoint(scopes)
    ):
        return None
    return _lacking(rule, scopes)


def _lacking(rule: Rule, scopes: frozenset[str]) -> PermissionDenied:
    missing = rule.all_scopes - scopes
    if rule.any_scopes.isdisjoint(scopes):
        missing |= rule.any_scopes
    return PermissionDenied(
        f"the token lacks scopes: the rule asks for {rule}",
        reason=Reason.INSUFFICIENT_SCOPE,
        required=rule.scopes,
        missing=missing,
    )
