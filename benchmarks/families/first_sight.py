"""Verifying tokens never seen before, beside the mathematics alone.

Every token of a round is another one, and every round of ours starts with an empty
memory. For RS256 and ES256 the unit is python-jose's `Key.verify`, which does our
signatures; PS256 and EdDSA, which it lacks, have cryptography's own.
"""

from harness import peers
from harness.rows import US, Result, Row, Target
from harness.timing import Case, Samples, Scale, each, interleave, paired, time_each
from harness.tokens import SigningKey, parts, signing_key
from harness.verifiers import OTHERS, others, signature_step, verifier_for

_LIMITS = {"RS256": 1.5, "ES256": 1.2}
_LENGTH = 750  # characters, with RS256; the same claims make others shorter


def measure(scale: Scale) -> Result:
    rows: list[Row] = []
    for algorithm in ("RS256", "ES256", "PS256", "EdDSA"):
        rows += _rows(algorithm, scale)
    return Result(
        name="first_sight",
        title="a token seen for the first time",
        baseline="the signature alone",
        rows=tuple(rows),
        left_out=peers.missing(OTHERS),
    )


def _rows(algorithm: str, scale: Scale) -> list[Row]:
    key = signing_key(algorithm)
    length = _LENGTH if algorithm in {"RS256", "PS256"} else 0
    tokens = [key.token(n, length=length) for n in range(scale.number(50) + 1)]
    alone, step = signature_step(key)
    cases = {alone: each(step, [parts(token) for token in tokens])}
    cases["s2sauth: JwtVerifier.verify"] = _ours(key, tokens)
    cases |= {name: each(verify, tokens) for name, verify in others(key).items()}
    found = interleave(cases, scale.rounds(150))
    return [
        _row(algorithm, name, samples, found[alone]) for name, samples in found.items()
    ]


def _ours(key: SigningKey, tokens: list[str]) -> Case:
    """Return a case that begins with an empty memory, and a key already used."""
    first, rest = tokens[0], tokens[1:] or tokens

    def run() -> float:
        verify = verifier_for(key).verify
        verify(first)
        return time_each(verify, rest)

    return run


def _row(algorithm: str, name: str, samples: Samples, alone: Samples) -> Row:
    ratio = samples.best / alone.best
    limit = _LIMITS.get(algorithm) if name.startswith("s2sauth") else None
    target = None if limit is None else Target(f"≤ {limit} x", limit, ratio)
    return Row(
        what=f"{algorithm}  {name}",
        unit="µs",
        best=samples.best * US,
        median=samples.median * US,
        ratio=ratio,
        target=target,
        facts={"paired": f"x {paired(samples, alone):.2f}"},
    )
