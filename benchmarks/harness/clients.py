"""The libraries that obtain tokens, each used as its documentation says.

s2sauth                 manager.source().get()
google-auth             a subclass of its Credentials, whose refresh() posts the
                        grant (it has none of its own for client credentials), and
                        before_request(), which every transport of it calls
Authlib                 OAuth2Session with grant_type="client_credentials", and its
                        token_auth, which every request of it calls
requests-oauth2client   OAuth2ClientCredentialsAuth, which requests calls
"""

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

import requests

from harness import peers
from s2sauth import ClientSecret, Provider, TokenManager

CLIENT_ID = "order-service"
SECRET = "a secret of order-service"
SCOPE = "payments:write"
ANYWHERE = "https://payment-service.internal/charges"
_LEFT = 15  # seconds that an aged token lives on: too few, in all libraries' eyes

# By what is shown: a statement to be timed, and the names in it.
HotPaths = dict[str, tuple[str, dict[str, Any]]]


class Client(Protocol):
    """One library's way to a token."""

    name: str

    def use(self) -> object:
        """Do what an outgoing call does: take the token that's there, or fetch one."""

    def fetch(self) -> object:
        """Fetch a token, whatever is there."""

    def age(self) -> None:
        """Make the token due for renewal, though it's valid for some seconds more."""

    def hot_paths(self) -> HotPaths:
        """Return what an outgoing call costs while a token is there."""


class _ShiftedClock:
    """The machine's clock, and what was added to it."""

    def __init__(self) -> None:
        self.added = 0.0
        self.wall: Callable[[], float] = time.time

    def elapsed(self) -> float:
        return time.monotonic() + self.added


def manager_for(token_url: str, **options: Any) -> TokenManager:
    """Return a manager with everything else at its default."""
    provider = Provider(issuer="https://as.example", token_url=token_url)
    credential = ClientSecret(SECRET)
    return TokenManager(provider, client_id=CLIENT_ID, credential=credential, **options)


class S2SAuth:
    """s2sauth."""

    name = "s2sauth"

    def __init__(self, token_url: str) -> None:
        self._token_url = token_url
        self._clock = _ShiftedClock()
        self._manager = manager_for(token_url, clock=self._clock)
        self._source = self._manager.source(scope=SCOPE)

    def use(self) -> object:
        return self._source.get()

    def fetch(self) -> object:
        self._source.invalidate(self._source.get())
        return self._source.get()

    def age(self) -> None:
        (status,) = self._manager.status()
        self._clock.added += (status.lifetime_left or 0.0) - _LEFT

    def hot_paths(self) -> HotPaths:
        # With the machine's own clock, as users have it.
        source = manager_for(self._token_url).source(scope=SCOPE)
        source.get()
        return {
            "s2sauth: source.get()": ("get()", {"get": source.get}),
            "s2sauth: get(), its header put into a dict": (
                'headers["Authorization"] = get().authorization',
                {"get": source.get, "headers": {}},
            ),
        }


class GoogleAuth:
    """google-auth; renews in the caller's thread."""

    name = "google-auth"

    def __init__(self, token_url: str) -> None:
        from google.auth.transport.requests import Request

        self._request = Request()
        self.credentials = _google_credentials(token_url)

    def use(self) -> object:
        headers: dict[str, str] = {}
        self.credentials.before_request(self._request, "GET", ANYWHERE, headers)
        return headers

    def fetch(self) -> object:
        return self.credentials.refresh(self._request)

    def age(self) -> None:
        from google.auth import _helpers

        left = dt.timedelta(seconds=_LEFT)
        self.credentials.expiry = _helpers.utcnow() + left

    def hot_paths(self) -> HotPaths:
        names = {
            "before": self.credentials.before_request,
            "request": self._request,
            "url": ANYWHERE,
        }
        return {
            "google-auth: credentials.before_request()": (
                'before(request, "GET", url, {})',
                names,
            )
        }


class GoogleAuthInBackground(GoogleAuth):
    """google-auth, told to renew in the background."""

    name = "google-auth, non-blocking refresh"

    def __init__(self, token_url: str) -> None:
        super().__init__(token_url)
        self.credentials.with_non_blocking_refresh()


def _google_credentials(token_url: str) -> Any:
    from google.auth import _helpers, credentials

    class ClientCredentials(credentials.Credentials):
        """The client credentials grant, as the base class asks for it."""

        def refresh(self, request: Any) -> None:
            form = {
                "grant_type": "client_credentials",
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                "scope": SCOPE,
            }
            answer = request(
                token_url,
                method="POST",
                body=urlencode(form).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            granted = json.loads(answer.data)
            lives = dt.timedelta(seconds=granted["expires_in"])
            self.token = granted["access_token"]
            self.expiry = _helpers.utcnow() + lives

    return ClientCredentials()


class Authlib:
    """Authlib; the first token is for its user to fetch."""

    name = "Authlib"

    def __init__(self, token_url: str) -> None:
        from authlib.integrations.requests_client import OAuth2Session

        self._session = OAuth2Session(
            CLIENT_ID,
            SECRET,
            scope=SCOPE,
            token_endpoint=token_url,
            grant_type="client_credentials",
        )
        self._prepared = requests.Request("GET", ANYWHERE).prepare()

    def use(self) -> object:
        if not self._session.token:
            self.fetch()
        return self._session.token_auth(self._prepared)

    def fetch(self) -> object:
        return self._session.fetch_token()

    def age(self) -> None:
        left = int(time.time()) + _LEFT
        self._session.token = {**self._session.token, "expires_at": left}

    def hot_paths(self) -> HotPaths:
        names = {"session": self._session, "prepared": self._prepared}
        return {
            "Authlib: session.ensure_active_token()": (
                "session.ensure_active_token(session.token)",
                names,
            ),
            "Authlib: session.token_auth(request)": (
                "session.token_auth(prepared)",
                names,
            ),
        }


class RequestsOAuth2Client:
    """requests-oauth2client."""

    name = "requests-oauth2client"

    def __init__(self, token_url: str) -> None:
        from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

        self._client = OAuth2Client(
            token_endpoint=token_url,
            auth=(CLIENT_ID, SECRET),
            testing=True,  # it would refuse plain http
        )
        self._auth = OAuth2ClientCredentialsAuth(self._client, scope=SCOPE)
        self._prepared = requests.Request("GET", ANYWHERE).prepare()

    def use(self) -> object:
        return self._auth(self._prepared)

    def fetch(self) -> object:
        return self._client.client_credentials(scope=SCOPE)

    def age(self) -> None:
        from requests_oauth2client import BearerToken

        assert self._auth.token is not None
        held = self._auth.token.access_token
        self._auth.token = BearerToken(access_token=held, expires_in=_LEFT)

    def hot_paths(self) -> HotPaths:
        names = {"auth": self._auth, "prepared": self._prepared}
        return {"requests-oauth2client: auth(request)": ("auth(prepared)", names)}


_OTHERS: dict[str, Callable[[str], Client]] = {
    "google-auth": GoogleAuth,
    "Authlib": Authlib,
    "requests-oauth2client": RequestsOAuth2Client,
}
OBTAINING = tuple(_OTHERS)


def factories() -> dict[str, Callable[[str], Client]]:
    """Return how to make a client of each library that's installed."""
    others = {name: make for name, make in _OTHERS.items() if peers.installed(name)}
    return {"s2sauth": S2SAuth, **others}
