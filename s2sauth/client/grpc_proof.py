"""The proof that a channel is secure, before a token goes over it."""

import grpc

__all__ = ["SecurityProof"]


class SecurityProof(grpc.AuthMetadataPlugin):
    """Call credentials that add nothing, and prove that a channel is secure.

    gRPC's core asks call credentials only once it has found the connection private
    and intact; on any other it ends the call before a byte of it is sent. So they go
    along until they were asked once, since each asking costs a thread. Safe to share
    between threads, not between channels.

    Attributes:
        given: Whether the channel has proved to be secure.
    """

    def __init__(self) -> None:
        self.given = False
        self._credentials = grpc.metadata_call_credentials(self, "s2sauth-proof")

    def __call__(
        self,
        context: grpc.AuthMetadataContext,  # noqa: ARG002 - grpc's signature
        callback: grpc.AuthMetadataPluginCallback,
    ) -> None:
        """Take note that core asks, and add nothing."""
        self.given = True
        callback((), None)

    def along_with(self, given: grpc.CallCredentials | None) -> grpc.CallCredentials:
        """Return the credentials to send: the caller's own, and the proof."""
        if given is None:
            return self._credentials
        return grpc.composite_call_credentials(given, self._credentials)
