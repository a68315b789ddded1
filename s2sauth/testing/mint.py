"""Where tokens are made: granted ones, and whatever a test wants to see refused."""

import json
import math
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from s2sauth._base.clock import Clock
from s2sauth._base.strict import encode_base64url
from s2sauth.testing.clients import Client
from s2sauth.testing.dialects import Grant, Site
from s2sauth.testing.keys import KeyRing, SigningKey
from s2sauth.testing.ledger import Entry, TokenLedger

__all__ = ["TokenMint", "sign_jwt"]

_OPAQUE_BYTES = 32


class TokenMint:
    """Makes tokens in a site's dialect, and enters them in its ledger. Thread-safe.

    Args:
        site: Gives where the server stands; asked each time.
        keys: What signs.
        ledger: Where the tokens are entered.
        clock: What `iat` and `exp` are taken from.
        lifetime: Seconds that a token lives where its client says nothing.
        token_format: `jwt` or `opaque`, where its client says nothing.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        keys: KeyRing,
        ledger: TokenLedger,
        *,
        clock: Clock,
        lifetime: float,
        token_format: str,
    ) -> None:
        self._site = site
        self._keys = keys
        self._ledger = ledger
        self._clock = clock
        self._lifetime = lifetime
        self._format = token_format

    def lifetime_for(self, client: Client) -> float:
        """Return how many seconds a client's tokens live."""
        return client.token_lifetime or self._lifetime

    def issue(
        self, client: Client, scopes: tuple[str, ...], audiences: tuple[str, ...]
    ) -> str:
        """Return a token for what was granted."""
        lifetime = self.lifetime_for(client)
        claims = self._claims(client, scopes, audiences, lifetime)
        return self._make(client, claims, {}, None, client.token_format)

    def forge(
        self,
        client: Client,
        changes: Mapping[str, Any],
        *,
        lifetime: float,
        headers: Mapping[str, Any],
        key: SigningKey | None,
        token_format: str | None,
    ) -> str:
        """Return a token with anything changed.

        Args:
            client: Whose token it is.
            changes: Claims to change; None leaves one out.
            lifetime: Seconds from now until its end; may be negative.
            headers: Header members to change; None leaves one out.
            key: Another's key to sign with; None: the server's own.
            token_format: `jwt` or `opaque`; None: as this client's are.
        """
        usual = self._claims(client, client.scopes, client.audiences, lifetime)
        claims = _merged(usual, changes)
        wanted = token_format or client.token_format
        return self._make(client, claims, headers, key, wanted)

    def _claims(
        self,
        client: Client,
        scopes: tuple[str, ...],
        audiences: tuple[str, ...],
        lifetime: float,
    ) -> dict[str, Any]:
        """Word a grant. One whose end is past began a usual lifetime before it."""
        now = self._clock.wall()
        site = self._site()
        start = now if lifetime > 0 else now + lifetime - self.lifetime_for(client)
        grant = Grant(
            issuer=site.issuer,
            client_id=client.client_id,
            scopes=scopes,
            audiences=audiences,
            issued_at=math.floor(start),
            expires_at=_end(now, lifetime),
        )
        return site.dialect.claims(grant)

    def _make(
        self,
        client: Client,
        claims: Mapping[str, Any],
        headers: Mapping[str, Any],
        key: SigningKey | None,
        token_format: str | None,
    ) -> str:
        if (token_format or self._format) == "opaque":
            token, kid = secrets.token_urlsafe(_OPAQUE_BYTES), None
        else:
            own = self._keys.current
            token, kid = self._jwt(claims, headers, key or own, own.kid), own.kid
        if key is None:  # a token with a foreign signature was never given out
            entry = Entry(client.client_id, claims, kid)
            self._ledger.record(token, entry, self._clock.wall())
        return token

    def _jwt(
        self,
        claims: Mapping[str, Any],
        headers: Mapping[str, Any],
        key: SigningKey,
        kid: str,
    ) -> str:
        """Sign; a forger too says that it's the server's key (`kid`)."""
        header_type = self._site().dialect.header_type
        usual = {"alg": key.algorithm, "typ": header_type, "kid": kid}
        return sign_jwt(_merged(usual, headers), claims, key)


def sign_jwt(
    header: Mapping[str, Any], claims: Mapping[str, Any], key: SigningKey
) -> str:
    """Return a compact JWS (RFC 7515 §7.1) whatever the header and claims say."""
    signed = f"{_segment(header)}.{_segment(claims)}"
    return f"{signed}.{encode_base64url(key.sign(signed.encode('ascii')))}"


def _merged(usual: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Put `wanted` over `usual`; what's None there is left out."""
    together = {**usual, **wanted}
    return {name: value for name, value in together.items() if value is not None}


def _segment(content: Mapping[str, Any]) -> str:
    return encode_base64url(json.dumps(content, separators=(",", ":")).encode("ascii"))


def _end(now: float, lifetime: float) -> float:
    """Return whole seconds, as servers do; a part of a second only if asked for."""
    return math.floor(now) + lifetime if lifetime == int(lifetime) else now + lifetime
