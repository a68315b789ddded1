"""What a caller who is refused gets to know over gRPC.

The status, a sentence, and in the trailing metadata `www-authenticate` and
`google.rpc.ErrorInfo` (in `grpc-status-details-bin`): its `reason` is the wire code,
its `domain` is `s2sauth`, and where scopes are lacking, its `metadata` has `required`
and `missing`, with spaces between them. The exact reason stays here.
"""

from functools import lru_cache
from typing import NamedTuple

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from s2sauth.errors import (
    AccessError,
    PermissionDenied,
    VerifierUnavailable,
)
from s2sauth.server.answers import wire_code, www_authenticate

__all__ = ["DOMAIN", "GrpcAnswer", "grpc_answer"]

DOMAIN = "s2sauth"

_CODES: tuple[tuple[type[AccessError], grpc.StatusCode], ...] = (
    (PermissionDenied, grpc.StatusCode.PERMISSION_DENIED),
    (VerifierUnavailable, grpc.StatusCode.UNAVAILABLE),
)

_SENTENCES = {
    "TOKEN_MISSING": "a bearer token is needed, and none came",
    "TOKEN_INVALID": "the bearer token isn't valid here",
    "TOKEN_EXPIRED": "the bearer token has expired",
    "INSUFFICIENT_SCOPE": "the bearer token lacks a scope that this method needs",
    "NOT_ALLOWED": "the caller may not call this method",
    "UNAVAILABLE": "the caller's token can't be checked for now",
}


class GrpcAnswer(NamedTuple):
    """A refusal as gRPC sends it.

    Args:
        code: The status.
        details: A sentence.
        trailing_metadata: What goes along.
    """

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


def grpc_answer(error: AccessError) -> GrpcAnswer:
    """Return what a refused caller gets; a bare `AccessError` is a bad token's."""
    code = next(
        (code for kind, code in _CODES if isinstance(error, kind)),
        grpc.StatusCode.UNAUTHENTICATED,
    )
    required: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if isinstance(error, PermissionDenied):
        required, missing = error.required, error.missing
    return _answer(code, wire_code(error), www_authenticate(error), required, missing)


# A flood of refused calls costs one look-up each. What varies comes from the rules.
@lru_cache(maxsize=256)
def _answer(
    code: grpc.StatusCode,
    reason: str,
    challenge: str | None,
    required: tuple[str, ...],
    missing: tuple[str, ...],
) -> GrpcAnswer:
    lists = {"required": " ".join(required), "missing": " ".join(missing)}
    info = error_details_pb2.ErrorInfo(
        reason=reason,
        domain=DOMAIN,
        metadata={name: scopes for name, scopes in lists.items() if scopes},
    )
    packed = any_pb2.Any()
    packed.Pack(info)
    number: int = code.value[0]
    sentence = _SENTENCES[reason]
    status = status_pb2.Status(code=number, message=sentence, details=[packed])
    metadata: tuple[tuple[str, str | bytes], ...] = (
        ("grpc-status-details-bin", status.SerializeToString()),
    )
    if challenge is not None:
        metadata = (*metadata, ("www-authenticate", challenge))
    return GrpcAnswer(code, sentence, metadata)
