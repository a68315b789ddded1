"""What each endpoint of the embedded server does."""

from collections.abc import Callable
from http import HTTPStatus

from s2sauth._base.clock import Clock
from s2sauth.server.algorithms import SUPPORTED
from s2sauth.testing.client_auth import Court, authenticate
from s2sauth.testing.clients import Client, ClientRegistry
from s2sauth.testing.dialects import Site
from s2sauth.testing.forms import Form, parse_form
from s2sauth.testing.keys import KeyRing
from s2sauth.testing.ledger import TokenLedger
from s2sauth.testing.messages import (
    NEVER_STORED,
    Answer,
    OAuthRefused,
    Request,
    json_answer,
    refuse,
)
from s2sauth.testing.mint import TokenMint

__all__ = ["Endpoints"]


class Endpoints:
    """The handlers, one for each endpoint. Thread-safe.

    Args:
        site: Gives where the server stands; asked each time.
        clients: Who may ask.
        keys: What's published.
        ledger: What's known of tokens.
        mint: Where tokens are made.
        clock: What tells a live token from an ended one.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        *,
        clients: ClientRegistry,
        keys: KeyRing,
        ledger: TokenLedger,
        mint: TokenMint,
        clock: Clock,
    ) -> None:
        self._site = site
        self._clients = clients
        self._keys = keys
        self._ledger = ledger
        self._mint = mint
        self._clock = clock
        self._court = Court(clients, site, clock)

    def token(self, request: Request) -> Answer:
        """Answer a token request (RFC 6749 §4.4)."""
        form, client = self._admit(request)
        if form.require("grant_type") != "client_credentials":
            refuse("unsupported_grant_type", "only client_credentials is")
        dialect = self._site().dialect
        scopes, audiences = dialect.grant(form, client)
        content = {
            "access_token": self._mint.issue(client, scopes, audiences),
            "expires_in": self._mint.lifetime_for(client),
            **dialect.answer_extras,
            "token_type": "Bearer",
        }
        if dialect.names_scope and (scopes or dialect.names_empty_scope):
            content["scope"] = " ".join(scopes)
        return json_answer(content, headers=NEVER_STORED)

    def introspection(self, request: Request) -> Answer:
        """Say what's known of a token (RFC 7662 §2), to clients only."""
        form, _client = self._admit(request)
        token = form.require("token")
        entry = self._ledger.live(token, self._clock.wall())
        if entry is None or (entry.kid is not None and entry.kid not in self._keys):
            return json_answer({"active": False}, headers=NEVER_STORED)
        content = self._site().dialect.introspection(entry.claims)
        return json_answer(content, headers=NEVER_STORED)

    def revocation(self, request: Request) -> Answer:
        """Revoke a client's own token (RFC 7009 §2); an unknown one is no error."""
        form, client = self._admit(request)
        token = form.require("token")
        entry = self._ledger.find(token)
        if entry is not None:
            if entry.owner != client.client_id:
                raise OAuthRefused(self._site().dialect.refusals.foreign_token)
            self._ledger.revoke(token)
        return Answer(HTTPStatus.OK, headers=NEVER_STORED)

    def jwks(self, _request: Request) -> Answer:
        """Publish the keys (RFC 7517)."""
        return json_answer(self._keys.jwks(), headers={"Cache-Control": "no-cache"})

    def discovery(self, _request: Request) -> Answer:
        """Publish the metadata (RFC 8414 §2, OpenID Connect Discovery 1.0 §3)."""
        site = self._site()
        return json_answer(
            {
                "issuer": site.issuer,
                "token_endpoint": site.url("token"),
                "jwks_uri": site.url("jwks"),
                **{
                    f"{name}_endpoint": site.url(name)
                    for name in ("introspection", "revocation")
                    if name in site.dialect.paths
                },
                "scopes_supported": self._clients.scopes(),
                **_CAPABILITIES,
                **site.dialect.metadata(site),
            }
        )

    def _admit(self, request: Request) -> tuple[Form, Client]:
        dialect = self._site().dialect
        form = parse_form(request, dialect.refusals.wrong_type)
        return form, authenticate(request, form, self._court)


_METHODS = [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]
_ALGORITHMS = ["HS256", "HS384", "HS512", *SUPPORTED]
_CAPABILITIES = {
    "grant_types_supported": ["client_credentials"],
    "response_types_supported": ["none"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    "token_endpoint_auth_methods_supported": _METHODS,
    "introspection_endpoint_auth_methods_supported": _METHODS,
    "revocation_endpoint_auth_methods_supported": _METHODS,
    "token_endpoint_auth_signing_alg_values_supported": _ALGORITHMS,
    "introspection_endpoint_auth_signing_alg_values_supported": _ALGORITHMS,
    "revocation_endpoint_auth_signing_alg_values_supported": _ALGORITHMS,
}
