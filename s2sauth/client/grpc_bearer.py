"""What all calls of one channel share: where tokens come from, and the proof."""

from typing import Any, NoReturn

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.client.flow import BearerFlow
from s2sauth.client.grpc_attempt import Attempt, Invoke
from s2sauth.client.grpc_errors import CallNotSent
from s2sauth.client.grpc_proof import SecurityProof
from s2sauth.errors import ConfigurationError
from s2sauth.values import MethodTokenSources, TokenSource

__all__ = ["Bearer", "Road"]


class Bearer:
    """Decides what a call needs. Safe to share between threads, not channels.

    Args:
        tokens: A token source for every call, or one for each method.
        allow_insecure: Whether to do without the proof of a secure channel.
        clock: What deadlines are judged by.

    Raises:
        ConfigurationError: `tokens` is neither.
    """

    __slots__ = ("_clock", "_flow", "_flows", "_proof", "_sources")

    def __init__(
        self,
        tokens: TokenSource | MethodTokenSources,
        *,
        allow_insecure: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._clock = clock
        self._proof = None if allow_insecure else SecurityProof()
        self._flow: BearerFlow | None = None
        self._sources: MethodTokenSources | None = None
        # By method, with the source that each is for; a lost write costs nothing.
        self._flows: dict[str, tuple[TokenSource, BearerFlow]] = {}
        if isinstance(tokens, MethodTokenSources):
            self._sources = tokens
        elif isinstance(tokens, TokenSource):
            self._flow = BearerFlow(tokens, clock=clock)
        else:
            message = (
                f"tokens is a {type(tokens).__qualname__}; it must be a token source, "
                "such as manager.source(…) or manager.sources_for(…)"
            )
            raise ConfigurationError(message)

    def road(
        self, method: str, request: Any, metadata: Any, said: dict[str, Any]
    ) -> "Road":
        """Return the way that a call goes.

        Args:
            method: `/pkg.Service/Method`.
            request: The request, or the iterator of them.
            metadata: The caller's own, or None.
            said: What else the caller said, by name: the timeout, for example.
        """
        try:
            flow = self._flow or self._flow_of(method)
        except ConfigurationError as error:
            return _Unsent(error)
        if flow is None:
            return _Untouched(request, metadata=metadata, **said)
        return Attempt(
            flow, self._clock, self._proof, request, metadata=metadata, said=said
        )

    def _flow_of(self, method: str) -> BearerFlow | None:
        assert self._sources is not None  # noqa: S101 - the constructor set one of two
        source = self._sources.source_for(method)
        if source is None:
            return None
        known = self._flows.get(method)
        if known is None or known[0] is not source:
            known = self._flows[method] = source, BearerFlow(source, clock=self._clock)
        return known[1]


class _Untouched:
    """The way of a call that needs no token."""

    __slots__ = ("_request", "_said")

    def __init__(self, request: Any, **said: Any) -> None:
        self._request = request
        self._said = said

    def start(self, invoke: Invoke) -> Any:
        return invoke(self._request, **self._said)

    stream = start

    def block(self, invoke: Invoke, *, again: bool) -> Any:  # noqa: ARG002 - as Attempt
        return invoke(self._request, **self._said)


class _Unsent:
    """The way of a call that nothing is declared for: nowhere."""

    __slots__ = ("_failure",)

    def __init__(self, error: ConfigurationError) -> None:
        self._failure = CallNotSent(error)

    def start(self, _invoke: Invoke) -> Any:
        return self._failure

    stream = start

    def block(self, _invoke: Invoke, *, again: bool) -> NoReturn:  # noqa: ARG002 - as Attempt
        raise self._failure


Road = Attempt | _Untouched | _Unsent
