"""A JwtVerifier, and everything around it."""

from s2sauth.errors import (
    AccessError,
    Reason,
)
from s2sauth.events import Event
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from support.tokens import (
    AUDIENCE,
    PROVIDER,
    FakeKeys,
    Signer,
)


class VerifierRig:
    """One verifier; its options win over the usual ones."""

    def __init__(self, provider=PROVIDER, **options) -> None:
        self.clock = FakeClock()
        self.signer = Signer(self.clock, provider.issuer)
        self.fetch = FakeKeys()
        self.events: list[Event] = []
        usual = {
            "audience": AUDIENCE,
            "fetch_keys": self.fetch,
            "observers": [self.events.append],
            "clock": self.clock,
        }
        self.verifier = JwtVerifier(provider, **{**usual, **options})

    def accepts(self, **claims) -> bool:
        return self.reason(self.signer.token(claims=claims)) is None

    def reason(self, token) -> Reason | None:
        try:
            self.verifier.verify(token)
        except AccessError as error:
            return error.reason
        return None

    def cached(self) -> int:
        return len(self.verifier._cache)
