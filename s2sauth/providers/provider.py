"""Where an authorization server's endpoints are, and how it words its tokens."""

from dataclasses import dataclass

from s2sauth._base.http import check_url
from s2sauth.errors import ConfigurationError
from s2sauth.providers.asking import AS_IT_STANDS, Asking
from s2sauth.providers.dialect import GENERIC, Dialect

__all__ = ["ENDPOINTS", "Provider"]

ENDPOINTS = ("token_url", "jwks_url", "introspection_url", "revocation_url")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One authorization server, as a value. Safe to share between threads.

    Args:
        issuer: Its identifier, exactly as in the `iss` claim.
        token_url: Where tokens are requested (RFC 6749 §3.2).
        jwks_url: Where its signing keys are (RFC 7517).
        introspection_url: Where tokens are asked about (RFC 7662).
        revocation_url: Where tokens are given back (RFC 7009).
        assertion_audience: The `aud` of client assertions; None: the issuer, or
            what the provider wants in its place.
        dialect: How it words its claims.
        asking: What it does with the scope, audience and resource of a request.
        other_issuers: What else its tokens may say in `iss`, signed by the same
            keys.

    Raises:
        ConfigurationError: An address is no absolute http(s) URL.
    """

    issuer: str
    token_url: str | None = None
    jwks_url: str | None = None
    introspection_url: str | None = None
    revocation_url: str | None = None
    assertion_audience: str | None = None
    dialect: Dialect = GENERIC
    asking: Asking = AS_IT_STANDS
    other_issuers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.issuer, str) or not self.issuer:
            message = "issuer must be a string that isn't empty, as in the iss claim"
            raise ConfigurationError(message)
        for name in ENDPOINTS:
            url = getattr(self, name)
            if url is not None:
                # Whether plain http will do is for who connects there to say.
                check_url(url, name, allow_insecure=True)

    @property
    def issuers(self) -> tuple[str, ...]:
        """All that its tokens may say in `iss`; `issuer` is the first."""
        return (self.issuer, *self.other_issuers)

    def assertion_audience_at(self, endpoint: str) -> str:
        """Return the `aud` of an assertion for a request to an endpoint's URL."""
        if self.assertion_audience is not None:
            return self.assertion_audience
        return endpoint if self.asking.endpoint_assertions else self.issuer

    def check(self, *names: str, allow_insecure: bool = False) -> None:
        """Check, without any I/O, that the endpoints named may be used.

        Args:
            names: Such as `token_url`.
            allow_insecure: Whether plain http beyond loopback is accepted.

        Raises:
            ConfigurationError: One is missing, or plain http.
        """
        for name in names:
            check_url(self.endpoint(name), name, allow_insecure=allow_insecure)

    def endpoint(self, name: str, *, mtls: bool = False) -> str:  # noqa: ARG002 - see below
        """Return the URL of an endpoint, such as `token_url`.

        Args:
            name: Which.
            mtls: Whether a certificate will be shown there. Metadata may name other
                hosts for that (RFC 8705 §5); a provider given by hand names its one.

        Raises:
            ConfigurationError: The provider has none.
            AuthorizationServerUnavailable: It's a discovered one, and its
                metadata can't be had for now.
        """
        url: str | None = getattr(self, name)
        if url is None:
            message = (
                f"the provider {self.issuer} has no {name}: pass Provider({name}=)"
            )
            raise ConfigurationError(message)
        return url
