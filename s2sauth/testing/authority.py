"""The embedded server without its sockets: what it knows, and how it answers."""

from collections.abc import Callable

from s2sauth._base.clock import Clock
from s2sauth.errors import ConfigurationError
from s2sauth.testing.application import Application
from s2sauth.testing.clients import ClientRegistry, check_format, check_lifetime
from s2sauth.testing.dialects import Dialect, Site
from s2sauth.testing.endpoints import Endpoints
from s2sauth.testing.faults import FaultPlan, RequestCounts
from s2sauth.testing.keys import KeyRing
from s2sauth.testing.ledger import TokenLedger
from s2sauth.testing.mint import TokenMint

__all__ = ["Authority"]


class Authority:
    """Everything that outlives a restart of the listener. Thread-safe.

    Args:
        dialect: How it speaks.
        realm: The realm's name.
        base_url: Gives where it stands; asked for each request.
        token_lifetime: Seconds that tokens live, where a client says nothing.
        token_format: `jwt` or `opaque`; None: the dialect's.
        signing_algorithm: `RS256` or `ES256`.
        clock: What `iat` and `exp` are taken from, and judged by.

    Raises:
        ConfigurationError: An argument can't be; the message names it.
    """

    def __init__(
        self,
        dialect: Dialect,
        realm: str,
        base_url: Callable[[], str],
        *,
        token_lifetime: float,
        token_format: str | None,
        signing_algorithm: str,
        clock: Clock,
    ) -> None:
        check_lifetime(token_lifetime)
        check_format(token_format)
        _check_realm(realm)
        self.site: Callable[[], Site] = lambda: Site(
            base_url=base_url(), realm=realm, dialect=dialect
        )
        self.clients = ClientRegistry()
        self.counts = RequestCounts()
        self.faults = FaultPlan()
        self.ledger = TokenLedger()
        self.keys = KeyRing(
            signing_algorithm, with_encryption_key=dialect.encryption_key
        )
        self.mint = TokenMint(
            self.site,
            self.keys,
            self.ledger,
            clock=clock,
            lifetime=token_lifetime,
            token_format=token_format or dialect.token_format,
        )
        self.answer = self._application(clock).answer

    def _application(self, clock: Clock) -> Application:
        endpoints = Endpoints(
            self.site,
            clients=self.clients,
            keys=self.keys,
            ledger=self.ledger,
            mint=self.mint,
            clock=clock,
        )
        handlers = {
            "token": endpoints.token,
            "jwks": endpoints.jwks,
            "introspection": endpoints.introspection,
            "revocation": endpoints.revocation,
            "discovery": endpoints.discovery,
        }
        return Application(self.site, handlers, self.faults, self.counts)


def _check_realm(realm: str) -> None:
    if not realm or "/" in realm:
        message = "realm must be the name of a realm, without slashes"
        raise ConfigurationError(message)
