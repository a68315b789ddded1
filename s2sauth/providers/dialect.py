"""How an issuer words its tokens: one claim for the client, one for the scopes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["GENERIC", "KEYCLOAK", "ClaimProblem", "Dialect"]


class ClaimProblem(ValueError):
    """A claim is not of the type that it must be; the message names no value."""


def _no_sign(_claims: Mapping[str, Any]) -> bool | None:
    return None


def _no_objection(_claims: Mapping[str, Any]) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """A declarative reading of one issuer's claims.

    Args:
        name: What the dialect is called.
        client_claims: Where the calling client stands; the first that's there
            counts. Never `sub` (RFC 9700 §4.15).
        scope_claim: Where the scopes stand, a string or a list of strings.
        service_sign: True for a service's token, False for a user's, None where
            nothing tells.
        objection: Why claims can't be an access token's, or None.
    """

    name: str
    client_claims: tuple[str, ...]
    scope_claim: str = "scope"
    service_sign: Callable[[Mapping[str, Any]], bool | None] = field(
        default=_no_sign, repr=False
    )
    objection: Callable[[Mapping[str, Any]], str | None] = field(
        default=_no_objection, repr=False
    )

    def client_id(self, claims: Mapping[str, Any]) -> str | None:
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

    def scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return the scopes granted; none where the claim is missing.

        Raises:
            ClaimProblem: Neither a string nor a list of strings.
        """
        value = claims.get(self.scope_claim, "")
        if type(value) is str:
            return frozenset(value.split(" ")) - {""}
        if type(value) is list and all(type(item) is str and item for item in value):
            return frozenset(value)
        message = f"the claim {self.scope_claim} must be a string or a list of strings"
        raise ClaimProblem(message)

    def is_service(self, claims: Mapping[str, Any]) -> bool | None:
        """Tell a service's token from a user's; None where nothing tells."""
        return self.service_sign(claims)

    def refusal(self, claims: Mapping[str, Any]) -> str | None:
        """Return why this can't be an access token, or None."""
        return self.objection(claims)


GENERIC = Dialect(name="generic", client_claims=("client_id", "azp"))  # RFC 9068 §2.2


def _keycloak_service(claims: Mapping[str, Any]) -> bool | None:
    # Seen on 26.4: a user's token has a session (`sid`); a service account's has
    # none, and a `client_id`. A user may be *named* like a service account.
    if "sid" in claims:
        return False
    return True if "client_id" in claims else None


def _keycloak_objection(claims: Mapping[str, Any]) -> str | None:
    # ID and refresh tokens are signed with the same keys; `typ` tells them apart.
    if claims.get("typ", "Bearer") in ("Bearer", "DPoP"):
        return None
    return "the claim typ says that it's no access token"


KEYCLOAK = Dialect(
    name="keycloak",
    client_claims=("azp",),
    service_sign=_keycloak_service,
    objection=_keycloak_objection,
)
