"""What a caller who is refused gets to know over gRPC."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from s2sauth.errors import (
    AccessError,
    PermissionDenied,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.server.grpc_answers import grpc_answer

pytestmark = pytest.mark.grpc

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
DENIED = grpc.StatusCode.PERMISSION_DENIED

ANSWERS = [
    (Unauthenticated("x", reason=Reason.TOKEN_MISSING), UNAUTHENTICATED, "Bearer"),
    (
        Unauthenticated("x", reason=Reason.REQUEST_MALFORMED),
        UNAUTHENTICATED,
        'Bearer error="invalid_request"',
    ),
    (
        Unauthenticated("x", reason=Reason.TOKEN_SIGNATURE),
        UNAUTHENTICATED,
        'Bearer error="invalid_token"',
    ),
    (
        Unauthenticated("x", reason=Reason.TOKEN_EXPIRED),
        UNAUTHENTICATED,
        'Bearer error="invalid_token"',
    ),
    (
        PermissionDenied("x", reason=Reason.INSUFFICIENT_SCOPE, required=["b", "a"]),
        DENIED,
        'Bearer error="insufficient_scope", scope="a b"',
    ),
    (
        PermissionDenied("x", reason=Reason.NO_RULE),
        DENIED,
        'Bearer error="insufficient_scope"',
    ),
    (VerifierUnavailable("x"), grpc.StatusCode.UNAVAILABLE, None),
    (AccessError("x"), UNAUTHENTICATED, 'Bearer error="invalid_token"'),
]
REASONS = [
    "TOKEN_MISSING",
    "TOKEN_INVALID",
    "TOKEN_INVALID",
    "TOKEN_EXPIRED",
    "INSUFFICIENT_SCOPE",
    "NOT_ALLOWED",
    "UNAVAILABLE",
    "TOKEN_INVALID",
]


def unpack(answer):
    """Return the status and the ErrorInfo that an answer carries."""
    packed = dict(answer.trailing_metadata)["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    info = error_details_pb2.ErrorInfo()
    (detail,) = status.details
    assert detail.Unpack(info)
    return status, info


@pytest.mark.parametrize(("error", "code", "challenge"), ANSWERS)
def test_each_refusal_has_its_status_and_challenge(error, code, challenge):
    """The status tells who you are from what you may, and neither from an outage."""
    answer = grpc_answer(error)
    assert code is answer.code
    assert challenge == dict(answer.trailing_metadata).get("www-authenticate")


@pytest.mark.parametrize(
    ("error", "reason"),
    [(row[0], reason) for row, reason in zip(ANSWERS, REASONS, strict=True)],
)
def test_error_info_gives_the_wire_code(error, reason):
    """Machines read the reason; the status says the same as the call's own."""
    answer = grpc_answer(error)
    status, info = unpack(answer)
    assert (reason, "s2sauth") == (info.reason, info.domain)
    assert (answer.code.value[0], answer.details) == (status.code, status.message)


def test_lacking_scopes_are_named():
    """The caller can tell what to ask for."""
    error = PermissionDenied(
        "x", reason=Reason.INSUFFICIENT_SCOPE, required=["a", "b"], missing=["b"]
    )
    _, info = unpack(grpc_answer(error))
    assert {"required": "a b", "missing": "b"} == dict(info.metadata)


def test_the_exact_reason_stays_on_the_server():
    """Two kinds of bad token can't be told apart by their answers."""
    forged = Unauthenticated("bad signature", reason=Reason.TOKEN_SIGNATURE)
    foreign = Unauthenticated("meant for another", reason=Reason.AUDIENCE)
    assert grpc_answer(forged) == grpc_answer(foreign)


def test_a_flood_of_refusals_builds_one_answer():
    """The same refusal is the same object."""
    errors: list[AccessError] = [VerifierUnavailable("x"), VerifierUnavailable("y")]
    first, second = map(grpc_answer, errors)
    assert first is second
