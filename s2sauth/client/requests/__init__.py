"""Attaches tokens to calls over `requests`, to one origin and nowhere else.

Three ways, by how much of the session is ours: `ServiceSession` is one, `mount` puts
a `BearerAdapter` into the user's own, `BearerAuth` serves a single call.
"""

from s2sauth.client.requests.adapter import BearerAdapter, mount
from s2sauth.client.requests.auth import BearerAuth
from s2sauth.client.requests.session import ServiceSession

__all__ = ["BearerAdapter", "BearerAuth", "ServiceSession", "mount"]
