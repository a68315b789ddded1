"""What it costs to have the token that's already there."""

from harness import peers
from harness.clients import OBTAINING, Client, factories
from harness.rows import US, Result, Row, Target
from harness.services import loopback
from harness.timing import Case, Samples, Scale, interleave, statement

_LIMIT = 0.2
_OURS = "s2sauth: source.get()"


def measure(scale: Scale) -> Result:
    cases: dict[str, Case] = {}
    with loopback() as server:
        for name, make in factories().items():
            client = make(server.token_url(name))
            client.use()
            cases |= _cases(client, scale.number(5_000))
        found = interleave(cases, scale.rounds(200))
    return Result(
        name="cached_get",
        title="a fresh token, from memory",
        baseline="get()",
        rows=tuple(_row(name, samples, found) for name, samples in found.items()),
        left_out=peers.missing(OBTAINING),
    )


def _cases(client: Client, number: int) -> dict[str, Case]:
    return {
        name: statement(source, number, **names)
        for name, (source, names) in client.hot_paths().items()
    }


def _row(name: str, samples: Samples, found: dict[str, Samples]) -> Row:
    best = samples.best * US
    return Row(
        what=name,
        unit="µs",
        best=best,
        median=samples.median * US,
        ratio=samples.best / found[_OURS].best,
        target=Target("≤ 0.2 µs", _LIMIT, best) if name == _OURS else None,
    )
