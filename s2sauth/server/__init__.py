"""Accepting a token: verify it, judge it by a policy, and answer.

To add a framework: an adapter in a file of its own around `decision.Door`.
"""

from s2sauth.server.identity import current_identity
from s2sauth.server.introspection import IntrospectionVerifier
from s2sauth.server.jwt import JwtVerifier
from s2sauth.server.router import IssuerRouter

__all__ = [
    "IntrospectionVerifier",
    "IssuerRouter",
    "JwtVerifier",
    "current_identity",
]
