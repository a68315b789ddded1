"""What attaching a token adds to a unary call over TLS, the server in another process.

Thread CPU is that of the calling thread; it leaves out the thread which gRPC starts for
call credentials, so the process's CPU and the wall's time stand beside it.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

import grpc

from harness import peers
from harness.clients import GoogleAuth, manager_for
from harness.rows import US, Result, Row, Target
from harness.services import Loopback, loopback, service
from harness.timing import Samples, Scale, paired
from harness.tls import make_certificate
from s2sauth import TokenSource
from s2sauth.client.grpc import secure_channel

METHOD = "/bench.Payments/Charge"
_LIMIT = 25.0
_BARE = "gRPC: bare call"
_BY_HAND = "gRPC: metadata= by hand"
_OURS = "s2sauth: secure_channel"
_READS: tuple[Callable[[], float], ...] = (thread_time, process_time, perf_counter)
Call = Callable[[], object]


@dataclass(frozen=True)
class Costs:
    """Seconds per call, of each block."""

    thread: Samples
    process: Samples
    wall: Samples

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(
            Samples(self.thread.values + other.thread.values),
            Samples(self.process.values + other.process.values),
            Samples(self.wall.values + other.wall.values),
        )


def measure(scale: Scale) -> Result:
    found: dict[str, Costs] = {}
    with _payments() as (target, credentials), loopback() as http:
        for _ in range(scale.rounds(10)):  # equal channels differ, so each has ten
            with ExitStack() as kept:
                calls = _calls(_channels(target, credentials, http), http, kept)
                for name, costs in _take_turns(calls, scale.rounds(20), 50).items():
                    found[name] = found[name] + costs if name in found else costs
    return Result(
        name="grpc_client",
        title="a token on a unary call over TLS: CPU of the calling thread",
        baseline="bare",
        rows=tuple(_row(name, costs, found[_BARE]) for name, costs in found.items()),
        left_out=peers.missing(["google-auth"]),
    )


def _calls(
    channels: dict[str, grpc.Channel], http: Loopback, kept: ExitStack
) -> dict[str, Call]:
    for channel in channels.values():
        kept.enter_context(channel)
    calls = {name: _call(channel) for name, channel in channels.items()}
    return calls | {_BY_HAND: _by_hand(channels[_BY_HAND], http)}


@contextmanager
def _payments() -> Iterator[tuple[str, grpc.ChannelCredentials]]:
    certificate, key = make_certificate()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        for file, content in zip(files, (certificate, key), strict=True):
            file.write_bytes(content)
        with service("payments.py", *map(str, files)) as port:
            credentials = grpc.ssl_channel_credentials(certificate)
            yield f"127.0.0.1:{port}", credentials


class _Interceptor(grpc.UnaryUnaryClientInterceptor):
    """As short as it can be: no deadline, no answer to a refusal, no other arity."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        header = ("authorization", self._source.get().authorization)
        return continuation(client_call_details._replace(metadata=(header,)), request)


class _Plugin(grpc.AuthMetadataPlugin):
    """Call credentials as short as they can be."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def __call__(self, context: Any, callback: Any) -> None:
        del context
        callback((("authorization", self._source.get().authorization),), None)


def _with(
    credentials: grpc.ChannelCredentials, plugin: grpc.AuthMetadataPlugin
) -> grpc.ChannelCredentials:
    call = grpc.metadata_call_credentials(plugin)
    return grpc.composite_channel_credentials(credentials, call)


def _channels(
    target: str, credentials: grpc.ChannelCredentials, http: Loopback
) -> dict[str, grpc.Channel]:
    source = _source(http)
    with_plugin = _with(credentials, _Plugin(source))
    channels = {
        _BARE: grpc.secure_channel(target, credentials),
        _BY_HAND: grpc.secure_channel(target, credentials),
        "gRPC: an interceptor of ten lines": grpc.intercept_channel(
            grpc.secure_channel(target, credentials), _Interceptor(source)
        ),
        _OURS: secure_channel(target, source, credentials),
        "gRPC: call credentials of ten lines": grpc.secure_channel(target, with_plugin),
    }
    if peers.installed("google-auth"):
        plugin = _google_plugin(http.token_url("google"))
        with_theirs = _with(credentials, plugin)
        channels["google-auth: AuthMetadataPlugin"] = grpc.secure_channel(
            target, with_theirs
        )
    return channels


def _source(http: Loopback) -> TokenSource:
    source = manager_for(http.token_url("ours")).source()
    source.get()
    return source


def _call(channel: grpc.Channel) -> Call:
    method = channel.unary_unary(METHOD)
    return lambda: method(b"request")


def _by_hand(channel: grpc.Channel, http: Loopback) -> Call:
    method, source = channel.unary_unary(METHOD), _source(http)
    return lambda: method(
        b"request", metadata=(("authorization", source.get().authorization),)
    )


def _google_plugin(token_url: str) -> grpc.AuthMetadataPlugin:
    from google.auth.transport.grpc import AuthMetadataPlugin
    from google.auth.transport.requests import Request

    credentials = GoogleAuth(token_url).credentials
    plugin: grpc.AuthMetadataPlugin = AuthMetadataPlugin(credentials, Request())
    return plugin


def _take_turns(calls: dict[str, Call], blocks: int, size: int) -> dict[str, Costs]:
    names = list(calls)
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for name in names:
        _block(calls[name], 50)
    for block in range(blocks):
        start = block % len(names)
        for name in names[start:] + names[:start]:
            found[name].append(_block(calls[name], size))
    return {
        name: Costs(*(Samples(tuple(column)) for column in zip(*rows, strict=True)))
        for name, rows in found.items()
    }


def _block(call: Call, size: int) -> list[float]:
    began = [read() for read in _READS]
    for _ in range(size):
        call()
    return [(read() - at) / size for read, at in zip(_READS, began, strict=True)]


def _row(name: str, costs: Costs, bare: Costs) -> Row:
    more = _over(costs.thread, bare.thread)
    return Row(
        what=name,
        unit="µs",
        best=costs.thread.best * US,
        median=costs.thread.median * US,
        ratio=paired(costs.thread, bare.thread),
        target=Target("≤ +25 µs", _LIMIT, more) if name == _OURS else None,
        facts={
            "over bare": f"{more:+.1f} µs",
            "process CPU": f"{_over(costs.process, bare.process):+.1f} µs",
            "wall": f"{_over(costs.wall, bare.wall):+.1f} µs",
        },
    )


def _over(some: Samples, bare: Samples) -> float:
    """Return the median of what was more, block by block, in microseconds."""
    pairs = zip(some.values, bare.values, strict=True)
    return Samples(tuple(one - other for one, other in pairs)).median * US
