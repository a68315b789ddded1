"""How an issuer words its tokens: one claim for the client, one for the scopes."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from s2sauth.errors import ConfigurationError

__all__ = ["GENERIC", "ClaimProblem", "Dialect", "Scopes", "scope_set"]

Claims: TypeAlias = Mapping[str, Any]
Scopes: TypeAlias = frozenset[str]


class ClaimProblem(ValueError):
    """A claim is not of the type that it must be; the message names no value."""


def _no_sign(_claims: Claims) -> bool | None:
    return None


def _no_objection(_claims: Claims) -> str | None:
    return None


def _as_they_stand(
    _claims: Claims, scopes: Scopes, _audience: AbstractSet[str]
) -> Scopes:
    return scopes


def _no_audience(_claims: Claims) -> tuple[str, ...]:
    return ()


def _any_audience(_audience: frozenset[str] | None) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """A declarative reading of one issuer's claims.

    Args:
        name: What the dialect is called.
        client_claims: Where the calling client stands; the first that's there
            counts. Never `sub` (RFC 9700 §4.15).
        scope_claims: Where the scopes stand, a string or a list of strings; the
            first that's there counts.
        token_id_claim: Where the token's own name stands.
        service_sign: True for a service's token, False for a user's, None where
            nothing tells.
        objection: Why claims can't be an access token's, or None.
        scope_reader: Makes of the claims, the scopes found there, and the
            verifier's audiences what an identity's scopes are.
        audience_reader: Whom a token without `aud` is for, if something else says.
        audience_objection: Why no verifier can have this audience, or None.
    """

    name: str
    client_claims: tuple[str, ...]
    scope_claims: tuple[str, ...] = ("scope",)
    token_id_claim: str = "jti"
    service_sign: Callable[[Claims], bool | None] = field(default=_no_sign, repr=False)
    objection: Callable[[Claims], str | None] = field(default=_no_objection, repr=False)
    scope_reader: Callable[[Claims, Scopes, AbstractSet[str]], Scopes] = field(
        default=_as_they_stand, repr=False
    )
    audience_reader: Callable[[Claims], tuple[str, ...]] = field(
        default=_no_audience, repr=False
    )
    audience_objection: Callable[[frozenset[str] | None], str | None] = field(
        default=_any_audience, repr=False
    )

    def client_id(self, claims: Claims) -> str | None:
        """Return the calling client, or None where the token names none.

        Raises:
            ClaimProblem: The claim is no string, or an empty one.
        """
        for name in self.client_claims:
            value = claims.get(name)
            if value is None and name not in claims:
                continue
            if type(value) is not str or not value:
                message = f"the claim {name} must be a string that isn't empty"
                raise ClaimProblem(message)
            return value
        return None

    def scopes(
        self, claims: Claims, audience: AbstractSet[str] | None = None
    ) -> Scopes:
        """Return the scopes granted; none where the claim is missing.

        Args:
            claims: The token's.
            audience: The verifier's own.

        Raises:
            ClaimProblem: Neither a string nor a list of strings.
        """
        for name in self.scope_claims:
            if name in claims:
                found = scope_set(claims[name], name)
                break
        else:
            found = frozenset()
        return self.scope_reader(claims, found, audience or frozenset())

    def is_service(self, claims: Claims) -> bool | None:
        """Tell a service's token from a user's; None where nothing tells."""
        return self.service_sign(claims)

    def refusal(self, claims: Claims) -> str | None:
        """Return why this can't be an access token, or None."""
        return self.objection(claims)

    def audience(self, claims: Claims) -> tuple[str, ...]:
        """Return whom a token without `aud` is for, if something else says."""
        return self.audience_reader(claims)

    def check_audience(self, audience: frozenset[str] | None) -> None:
        """Check the audience of a verifier, when it's made.

        Raises:
            ConfigurationError: No token of this issuer could fit; says what to do.
        """
        objection = self.audience_objection(audience)
        if objection is not None:
            raise ConfigurationError(objection)


def scope_set(value: object, name: str) -> Scopes:
    """Return the scopes in a claim: a string with spaces, or a list of strings.

    Raises:
        ClaimProblem: It's neither.
    """
    if type(value) is str:
        return frozenset(value.split(" ")) - {""}
    if type(value) is list and all(type(item) is str and item for item in value):
        return frozenset(value)
    message = f"the claim {name} must be a string or a list of strings"
    raise ClaimProblem(message)


GENERIC = Dialect(name="generic", client_claims=("client_id", "azp"))  # RFC 9068 §2.2
