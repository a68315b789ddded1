"""One call on its way: its token, what's left of its time, and what it's sent with."""

import weakref
from collections.abc import Callable
from typing import Any

import grpc

from s2sauth._base.clock import Clock
from s2sauth.client.flow import BearerFlow
from s2sauth.client.grpc_calls import PendingCall, on_end, was_refused
from s2sauth.client.grpc_errors import CallNotSent
from s2sauth.client.grpc_proof import SecurityProof
from s2sauth.errors import ConfigurationError, TokenError, TokenTimeout
from s2sauth.values import AccessToken

__all__ = ["Attempt", "Invoke"]

Invoke = Callable[..., Any]  # what gRPC calls a MultiCallable, or its `.future`

_HEADER = "authorization"


class Attempt:
    """Sends one call, and knows what to do when the server refuses its token.

    Args:
        flow: Gives the tokens.
        clock: What the deadline is judged by.
        proof: To be had before the call may go out; None: not needed.
        request: The request, or the iterator of them.
        metadata: The caller's own, or None.
        said: What else the caller said, by name; ours to change. Its timeout, in
            seconds, is for all of the call, the token included.
    """

    __slots__ = (
        "_clock",
        "_deadline",
        "_flow",
        "_metadata",
        "_proof",
        "_request",
        "_said",
        "_steps",
        "_token",
    )

    _token: AccessToken

    def __init__(
        self,
        flow: BearerFlow,
        clock: Clock,
        proof: SecurityProof | None,
        request: Any,
        *,
        metadata: Any,
        said: dict[str, Any],
    ) -> None:
        timeout = said["timeout"]
        self._flow = flow
        self._clock = clock
        self._proof = proof
        self._request = request
        self._metadata = () if metadata is None else tuple(metadata)
        self._said = said
        self._deadline = None if timeout is None else clock.elapsed() + timeout
        self._steps = flow.steps(self._seconds_left)
        if proof is not None and not proof.given:
            said["credentials"] = proof.along_with(said["credentials"])

    def block(self, invoke: Invoke, *, again: bool) -> Any:
        """Make a blocking call; return what it returns, or raise what it raises.

        What it raises has no traceback of gRPC's own: the frames in it hold the
        metadata, token and all.

        Args:
            invoke: Makes the call.
            again: Whether the request can be sent again.

        Raises:
            CallNotSent: There's no token for it.
            grpc.RpcError: It failed.
        """
        self._get_token()
        while True:
            try:
                return self._invoke(invoke)
            except grpc.RpcError as error:
                failure = error
            if not was_refused(failure) or not self._answer(again=again):
                break
        try:
            raise failure.with_traceback(None)
        finally:
            del failure  # else the error and this frame keep each other alive

    def stream(self, invoke: Invoke) -> Any:
        """Start a call whose request can be sent again; return it while it runs."""
        try:
            self._get_token()
        except CallNotSent as failure:
            return failure.with_traceback(None)
        return PendingCall(
            self._invoke(invoke), lambda: self._replacement(invoke, again=True)
        )

    def start(self, invoke: Invoke) -> Any:
        """Start a call that isn't sent again; return it while it runs."""
        try:
            self._get_token()
        except CallNotSent as failure:
            return failure.with_traceback(None)
        call = self._invoke(invoke)
        if self._proof is None or self._proof.given:
            on_end(call, self._note)
            return call
        pending = PendingCall(call, lambda: self._replacement(invoke, again=False))
        reference = weakref.ref(pending)

        def answer(_call: Any) -> None:
            alive = reference()
            if alive is not None:
                alive.answer_refusal()

        on_end(call, answer)
        return pending

    def _get_token(self) -> None:
        """Get the first token.

        Raises:
            CallNotSent: There's none, or the call's time is over.
        """
        failure: TokenError | ConfigurationError
        if self._metadata and any(key.lower() == _HEADER for key, _ in self._metadata):
            failure = ConfigurationError(_SECOND)
        else:
            try:
                self._token = next(self._steps)
            except (TokenError, ConfigurationError) as error:
                failure = error
            else:
                if self._has_time():
                    return
                failure = TokenTimeout(_LATE)
        try:
            raise CallNotSent(failure)
        finally:
            del failure  # else the error and this frame keep each other alive

    def _invoke(self, invoke: Invoke) -> Any:
        # No local holds the metadata with the token: locals end up in tracebacks.
        return invoke(
            self._request,
            metadata=(*self._metadata, (_HEADER, self._token.authorization)),
            **self._said,
        )

    def _answer(self, *, again: bool) -> bool:
        """Answer a refusal; say whether to send again.

        Raises:
            CallNotSent: It was refused here, since the channel is insecure.
        """
        if self._proof is not None and not self._proof.given:
            raise CallNotSent(ConfigurationError(_INSECURE))
        if not again:
            self._flow.refused(self._token)
            return False
        try:
            self._token = self._steps.send(True)  # noqa: FBT003 - `send` takes no name
        except StopIteration:
            return False
        return self._has_time()  # else the refusal tells more than a timeout would

    def _replacement(self, invoke: Invoke, *, again: bool) -> Any | None:
        """Return the call in place of a refused one; None: the refusal stands."""
        try:
            return self._invoke(invoke) if self._answer(again=again) else None
        except CallNotSent as failure:
            return failure.with_traceback(None)

    def _note(self, call: Any) -> None:
        if was_refused(call):
            self._flow.refused(self._token)

    def _has_time(self) -> bool:
        """Give the call what the token left of its time; say whether that's any."""
        left = self._said["timeout"] = self._seconds_left()
        return left != 0.0

    def _seconds_left(self) -> float | None:
        if self._deadline is None:
            return None
        left: float = self._deadline - self._clock.elapsed()
        return left if left > 0.0 else 0.0  # noqa: FURB136 - called thrice for each call


_SECOND = (
    "the call's own metadata hold an authorization; this channel sets it, so leave it "
    "away, or use a channel without s2sauth"
)
_LATE = "the call's time ran out while it waited for its token"
_INSECURE = (
    "this channel is insecure, and a token in clear text is anyone's: use TLS "
    "(secure_channel), or say intercept(channel, tokens, allow_insecure=True)"
)
