"""What attaching a token adds to a GET over loopback, the server in another process.

All take turns, call by call. Sessions that are equal differ by some per cent, by where
they happen to lie in memory; so every block has new ones, and what counts is the median
of the blocks' ratios. It's the ratio of the calling thread's CPU, nine tenths of such a
call: the wall's time also has whatever else the machine does meanwhile.

A session with an `auth` of its own spares requests the look into .netrc, which bare
calls have; so some peers seem to cost less than nothing.
"""

from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

import requests

from harness import peers
from harness.clients import (
    CLIENT_ID,
    OBTAINING,
    SCOPE,
    SECRET,
    GoogleAuth,
    manager_for,
)
from harness.rows import US, Result, Row, Target
from harness.services import Loopback, loopback
from harness.timing import Samples, Scale, paired
from s2sauth import TokenSource
from s2sauth.client.requests import BearerAuth, ServiceSession, mount

_LIMIT = 3.0
_BARE = "requests: session.get()"
_OURS = "s2sauth: mount(session, …)"
Get = Any  # a session's bound method
Make = Callable[[], Get]


def measure(scale: Scale) -> Result:
    with loopback() as server:
        makers = {**_ours(server), **_peers(server)}
        wall, cpu = _take_turns(
            makers, server.resource, scale.rounds(60), scale.number(50)
        )
    return Result(
        name="adapter",
        title="a token on a loopback GET",
        baseline="bare",
        rows=tuple(_row(name, wall, cpu) for name in makers),
        left_out=peers.missing(OBTAINING),
    )


def _ours(server: Loopback) -> dict[str, Make]:
    source = manager_for(server.token_url("ours")).source(scope=SCOPE)
    auth = BearerAuth(source, origin=server.base)
    source.get()
    return {
        _BARE: lambda: requests.Session().get,
        "requests: the same header, in session.headers": lambda: _by_hand(source),
        _OURS: lambda: mount(requests.Session(), server.base, source).get,
        "s2sauth: ServiceSession": lambda: ServiceSession(server.base, source).get,
        "s2sauth: session.auth = BearerAuth(…)": lambda: _with_auth(auth),
    }


def _by_hand(source: TokenSource) -> Get:
    session = requests.Session()
    session.headers["Authorization"] = source.get().authorization
    return session.get


def _with_auth(auth: Any) -> Get:
    session = requests.Session()
    session.auth = auth
    return session.get


def _peers(server: Loopback) -> dict[str, Make]:
    makers = {
        "google-auth": _google_auth,
        "Authlib": _authlib,
        "requests-oauth2client": _requests_oauth2client,
    }
    return {
        f"{name}: {what}": make
        for name, prepare in makers.items()
        if peers.installed(name)
        for what, make in [prepare(server.token_url(name))]
    }


def _google_auth(token_url: str) -> tuple[str, Make]:
    from google.auth.transport.requests import AuthorizedSession

    credentials = GoogleAuth(token_url).credentials
    return "AuthorizedSession", lambda: AuthorizedSession(credentials).get


def _authlib(token_url: str) -> tuple[str, Make]:
    from authlib.integrations.requests_client import OAuth2Session

    options = {"token_endpoint": token_url, "grant_type": "client_credentials"}
    token = OAuth2Session(CLIENT_ID, SECRET, **options).fetch_token()
    return (
        "OAuth2Session",
        lambda: OAuth2Session(CLIENT_ID, SECRET, token=token, **options).get,
    )


def _requests_oauth2client(token_url: str) -> tuple[str, Make]:
    from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

    client = OAuth2Client(
        token_endpoint=token_url, auth=(CLIENT_ID, SECRET), testing=True
    )
    auth = OAuth2ClientCredentialsAuth(client)
    return "OAuth2ClientCredentialsAuth", lambda: _with_auth(auth)


def _take_turns(
    makers: dict[str, Make], url: str, blocks: int, size: int
) -> tuple[dict[str, Samples], dict[str, Samples]]:
    wall: dict[str, list[float]] = {name: [] for name in makers}
    cpu: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(blocks):
        for name, (seconds, worked) in _block(makers, url, size).items():
            wall[name].append(seconds / size)
            cpu[name].append(worked / size)
    return (
        {name: Samples(tuple(values)) for name, values in wall.items()},
        {name: Samples(tuple(values)) for name, values in cpu.items()},
    )


def _block(
    makers: dict[str, Make], url: str, size: int
) -> dict[str, tuple[float, float]]:
    gets = {name: make() for name, make in makers.items()}
    names = list(gets)
    for name in names:
        _timed(gets[name], url)  # connects
    spent = dict.fromkeys(names, (0.0, 0.0))
    for turn in range(size):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            spent[name] = _add(spent[name], _timed(gets[name], url))
    for get in gets.values():
        get.__self__.close()
    return spent


def _timed(get: Get, url: str) -> tuple[float, float]:
    started, worked = perf_counter(), thread_time()
    get(url)
    return perf_counter() - started, thread_time() - worked


def _add(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] + other[0], one[1] + other[1]


def _row(name: str, wall: dict[str, Samples], cpu: dict[str, Samples]) -> Row:
    bare, ours = wall[_BARE], wall[name]
    ratio = paired(cpu[name], cpu[_BARE])
    pairs = zip(cpu[name].values, cpu[_BARE].values, strict=True)
    more = Samples(tuple(one - other for one, other in pairs)).median
    per_cent = (ratio - 1) * 100
    return Row(
        what=name,
        unit="µs",
        best=ours.best * US,
        median=ours.median * US,
        ratio=ratio,
        target=Target("≤ 3 %", _LIMIT, per_cent) if name == _OURS else None,
        facts={
            "own CPU": f"{more * US:+.1f} µs",
            "wall": f"x {paired(ours, bare):.3f}",
        },
    )
