"""What the server's interceptor costs for a token seen before.

First in a loop, over calls that a real server recorded; then in place: a server that
another process calls, with thread CPU read around the interceptor where it runs, on
gRPC's own threads. There caches are cold, as in life, for `Key.verify` too.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import grpc

from harness.grpc_probe import METHOD, Nothing, Probe, Recorded, caller, serving
from harness.rows import US, Result, Row, Target
from harness.timing import Samples, Scale, each, interleave
from harness.tokens import parts, signing_key
from harness.verifiers import signature_step, verifier_for
from s2sauth.policy import Policy, Rule
from s2sauth.server.grpc import AuthInterceptor

_LOOP_LIMIT, _IN_PLACE_LIMIT = 5.0, 0.8
_BARE_LOOP = "loop: no interceptor"
_LOOP = "loop: AuthInterceptor"
_LOOPED_VERIFY = "loop: python-jose: Key.verify"
_NOTHING = "in place: an interceptor that does nothing"
_OURS = "in place: AuthInterceptor"
_VERIFY = "in place: python-jose: Key.verify"


def measure(scale: Scale) -> Result:
    key = signing_key("RS256")
    token = key.token(1, length=750)
    policy = Policy({METHOD: Rule(all_scopes={"payments:write"})})
    ours = AuthInterceptor(verifier_for(key), policy)
    _, verify = signature_step(key)
    pair = parts(token)
    in_place, recorded = _in_place(token, ours, lambda: verify(pair), scale)
    loop = _loop(recorded, ours, lambda: verify(pair), scale)
    return Result(
        name="grpc_server",
        title="a call whose token was seen before",
        baseline="Key.verify, of the same part",
        rows=(*_loop_rows(loop), *_in_place_rows(in_place)),
    )


def _in_place(
    token: str,
    ours: grpc.ServerInterceptor,
    verify: Callable[[], object],
    scale: Scale,
) -> tuple[dict[str, tuple[Samples, Samples]], list[Recorded]]:
    """Return what each probe read per block, in the look-up and in the handler.

    And calls that went through ours.
    """
    probes = {
        _NOTHING: Probe(Nothing()),
        _OURS: Probe(ours),
        _VERIFY: Probe(Nothing(), verify),
    }
    looking: dict[str, list[float]] = defaultdict(list)
    handling: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as kept:
        targets = [kept.enter_context(serving(probe)) for probe in probes.values()]
        call = kept.enter_context(caller(token, targets))
        call(scale.number(200))  # warm
        for _ in range(scale.rounds(30)):
            for probe in probes.values():
                probe.forget()
            call(scale.number(200))
            for name, probe in probes.items():
                looking[name].append(Samples(tuple(probe.looking)).median)
                handling[name].append(Samples(tuple(probe.handling)).median)
    read = {
        name: (Samples(tuple(looking[name])), Samples(tuple(handling[name])))
        for name in probes
    }
    return read, probes[_OURS].recorded


def _loop(
    recorded: list[Recorded],
    ours: grpc.ServerInterceptor,
    verify: Callable[[], object],
    scale: Scale,
) -> dict[str, Samples]:
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)

    def continuation(_details: Any) -> Any:
        return handler

    def bare(call: Recorded) -> None:
        continuation(call[0]).unary_unary(b"request", call[1])

    def guarded(call: Recorded) -> None:
        chosen = ours.intercept_service(continuation, call[0])
        chosen.unary_unary(b"request", call[1])

    calls = recorded[:100]
    cases = {
        _BARE_LOOP: each(bare, calls),
        _LOOP: each(guarded, calls),
        _LOOPED_VERIFY: each(lambda _: verify(), calls[:50]),
    }
    return interleave(cases, scale.rounds(200))


def _loop_rows(found: dict[str, Samples]) -> list[Row]:
    alone = found[_BARE_LOOP]
    rows = []
    for name in (_LOOP, _LOOPED_VERIFY):
        own = alone.best if name == _LOOP else 0.0
        best = (found[name].best - own) * US
        rows.append(
            Row(
                what=name,
                unit="µs",
                best=best,
                median=(found[name].median - own) * US,
                ratio=best / (found[_LOOPED_VERIFY].best * US),
                target=Target("≤ 5 µs", _LOOP_LIMIT, best) if name == _LOOP else None,
            )
        )
    return rows


def _in_place_rows(found: dict[str, tuple[Samples, Samples]]) -> list[Row]:
    looked, handled = found[_NOTHING]
    verified = found[_VERIFY][1].median - handled.median
    rows = []
    for name in (_OURS, _VERIFY):
        looking = found[name][0].median - looked.median
        handling = found[name][1].median - handled.median
        own = handling + (looking if name == _OURS else 0.0)
        ratio = own / verified
        target = Target("≤ 0.8 x Key.verify", _IN_PLACE_LIMIT, ratio)
        rows.append(
            Row(
                what=name,
                unit="µs",
                best=own * US,
                ratio=ratio,
                target=target if name == _OURS else None,
                facts={
                    "on the serving thread": f"{looking * US:+.1f} µs",
                    "on the handler's": f"{handling * US:+.1f} µs",
                },
            )
        )
    return rows
