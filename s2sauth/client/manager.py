"""The token manager: one client at one authorization server, and all its tokens."""

import os
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from types import ModuleType, TracebackType
from typing import Any, NoReturn, Self

from s2sauth._base.arguments import check_seconds
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.concurrency import Lock, Pause, WorkerPool, renew_after_fork
from s2sauth._base.http import HttpClient
from s2sauth._base.notify import Notifier
from s2sauth._base.retry import RetryingClient
from s2sauth.client.cached_source import CachedTokenSource
from s2sauth.client.lifecycle import Lifecycle, SourceStatus
from s2sauth.client.token_endpoint import TokenEndpoint
from s2sauth.client.token_request import TokenRequest
from s2sauth.credentials import Credential
from s2sauth.errors import ConfigurationError
from s2sauth.events import Observer
from s2sauth.providers import Provider
from s2sauth.values import MethodTokenSources, TokenSource

__all__ = ["MAX_SOURCES", "TokenManager"]

MAX_SOURCES = 16_384  # distinct parameter sets kept; the longest unasked goes first


class TokenManager:
    """Gets, keeps and refreshes the tokens of one client (RFC 6749 §4.4).

    Nothing is fetched before the first `get()`. Safe to share between threads, and
    after `fork`: the child keeps the valid tokens. Also a context manager.

    Args:
        provider: The authorization server.
        client_id: Who we are there.
        credential: How we prove it.
        refresh_margin: Seconds before expiry by which a refresh has begun; at most
            a quarter of a token's lifetime is used.
        default_lifetime: Seconds that a token lives if the server doesn't say.
        timeout: Seconds for one try at the token endpoint, in total.
        flight_timeout: Seconds for one fetch with all its retries.
        ca: A PEM file or folder that replaces the usual authorities.
        proxy: A proxy's URL; None: what the environment says.
        observers: Called with what happens; see `s2sauth.events`.
        allow_insecure: Whether plain http beyond loopback is accepted.
        clock: What lifetimes are judged by; for tests.

    Raises:
        ConfigurationError: An argument can't be right; the message names it.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        client_id: str,
        credential: Credential,
        refresh_margin: float = 60.0,
        default_lifetime: float = 300.0,
        timeout: float = 5.0,
        flight_timeout: float = 20.0,
        ca: str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        observers: Iterable[Observer] = (),
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check_client(provider, client_id, credential)
        for name, seconds in {
            "refresh_margin": refresh_margin,
            "default_lifetime": default_lifetime,
            "timeout": timeout,
            "flight_timeout": flight_timeout,
        }.items():
            check_seconds(name, seconds)
        provider.check("token_url", allow_insecure=allow_insecure)
        self._client_id = client_id
        self._asking = provider.asking
        self._pause = Pause()
        self._http = HttpClient(ca=ca, proxy=proxy, allow_insecure=allow_insecure)
        self._endpoint = TokenEndpoint(
            provider,
            client_id,
            credential,
            RetryingClient(self._http, timeout=timeout, clock=clock, pause=self._pause),
            default_lifetime=default_lifetime,
            clock=clock,
        )
        self._pool = WorkerPool()
        self._lifecycle = Lifecycle(
            fetch=self._endpoint.fetch,
            refusal_stands=self._endpoint.refusal_stands,
            client_id=client_id,
            clock=clock,
            pool=self._pool,
            notify=Notifier(observers),
            margin=refresh_margin,
            flight_timeout=flight_timeout,
        )
        self._lock = Lock()  # guards `_sources` and `_closed`
        self._sources: OrderedDict[TokenRequest, CachedTokenSource] = OrderedDict()
        self._closed = False
        renew_after_fork(self)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """Make one from environment variables, and the file that they name.

        Where: `S2SAUTH_ISSUER` (looked up by discovery); or `S2SAUTH_PROVIDER`, a
        provider function such as `keycloak`, with its arguments, as in
        `S2SAUTH_PROVIDER_URL` and `S2SAUTH_PROVIDER_REALM`. Who: `S2SAUTH_CLIENT_ID`.
        The proof: `S2SAUTH_CLIENT_SECRET`; or `S2SAUTH_CLIENT_SECRET_FILE`; or
        `S2SAUTH_SECRET`, a class of `s2sauth.secret_sources`, with its arguments, as
        in `S2SAUTH_SECRET_PATH`. Another kind than `ClientSecret`:
        `S2SAUTH_CREDENTIAL`, a class of `s2sauth.credentials`, with its arguments, as
        in `S2SAUTH_CREDENTIAL_KEY`. An empty variable counts as unset.

        `S2SAUTH_CONFIG` names a TOML file that says the same, in whole or in part::

            client_id = "order-service"
            [provider]
            kind = "keycloak"
            url = "https://sso.example.com"
            realm = "mycompany"
            [credential]
            kind = "ClientSecret"
            secret = { kind = "FileSecret", path = "/run/secrets/s2s" }

        Args:
            environ: The variables; None: the process's own.
            options: As in the constructor.

        Raises:
            ConfigurationError: Something is missing, unknown, or said twice and
                differently; the message names the variable, or the key in the file.
        """
        # Here, since it makes `import s2sauth` a sixth slower and few call this twice.
        from s2sauth.client.environment import configuration_from

        found = configuration_from(
            os.environ if environ is None else environ,
            ca=options.get("ca"),
            allow_insecure=options.get("allow_insecure", False),
        )
        return cls(
            found.provider,
            client_id=found.client_id,
            credential=found.credential,
            **options,
        )

    def __repr__(self) -> str:
        return f"<TokenManager client_id={self._client_id!r}>"

    def source(
        self,
        *,
        scope: str | Iterable[str] = (),
        audience: str | None = None,
        resource: str | Iterable[str] = (),
        extra: Mapping[str, str] | None = None,
        require_granted: bool = False,
    ) -> TokenSource:
        """Return the source for these parameters; equal ones share one token.

        Nothing is fetched. Thread-safety: safe.

        Args:
            scope: One or more scopes: a string with spaces between them, or single
                ones. Empty: what the server gives by default.
            audience: For whom. Each provider says whether it's sent, mapped into the
                scope (Entra), needed (Auth0) or refused (Cognito, Okta).
            resource: For whom, as RFC 8707 says it: absolute URIs.
            extra: Further form parameters.
            require_granted: Whether a token with fewer scopes is an error.

        Raises:
            ConfigurationError: A parameter can't be sent as it is, or the provider
                takes none of the kind; the message says what to use in its place.
        """
        request = TokenRequest.of(
            scope=scope,
            audience=audience,
            resource=resource,
            extra=extra,
            require_granted=require_granted,
        ).to(self._asking)
        with self._lock:
            if self._closed:
                message = "the token manager is closed"
                raise ConfigurationError(message)
            return self._source_of(request)

    def _source_of(self, request: TokenRequest) -> CachedTokenSource:
        found = self._sources.get(request)
        if found is None:
            found = self._sources[request] = CachedTokenSource(request, self._lifecycle)
            if len(self._sources) > MAX_SOURCES:
                # Whoever holds it goes on using it; it's only shared no longer.
                self._sources.popitem(last=False)
        self._sources.move_to_end(request)
        return found

    def sources_for(self, *modules: ModuleType) -> MethodTokenSources:
        """Return a source for each method that generated modules declare.

        Each call then carries a token for what its method's options ask for
        (`s2sauth.v1.method_auth`), and no more: one token per distinct requirement.

        Args:
            modules: Modules that protoc generated, such as `payments_pb2`.

        Raises:
            ConfigurationError: A module declares no service, or an option that
                can't hold. The extra `grpc` is missing.
        """
        from s2sauth.client.requirements import sources_for

        return sources_for(self, *modules, asking=self._asking)

    def status(self) -> tuple[SourceStatus, ...]:
        """Say how each source stands, without any I/O; for readiness probes.

        Thread-safety: safe.
        """
        with self._lock:
            sources = list(self._sources.values())
        return tuple(source.status() for source in sources)

    def close(self) -> None:
        """End background work, close connections, and refuse every later `get()`.

        What's on the wire is left to end by itself. Closing twice is harmless.
        Thread-safety: safe.
        """
        with self._lock:
            self._closed = True
            sources = list(self._sources.values())
            self._sources.clear()
        self._pool.close()
        self._pause.end()
        for source in sources:
            source.close()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def after_fork(self) -> None:
        """Give a forked child fresh locks, threads and connections."""
        self._lock = Lock()
        self._pool.after_fork()
        self._http.after_fork()
        self._endpoint.after_fork()
        self._pause.after_fork()
        for source in self._sources.values():
            source.after_fork()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "a TokenManager can't be pickled: make one in each process, or make it "
            "before the fork and share it"
        )
        raise TypeError(message)


def _check_client(provider: object, client_id: object, credential: object) -> None:
    if not isinstance(provider, Provider):
        message = "provider must be a Provider: keycloak(…), discover(…), Provider(…)"
        raise ConfigurationError(message)
    if not isinstance(client_id, str) or not client_id:
        message = "client_id must be a string that isn't empty"
        raise ConfigurationError(message)
    if not isinstance(credential, Credential):
        message = 'credential must be a credential such as ClientSecret("…")'
        raise ConfigurationError(message)
