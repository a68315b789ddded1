"""Which vendor's own domain an issuer stands at, for providers that are discovered."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from s2sauth.providers.asking import AS_IT_STANDS, Asking
from s2sauth.providers.auth0 import AUTH0, AUTH0_ASKING
from s2sauth.providers.cognito import COGNITO, COGNITO_ASKING
from s2sauth.providers.dialect import GENERIC, Dialect
from s2sauth.providers.entra import entra
from s2sauth.providers.okta import okta

__all__ = ["Manner", "manner_of"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How an issuer words its tokens, and wants to be asked for them."""

    dialect: Dialect = GENERIC
    asking: Asking = AS_IT_STANDS
    other_issuers: tuple[str, ...] = ()


def manner_of(issuer: str) -> Manner:
    """Return the manner of the vendor at whose own domain an issuer stands.

    Custom domains, and servers that anyone may run, such as Keycloak, don't show in
    an address: they count as generic.
    """
    for pattern, make in _KNOWN:
        match = pattern.fullmatch(issuer)
        if match is not None:
            return make(match)
    return Manner()


def _auth0(_match: re.Match[str]) -> Manner:
    return Manner(AUTH0, AUTH0_ASKING)


def _cognito(_match: re.Match[str]) -> Manner:
    return Manner(COGNITO, COGNITO_ASKING)


def _okta(match: re.Match[str]) -> Manner:
    provider = okta(match["domain"], match["server"])
    return Manner(provider.dialect, provider.asking)


def _entra(match: re.Match[str]) -> Manner:
    provider = entra(match["tenant"], authority=match["authority"])
    return Manner(provider.dialect, provider.asking, provider.other_issuers)


_HOST = r"[A-Za-z0-9.-]+"
_KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Manner]], ...] = (
    (re.compile(rf"https://{_HOST}\.auth0\.com/"), _auth0),
    (
        re.compile(r"https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[\w-]+"),
        _cognito,
    ),
    (
        re.compile(
            rf"https://(?P<domain>{_HOST}\.okta(preview|-emea)?\.com)"
            r"(/oauth2/(?P<server>[\w-]+))?"
        ),
        _okta,
    ),
    (
        re.compile(
            r"(?P<authority>https://login\.(partner\.)?microsoftonline\.(com|us|cn))"
            r"/(?P<tenant>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/v2\.0"
        ),
        _entra,
    ),
)
