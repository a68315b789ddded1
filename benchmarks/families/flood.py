"""A flood of tokens whose keys nobody knows: what one costs, and what it does to others.

The key set is served over HTTP by another process, which counts how often it's asked.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, sleep

from harness import peers
from harness.rows import MS, US, Result, Row
from harness.services import Loopback, loopback
from harness.timing import Case, Samples, Scale, each, interleave, percentile
from harness.tokens import AUDIENCE, ISSUER, signing_key
from s2sauth import Provider, Unauthenticated
from s2sauth.server import JwtVerifier

_GOOD = "s2sauth: a good token, alone"
_REFUSAL = "s2sauth: refusing an unknown kid"
_PAUSE = 0.001
Verify = Callable[[str], object]


def measure(scale: Scale) -> Result:
    key = signing_key("RS256")
    good = [key.token(n, length=750) for n in range(scale.number(500))]
    flood = [
        key.token(n, length=750, key_id=f"bogus-{n}") for n in range(scale.number(100))
    ]
    with loopback() as server:
        server.publish(json.dumps({"keys": [key.jwk]}).encode())
        rows = _costs(server, good, flood, scale)
        rows += _beside(server, good, flood, scale)
    return Result(
        name="flood",
        title="tokens signed by unknown keys",
        baseline="a good one",
        rows=tuple(rows),
        left_out=peers.missing(["PyJWT"]),
    )


def _verify(server: Loopback) -> Verify:
    provider = Provider(issuer=ISSUER, jwks_url=server.jwks_url)
    verifier = JwtVerifier(provider, audience=AUDIENCE)
    verifier.warm_up()
    return verifier.verify


def _refusing(verify: Verify) -> Verify:
    def refuse(token: str) -> None:
        try:
            verify(token)
        except Unauthenticated:
            return
        message = "a token of an unknown key was let in"
        raise RuntimeError(message)

    return refuse


def _costs(
    server: Loopback, good: list[str], flood: list[str], scale: Scale
) -> list[Row]:
    before = server.fetches("jwks")
    verify = _verify(server)
    cases: dict[str, Case] = {
        _GOOD: each(verify, good[: len(flood)]),
        _REFUSAL: each(_refusing(verify), flood),
    }
    found = interleave(cases, scale.rounds(100))
    asked = server.fetches("jwks") - before
    if peers.installed("PyJWT"):
        name = "PyJWT: PyJWKClient refusing an unknown kid"
        found |= interleave({name: each(_pyjwt(server), flood)}, scale.rounds(50))
    rows = [_row(name, samples, found[_GOOD]) for name, samples in found.items()]
    seen = {"refused": len(flood) * (scale.rounds(100) + 1)}
    rows.append(Row(what="s2sauth: key fetches", unit="", best=asked, facts=seen))
    return rows


def _pyjwt(server: Loopback) -> Verify:
    import jwt

    client = jwt.PyJWKClient(server.jwks_url)

    def refuse(token: str) -> None:
        try:
            client.get_signing_key_from_jwt(token)
        except jwt.PyJWKClientError:
            return

    return refuse


def _row(name: str, samples: Samples, good: Samples) -> Row:
    return Row(
        what=name,
        unit="µs",
        best=samples.best * US,
        median=samples.median * US,
        ratio=samples.best / good.best,
    )


def _beside(
    server: Loopback, good: list[str], flood: list[str], scale: Scale
) -> list[Row]:
    """Time good tokens, one a millisecond, with and without something beside."""
    verify = _verify(server)
    refuse = _refusing(verify)
    _all(verify, good)
    neighbours: dict[str, Callable[[], object] | None] = {
        "a good token a millisecond, alone": None,
        "  beside a thread that only computes": lambda: sum(range(5000)),
        "  beside a thread that floods": lambda: _all(refuse, flood[:10]),
    }
    waits: dict[str, list[float]] = {name: [] for name in neighbours}
    for _ in range(scale.rounds(3)):
        for name, work in neighbours.items():
            with _busy(work):
                waits[name] += _paced(verify, good)
    return [
        Row(
            what=name,
            unit="µs",
            best=percentile(seconds, 50) * US,
            facts={
                "p99": f"{percentile(seconds, 99) * MS:.2f} ms",
                "worst": f"{max(seconds) * MS:.1f} ms",
            },
        )
        for name, seconds in waits.items()
    ]


def _all(function: Verify, tokens: list[str]) -> None:
    for token in tokens:
        function(token)


@contextmanager
def _busy(work: Callable[[], object] | None) -> Iterator[None]:
    """Do something over and over on another thread."""
    ended = threading.Event()

    def run() -> None:
        while work is not None and not ended.is_set():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _paced(verify: Verify, tokens: list[str]) -> list[float]:
    waits = []
    for token in tokens:
        sleep(_PAUSE)
        started = perf_counter()
        verify(token)
        waits.append(perf_counter() - started)
    return waits
