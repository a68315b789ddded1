"""A provider that finds its endpoints in the server's own metadata."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import (
    Flight,
    FlightOverrun,
    SingleFlight,
    renew_after_fork,
)
from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request, check_url
from s2sauth._base.retry import RetryingClient
from s2sauth._base.strict import NotStrict, parse_object
from s2sauth.errors import AuthorizationServerUnavailable, ConfigurationError, Reason
from s2sauth.providers.dialect import Dialect
from s2sauth.providers.provider import Provider
from s2sauth.providers.recognition import Manner, manner_of

__all__ = ["discover"]

_MEMBERS = {
    "token_url": "token_endpoint",
    "jwks_url": "jwks_uri",
    "introspection_url": "introspection_endpoint",
    "revocation_url": "revocation_endpoint",
}
_ALIASES = "mtls_endpoint_aliases"
_OAUTH = "oauth-authorization-server"
_OPENID = "openid-configuration"


def discover(
    issuer_url: str,
    *,
    assertion_audience: str | None = None,
    dialect: Dialect | None = None,
    ca: str | os.PathLike[str] | None = None,
    timeout: float = 5.0,
    allow_insecure: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Provider:
    """Return a provider whose endpoints are looked up when first needed.

    Nothing is looked up here, so that no service fails to start. RFC 8414
    metadata comes first; what it lacks is taken from the OpenID document. Each
    document's `issuer` must equal `issuer_url` exactly. Safe to share between
    threads, and after a fork.

    Args:
        issuer_url: The issuer's identifier, exactly as in the `iss` claim.
        assertion_audience: The `aud` of client assertions; None: the issuer, or
            what the vendor wants in its place.
        dialect: How it words its claims. None: as the vendor does where the issuer
            stands at the domain of Auth0, Cognito, Entra or Okta, else as RFC 9068
            says; pass `KEYCLOAK` for a Keycloak, whose address shows nothing.
        ca: A PEM file or folder that replaces the usual authorities.
        timeout: Seconds for one try; all tries together take at most four times
            as long.
        allow_insecure: Whether plain http beyond loopback is accepted.
        clock: What deadlines are judged by; for tests.

    Raises:
        ConfigurationError: `issuer_url` is no https URL (loopback excepted).

    Source: RFC 8414 §3, OpenID Connect Discovery 1.0 §4.
    """
    check_url(issuer_url, "issuer_url", allow_insecure=allow_insecure)
    http = HttpClient(ca=ca, allow_insecure=allow_insecure)
    lookup = _Lookup(
        issuer_url,
        RetryingClient(http, timeout=timeout, clock=clock),
        limit=4 * timeout,
        allow_insecure=allow_insecure,
        clock=clock,
    )
    lookup.http = http
    manner = manner_of(issuer_url)
    if dialect is not None:
        manner = replace(manner, dialect=dialect)
    return _DiscoveredProvider(issuer_url, lookup, assertion_audience, manner)


class _DiscoveredProvider(Provider):
    """A `Provider` whose endpoints are properties that look first time."""

    def __init__(
        self,
        issuer: str,
        lookup: "_Lookup",
        assertion_audience: str | None,
        manner: Manner,
    ) -> None:
        facts = {
            "issuer": issuer,
            "assertion_audience": assertion_audience,
            "dialect": manner.dialect,
            "asking": manner.asking,
            "other_issuers": manner.other_issuers,
            "_lookup": lookup,
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    # Reading the endpoints would go to the network: neither may.
    def __repr__(self) -> str:
        return f"discover({self.issuer!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DiscoveredProvider) and self.issuer == other.issuer

    def __hash__(self) -> int:
        return hash(self.issuer)

    def check(self, *names: str, allow_insecure: bool = False) -> None:
        """Nothing can be said of the endpoints yet; `discover` checked the issuer."""

    def endpoint(self, name: str, *, mtls: bool = False) -> str:
        """Return the URL of an endpoint, looked up at first.

        Args:
            name: Which, such as `token_url`.
            mtls: Whether a certificate will be shown there: its alias, if there's
                one (`mtls_endpoint_aliases`, RFC 8705 §5).

        Raises:
            AuthorizationServerUnavailable: The metadata can't be had, is wrong, or
                names no such endpoint.
        """
        url: str | None = getattr(self, name)
        if mtls:
            lookup: _Lookup = self._lookup  # type: ignore[attr-defined]  # frozen: set in __init__
            url = lookup.endpoints().get(_alias(name), url)
        if url is None:
            message = f"the metadata of {self.issuer} names no {_MEMBERS[name]}"
            raise AuthorizationServerUnavailable(
                message, reason=Reason.DISCOVERY_FAILED
            )
        return url


def _alias(name: str) -> str:
    """Name an endpoint's alias among the endpoints found."""
    return f"{_ALIASES}.{name}"


def _looked_up(name: str) -> property:
    def read(self: _DiscoveredProvider) -> str | None:
        lookup: _Lookup = self._lookup  # type: ignore[attr-defined]  # frozen: set in __init__
        return lookup.endpoints().get(name)

    return property(read)


for _name in _MEMBERS:
    setattr(_DiscoveredProvider, _name, _looked_up(_name))


class _Lookup:
    """Reads the metadata once, whoever asks; a failure is forgotten at once."""

    http: HttpClient

    def __init__(
        self,
        issuer: str,
        client: RetryingClient,
        *,
        limit: float,
        allow_insecure: bool,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._limit = limit
        self._allow_insecure = allow_insecure
        self._clock = clock
        self._found: dict[str, str] | None = None
        self._flights: SingleFlight[dict[str, str]] = SingleFlight(clock, self._keep)
        renew_after_fork(self)

    def after_fork(self) -> None:
        self._flights.after_fork()
        self.http.after_fork()

    def _keep(
        self,
        _flight: Flight[dict[str, str]],
        found: dict[str, str] | None,
        _failure: Exception | None,
    ) -> None:
        self._found = found

    def endpoints(self) -> Mapping[str, str]:
        """Return what was found, by our names.

        Raises:
            AuthorizationServerUnavailable: Nothing could be found.
        """
        if self._found is not None:
            return self._found
        try:
            return self._flights.share(self._look, self._limit)
        except FlightOverrun:
            message = f"the metadata of {self._issuer} did not arrive in time"
        raise AuthorizationServerUnavailable(message, reason=Reason.DISCOVERY_FAILED)

    def _look(self) -> dict[str, str]:
        deadline = self._clock.elapsed() + self._limit
        found: dict[str, str] = {}
        for url in _places(self._issuer):
            document = self._read(url, deadline)
            # The first document that names an endpoint wins.
            found = {**self._endpoints_in(document), **found}
            if found.keys() >= _MEMBERS.keys():
                break
        if not found:
            message = f"{self._issuer} publishes no metadata that we know of"
            raise self._problem(message)
        return found

    def _read(self, url: str, deadline: float) -> dict[str, Any]:
        try:
            answer = self._client.send(lambda: Request("GET", url), deadline)
        except ExchangeFailed as error:
            message, reason = str(error), error.reason
        else:
            return self._document(answer, url)
        raise AuthorizationServerUnavailable(message, reason=reason)

    def _document(self, answer: Answer, url: str) -> dict[str, Any]:
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"{url} answered {answer.status}"
            raise AuthorizationServerUnavailable(message)
        if answer.status != HTTPStatus.OK:
            return {}
        try:
            document = parse_object(answer.body)
        except NotStrict as error:
            message = f"{url} is no metadata document: {error}"
            raise self._problem(message) from None
        if document.get("issuer") != self._issuer:
            message = (
                f"{url} speaks for another issuer than {self._issuer!r}: pass the "
                "issuer exactly as the server writes it, trailing slash included"
            )
            raise self._problem(message)
        return document

    def _endpoints_in(self, document: Mapping[str, Any]) -> dict[str, str]:
        aliases = document.get(_ALIASES, {})
        if not isinstance(aliases, dict):
            message = f"the metadata of {self._issuer}: {_ALIASES} is no object"
            raise self._problem(message)
        found: dict[str, str] = {}
        for ours, theirs in _MEMBERS.items():
            for name, url in (
                (ours, document.get(theirs)),
                (_alias(ours), aliases.get(theirs)),
            ):
                if url is not None:
                    found[name] = self._checked(url, theirs)
        return found

    def _checked(self, url: object, member: str) -> str:
        try:
            if isinstance(url, str):
                return check_url(url, member, allow_insecure=self._allow_insecure)
            message = f"{member} is no string"
        except ConfigurationError as error:
            message = str(error)
        text = f"the metadata of {self._issuer} can't be used: {message}"
        raise self._problem(text)

    def _problem(self, message: str) -> AuthorizationServerUnavailable:
        return AuthorizationServerUnavailable(message, reason=Reason.DISCOVERY_FAILED)


def _places(issuer: str) -> Iterable[str]:
    """List where metadata may stand: RFC 8414 first, OpenID's next.

    RFC 8414 §3.1 puts the well-known part between host and path, OpenID behind the
    path; servers are seen to do either with both, so the other forms come last.
    """
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")

    def place(new_path: str) -> str:
        return urlunsplit((parts.scheme, parts.netloc, new_path, "", ""))

    places = [
        place(f"/.well-known/{_OAUTH}{path}"),
        place(f"{path}/.well-known/{_OPENID}"),
    ]
    if path:
        places += [
            place(f"{path}/.well-known/{_OAUTH}"),
            place(f"/.well-known/{_OPENID}{path}"),
        ]
    return places
