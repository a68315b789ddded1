"""The embedded authorization server: its life, and what a test does with it."""

import ssl
from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike
from typing import Any, Self

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.providers import Provider
from s2sauth.testing.authority import Authority
from s2sauth.testing.client_keys import PublicKey
from s2sauth.testing.clients import (
    Client,
    check_mint_format,
    new_secret,
    strings,
)
from s2sauth.testing.config import read_settings
from s2sauth.testing.controls import Controls
from s2sauth.testing.dialects import Dialect, dialect_named
from s2sauth.testing.keys import PrivateKey, SigningKey, as_signing_key
from s2sauth.testing.listener import HOST, Listener
from s2sauth.testing.registration import registration
from s2sauth.values import AccessToken

__all__ = ["AuthorizationServer"]


class AuthorizationServer(Controls):
    """An authorization server on loopback, as strict as the real ones.

    Real HTTP, real signatures, client authentication, scopes and audiences by
    client, and faults on demand. It logs nothing and prints no token. A context
    manager; ready when `start()` returns. Safe to share between threads, but for
    `start` and `stop`, which belong to one thread.

    Args:
        dialect: `keycloak`, `auth0`, `entra`, `cognito`, `okta` (JWTs), or `generic`
            (opaque tokens, or RFC 9068 JWTs with `token_format="jwt"`); or a
            `Dialect` of one's own.
        port: Where it listens; 0: any free port, kept from then on.
        realm: The realm's name, where the dialect has realms: the tenant of Entra,
            the user pool of Cognito, the authorization server of Okta.
        token_lifetime: Seconds that tokens live, where a client says nothing.
        token_format: `jwt` or `opaque`; None: the dialect's.
        signing_algorithm: `RS256` or `ES256`.
        tls: A server-side context, for https; None: plain http.
        clock: What `iat` and `exp` are taken from, and judged by.

    Raises:
        ConfigurationError: An argument can't be; the message names it.
    """

    def __init__(
        self,
        dialect: str | Dialect = "keycloak",
        *,
        port: int = 0,
        realm: str = "test",
        token_lifetime: float = 300,
        token_format: str | None = None,
        signing_algorithm: str = "RS256",
        tls: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._port = port
        self._tls = tls
        self._listener: Listener | None = None
        self._authority = Authority(
            dialect_named(dialect),
            realm,
            self._base_url,
            token_lifetime=token_lifetime,
            token_format=token_format,
            signing_algorithm=signing_algorithm,
            clock=clock,
        )
        super().__init__(self._authority.faults, self._authority.counts)

    @classmethod
    def from_config(
        cls,
        config: str | PathLike[str] | Mapping[str, Any],
        *,
        port: int | None = None,
        dialect: str | None = None,
    ) -> Self:
        """Return a server, not started yet, as a TOML file or a mapping says.

        Args:
            config: A file's path, or what would stand in it: `dialect`, `port`,
                `[clients.NAME]` with `secret`, `scopes`, `audiences`.
            port: Where it listens, whatever `config` says.
            dialect: Whom it sounds like, whatever `config` says.

        Raises:
            ConfigurationError: It can't be read, or something in it can't be; the
                message names the key and the file.
        """
        settings = read_settings(config)
        arguments = settings.server(port=port, dialect=dialect)
        server = settings.apply("", lambda: cls(**arguments))
        for client_id, facts in settings.clients.items():
            add = partial(server.add_client, client_id, **facts)
            settings.apply(f"clients.{client_id}: ", add)
        return server

    def __repr__(self) -> str:
        where = f"at {self._base_url()}" if self._port else "not started"
        return f"<AuthorizationServer {where}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen, if it doesn't yet; at the same port as before, if there was one.

        Raises:
            ConfigurationError: The port can't be listened on.
        """
        if self._listener is None:
            answer = self._authority.answer
            self._listener = Listener(answer, port=self._port, tls=self._tls)
            self._port = self._listener.port
        return self

    def stop(self) -> None:
        """Refuse connections and break open ones; clients, keys and tokens stay."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()
            self._faults.end_delays()

    @property
    def port(self) -> int:
        """Where it listens.

        Raises:
            RuntimeError: It was never started, and may listen anywhere.
        """
        if self._port == 0:
            message = "the server isn't started: use it in `with`, or call start()"
            raise RuntimeError(message)
        return self._port

    @property
    def issuer(self) -> str:
        """The issuer's identifier, as in the `iss` claim."""
        return self._authority.site().issuer

    @property
    def provider(self) -> Provider:
        """What the SDK needs to know of this server."""
        site = self._authority.site()
        return site.dialect.provider(site)

    def url(self, endpoint: str) -> str:
        """Return the address of `token`, `jwks`, `introspection` or `revocation`."""
        return self._authority.site().url(endpoint)

    def add_client(
        self,
        client_id: str,
        secret: str | None = None,
        *,
        scopes: str | Iterable[str] = (),
        audiences: str | Iterable[str] = (),
        token_lifetime: float | None = None,
        token_format: str | None = None,
        auth_methods: str | Iterable[str] | None = None,
        public_key: PublicKey | str | bytes | None = None,
        jwks: Mapping[str, Any] | None = None,
        certificate: str | bytes | None = None,
        subject_dn: str | None = None,
        workload: tuple[str, str] | None = None,
        assertion_algorithms: str | Iterable[str] = (),
    ) -> Client:
        """Register a client, in place of one of the same name.

        It may authenticate by what it registers here, and by nothing else.
        Certificates are asked for where the server's `tls` has `verify_mode`
        CERT_OPTIONAL, and trusts their authorities.

        Args:
            client_id: Its name.
            secret: What it shares with the server; None: a random one, which the
                client returned holds.
            scopes: What it may ask for, and gets when it names no scope.
            audiences: Whom its tokens are for; `audience` and `resource` choose
                among them, where the dialect honours these.
            token_lifetime: Seconds; None: the server's.
            token_format: `jwt` or `opaque`; None: the server's.
            auth_methods: How it may authenticate: `basic`, `post`,
                `client_secret_jwt`, `private_key_jwt`, `tls_client_auth`,
                `self_signed_tls_client_auth`, `workload`; None: as what's
                registered goes.
            public_key: What its assertions are signed with: one of `cryptography`'s
                or a PEM text. With `workload`, the platform's.
            jwks: Several such keys, as a JWKS.
            certificate: A PEM text: what a client shows that signed it itself
                (the server's `tls` trusts it from now on), or whose key signs its
                assertions.
            subject_dn: Whom its certificate names, as RFC 4514 writes it, where an
                authority has issued it.
            workload: The `iss` and `sub` of the tokens of its platform, such as
                Kubernetes, that speak for it (RFC 7523).
            assertion_algorithms: The `alg`s that assertions may have; empty: any.

        Raises:
            ConfigurationError: An argument can't be; the message names it.
        """
        client = Client(
            client_id=client_id,
            scopes=strings("scopes", scopes, " "),
            audiences=strings("audiences", audiences, None),
            token_lifetime=token_lifetime,
            token_format=token_format,
            **registration(
                secret=secret,
                public_key=public_key,
                jwks=jwks,
                certificate=certificate,
                subject_dn=subject_dn,
                workload=workload,
                assertion_algorithms=assertion_algorithms,
                auth_methods=auth_methods,
            ),
        )
        if client.certificate is not None and self._tls is not None:
            self._tls.load_verify_locations(cadata=client.certificate.der)
        self._authority.clients.add(client)
        return client

    def remove_client(self, client_id: str) -> None:
        """Forget a client: its requests are refused from now on.

        Raises:
            ConfigurationError: There's none of that name.
        """
        self._authority.clients.remove(client_id)

    def mint(
        self,
        client_id: str,
        *,
        expires_in: float | None = None,
        headers: Mapping[str, Any] | None = None,
        key: SigningKey | PrivateKey | str | bytes | None = None,
        token_format: str | None = None,
        **claims: Any,
    ) -> str:
        """Return a token that no request could get, or one without a request.

        It says what a granted token of this client would say, all scopes and
        audiences included, but for what the arguments change.

        Args:
            client_id: Whose token; a client that's not registered has no scopes
                and no audiences.
            expires_in: Seconds from now; negative: it ended that long ago.
            headers: Members of the JWT's header to change; None leaves one out.
            key: Another's private key to sign with: ours, one of `cryptography`,
                or a PEM text. The header still names the server's own key.
            token_format: `jwt` or `opaque`; None: as this client's are; a JWT,
                where `headers` or `key` are given.
            **claims: Claims to change, of any type; None leaves one out.

        Raises:
            ConfigurationError: `key` or `token_format` can't be, or an opaque token
                is to have headers or a key.
        """
        check_mint_format(token_format, signed=bool(headers) or key is not None)
        mint = self._authority.mint
        client = self._authority.clients.get(client_id)
        client = client or Client(client_id=client_id, secret=new_secret())
        return mint.forge(
            client,
            claims,
            lifetime=mint.lifetime_for(client) if expires_in is None else expires_in,
            headers=headers or {},
            key=None if key is None else as_signing_key(key),
            token_format="jwt" if headers or key is not None else token_format,
        )

    def revoke(self, token: str | AccessToken) -> None:
        """Revoke a token: introspection calls it inactive from now on."""
        value = token.value if isinstance(token, AccessToken) else token
        self._authority.ledger.revoke(value)

    def rotate_keys(
        self, *, keep_old: bool = True, algorithm: str | None = None
    ) -> str:
        """Sign with a new key from now on, and return its `kid`.

        Args:
            keep_old: Whether the old keys stay in the key set.
            algorithm: `RS256` or `ES256`; None: as before.

        Raises:
            ConfigurationError: Another algorithm.
        """
        return self._authority.keys.rotate(keep_old=keep_old, algorithm=algorithm).kid

    def remove_key(self, kid: str) -> None:
        """Take an old key out of the key set.

        Raises:
            ConfigurationError: There's none of that name, or it's the one that
                signs.
        """
        self._authority.keys.remove(kid)

    @property
    def signing_kid(self) -> str:
        """The `kid` of the key that signs now."""
        return self._authority.keys.current.kid

    def _base_url(self) -> str:
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{HOST}:{self.port}"
