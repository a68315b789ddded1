"""Assertions: short-lived JWTs that prove who we are (RFC 7523 §2.2, §3)."""

import json
import secrets
from collections.abc import Callable, Mapping

from s2sauth._base.clock import Clock
from s2sauth._base.strict import encode_base64url
from s2sauth.credentials.credential import Authentication, AuthenticationContext

__all__ = ["JWT_BEARER", "assertion_authentication", "make_assertion"]

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME = 60  # seconds; Keycloak accepts no more
_CLOCKS_DIFFER = 5  # seconds that our clock may be ahead of a server without leeway


def make_assertion(
    context: AuthenticationContext,
    header: Mapping[str, str],
    sign: Callable[[bytes], bytes],
    clock: Clock,
) -> str:
    """Return a signed assertion, with a `jti` of its own.

    Args:
        context: Who says it, and to whom.
        header: The JOSE header.
        sign: Signs; what it raises comes through.
        clock: What `iat`, `nbf` and `exp` are taken from.
    """
    now = int(clock.wall())
    claims = {
        "iss": context.client_id,
        "sub": context.client_id,
        "aud": context.assertion_audience,
        "jti": secrets.token_urlsafe(16),
        "iat": now - _CLOCKS_DIFFER,
        "nbf": now - _CLOCKS_DIFFER,
        "exp": now + _LIFETIME,
    }
    unsigned = f"{_segment(header)}.{_segment(claims)}"
    return f"{unsigned}.{encode_base64url(sign(unsigned.encode('ascii')))}"


def assertion_authentication(
    context: AuthenticationContext, assertion: str, assertion_type: str = JWT_BEARER
) -> Authentication:
    """Return the form fields that carry an assertion (RFC 7521 §4.2)."""
    form = {
        "client_id": context.client_id,
        "client_assertion_type": assertion_type,
        "client_assertion": assertion,
    }
    return Authentication(form=form, secrets=(assertion,))


def _segment(members: Mapping[str, object]) -> str:
    return encode_base64url(json.dumps(members, separators=(",", ":")).encode())
