"""Verifying one 750-byte token again and again. No peer remembers tokens."""

from harness import peers
from harness.rows import US, Result, Row, Target
from harness.timing import Case, Samples, Scale, interleave, statement
from harness.tokens import signing_key
from harness.verifiers import OTHERS, others, verifier_for

_LIMIT = 1.5
_OURS = "s2sauth: JwtVerifier.verify"


def measure(scale: Scale) -> Result:
    key = signing_key("RS256")
    token = key.token(1, length=750)
    number = scale.number(2_000)
    ours = verifier_for(key).verify
    cases: dict[str, Case] = {
        _OURS: statement("verify(token)", number, verify=ours, token=token)
    }
    for name, verify in others(key).items():
        cases[name] = statement(
            "verify(token)", max(number // 50, 1), verify=verify, token=token
        )
    found = interleave(cases, scale.rounds(200))
    return Result(
        name="second_sight",
        title=f"a token of {len(token)} characters that was seen before",
        baseline="s2sauth",
        rows=tuple(
            _row(name, samples, found[_OURS]) for name, samples in found.items()
        ),
        left_out=peers.missing(OTHERS),
    )


def _row(name: str, samples: Samples, ours: Samples) -> Row:
    best = samples.best * US
    return Row(
        what=name,
        unit="µs",
        best=best,
        median=samples.median * US,
        ratio=samples.best / ours.best,
        target=Target("≤ 1.5 µs", _LIMIT, best) if name == _OURS else None,
    )
