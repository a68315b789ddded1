"""A platform such as Kubernetes: signs tokens that speak for its workloads."""

import time
from typing import Any

from jose import jwt

from s2sauth.testing.client_keys import jwk_of
from support.key_material import make_key, pem_of

__all__ = ["Platform"]


class Platform:
    """Signs by ES256, with a key of its own; python-jose does it, not our code."""

    issuer = "https://kubernetes.default.svc"

    def __init__(self) -> None:
        self._key = make_key("p256")

    def jwks(self) -> dict[str, Any]:
        """Return its key set."""
        return {"keys": [{**jwk_of(self._key.public_key()), "kid": "p1", "use": "sig"}]}

    def now(self) -> float:
        """Return POSIX seconds."""
        return time.time()

    def token(self, subject: str, audience: str, *, life: float = 600) -> str:
        """Return a token as Kubernetes projects it."""
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": [audience],
            "iat": now - 3600,
            "nbf": now - 3600,
            "exp": now + int(life),
        }
        token: str = jwt.encode(claims, pem_of(self._key), "ES256", {"kid": "p1"})
        return token
