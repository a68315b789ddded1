"""Verifications per second on 1, 4 and 16 threads, with a working set of 1000 tokens."""

import threading
from collections.abc import Callable
from time import perf_counter

from harness import peers
from harness.rows import Result, Row
from harness.timing import Case, Samples, Scale, interleave
from harness.tokens import signing_key
from harness.verifiers import Verify, others, verifier_for

_THREADS = (1, 4, 16)
_WORKING_SET = 1000
_PEERS = ("PyJWT", "joserfc")
_THOUSAND = 1e3


def measure(scale: Scale) -> Result:
    key = signing_key("RS256")
    tokens = [key.token(n, length=750) for n in range(scale.number(_WORKING_SET))]
    remembering, forgetful = verifier_for(key), verifier_for(key, cache_size=0)
    verifiers: dict[str, tuple[Verify, int]] = {
        "s2sauth": (remembering.verify, scale.number(200_000)),
        "s2sauth, cache_size=0": (forgetful.verify, scale.number(4_000)),
    }
    for name, verify in others(key).items():
        if name.startswith(_PEERS):
            verifiers[name] = (verify, scale.number(4_000))
    rounds = scale.rounds(7)
    found = {
        threads: interleave(_cases(verifiers, tokens, threads), rounds)
        for threads in _THREADS
    }
    return Result(
        name="throughput",
        title=f"verifications a second, {_WORKING_SET} tokens in turn",
        baseline="1 thread",
        rows=tuple(
            _row(name, threads, found[threads][name], found[1][name])
            for name in verifiers
            for threads in _THREADS
        ),
        left_out=peers.missing(_PEERS),
    )


def _cases(
    verifiers: dict[str, tuple[Verify, int]], tokens: list[str], threads: int
) -> dict[str, Case]:
    return {
        name: _share_out(verify, tokens, number, threads)
        for name, (verify, number) in verifiers.items()
    }


def _share_out(verify: Verify, tokens: list[str], number: int, threads: int) -> Case:
    each = max(number // threads // len(tokens), 1)

    def work(barrier: threading.Barrier) -> None:
        barrier.wait()
        for _ in range(each):
            for token in tokens:
                verify(token)

    def run() -> float:
        return _wall_time(work, threads) / (each * threads * len(tokens))

    return run


def _wall_time(work: Callable[[threading.Barrier], None], threads: int) -> float:
    barrier = threading.Barrier(threads + 1)
    started = [threading.Thread(target=work, args=(barrier,)) for _ in range(threads)]
    for thread in started:
        thread.start()
    barrier.wait()
    began = perf_counter()
    for thread in started:
        thread.join()
    return perf_counter() - began


def _row(name: str, threads: int, samples: Samples, alone: Samples) -> Row:
    return Row(
        what=f"{name}, {threads} threads" if threads > 1 else f"{name}, 1 thread",
        unit="k/s",
        best=1 / samples.best / _THOUSAND,
        median=1 / samples.median / _THOUSAND,
        ratio=alone.best / samples.best,
    )
