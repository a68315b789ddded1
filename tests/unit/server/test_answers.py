"""What a refused caller gets: RFC 6750 §3, and nothing beyond."""

import json

import pytest

from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    PermissionDenied,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.server.answers import (
    Challenge,
    HttpAnswer,
    http_status,
    wire_code,
    www_authenticate,
)

# Each reason, and what the caller learns of it.
UNAUTHENTICATED = {
    Reason.TOKEN_MISSING: (401, "TOKEN_MISSING", "Bearer"),
    Reason.REQUEST_MALFORMED: (400, "TOKEN_INVALID", 'Bearer error="invalid_request"'),
    Reason.TOKEN_EXPIRED: (401, "TOKEN_EXPIRED", 'Bearer error="invalid_token"'),
    **dict.fromkeys(
        [
            Reason.TOKEN_MALFORMED,
            Reason.TOKEN_ALGORITHM,
            Reason.TOKEN_TYPE,
            Reason.TOKEN_SIGNATURE,
            Reason.TOKEN_CLAIMS,
            Reason.TOKEN_NOT_YET_VALID,
            Reason.TOKEN_TOO_OLD,
            Reason.TOKEN_INACTIVE,
            Reason.TOKEN_BOUND,
            Reason.TOKEN_DENIED,
            Reason.USER_TOKEN,
            Reason.KEY_UNKNOWN,
            Reason.ISSUER,
            Reason.AUDIENCE,
        ],
        (401, "TOKEN_INVALID", 'Bearer error="invalid_token"'),
    ),
}
DENIED = {
    Reason.INSUFFICIENT_SCOPE: "INSUFFICIENT_SCOPE",
    Reason.CLIENT_NOT_ALLOWED: "NOT_ALLOWED",
    Reason.NO_RULE: "NOT_ALLOWED",
    Reason.DENIED: "NOT_ALLOWED",
}


def _answer(error, challenge=None):
    answer = HttpAnswer(error, Challenge() if challenge is None else challenge)
    return answer.status, dict(answer.headers), json.loads(answer.body)


@pytest.mark.parametrize(("reason", "expected"), UNAUTHENTICATED.items())
def test_who_has_no_good_token(reason, expected):
    """Missing, malformed, expired and invalid are told apart, and nothing finer."""
    error = Unauthenticated("why exactly", reason=reason)

    status, headers, body = _answer(error)

    assert expected == (status, body["error"], headers["WWW-Authenticate"])
    assert expected == (http_status(error), wire_code(error), www_authenticate(error))
    assert {"error": expected[1], "required": [], "missing": []} == body


@pytest.mark.parametrize(("reason", "code"), DENIED.items())
def test_who_may_not(reason, code):
    """A refusal that no scope would mend says no scope."""
    status, headers, body = _answer(PermissionDenied("why exactly", reason=reason))

    assert 403 == status
    assert 'Bearer error="insufficient_scope"' == headers["WWW-Authenticate"]
    assert {"error": code, "required": [], "missing": []} == body


def test_lacking_scopes_are_named():
    """The challenge has the scopes required; the body those that are missing, too."""
    error = PermissionDenied(
        "why", reason=Reason.INSUFFICIENT_SCOPE, required=["b", "a"], missing=["b"]
    )

    status, headers, body = _answer(error)

    assert 403 == status
    assert (
        'Bearer error="insufficient_scope", scope="a b"' == headers["WWW-Authenticate"]
    )
    assert {
        "error": "INSUFFICIENT_SCOPE",
        "required": ["a", "b"],
        "missing": ["b"],
    } == body


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, "5"),
        (0.0, "1"),
        (0.2, "1"),
        (7.1, "8"),
        (1e9, "3600"),
        (float("inf"), "3600"),
    ],
)
@pytest.mark.parametrize(
    "reason", [Reason.KEYS_UNAVAILABLE, Reason.INTROSPECTION_UNAVAILABLE]
)
def test_who_can_t_be_told(reason, asked, expected):
    """An outage of ours is a 503 with Retry-After, and no challenge."""
    error = VerifierUnavailable("why", reason=reason, retry_after=asked)

    status, headers, body = _answer(error)

    assert 503 == status
    assert expected == headers["Retry-After"]
    assert "WWW-Authenticate" not in headers
    assert None is www_authenticate(error)
    assert "UNAVAILABLE" == body["error"]


def test_only_an_outage_has_retry_after():
    """No other answer invites to try again."""
    assert "Retry-After" not in _answer(Unauthenticated("why"))[1]


@pytest.mark.parametrize(
    ("challenge", "error", "expected"),
    [
        (
            Challenge(realm="payments"),
            Unauthenticated("", reason=Reason.TOKEN_MISSING),
            'Bearer realm="payments"',
        ),
        (
            Challenge(realm="payments", resource_metadata="https://pay/m"),
            PermissionDenied("", reason=Reason.INSUFFICIENT_SCOPE, required=["a"]),
            (
                'Bearer realm="payments", error="insufficient_scope", scope="a", '
                'resource_metadata="https://pay/m"'
            ),
        ),
        (
            Challenge(resource_metadata="https://pay/m"),
            Unauthenticated("", reason=Reason.TOKEN_EXPIRED),
            'Bearer error="invalid_token", resource_metadata="https://pay/m"',
        ),
        (Challenge(realm="payments"), VerifierUnavailable(""), None),
    ],
)
def test_what_a_server_says_of_itself(challenge, error, expected):
    """Realm and metadata URL (RFC 9728) stand in every challenge."""
    assert expected == challenge.header(error)


@pytest.mark.parametrize("name", ["realm", "resource_metadata"])
@pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "a\r\nSet-Cookie: x", "ä", 3])
def test_what_can_t_stand_in_a_header(name, value):
    """A text that would need an escape is an error that says the argument."""
    given = {name: value}

    with pytest.raises(ConfigurationError, match=name):
        Challenge(**given)


@pytest.mark.parametrize("scope", ['a"b', "a\r\nSet-Cookie:", "a\\", "ä", ""])
def test_no_scope_breaks_out_of_the_header(scope):
    """Scopes that someone else's code put into an error can't inject anything."""
    error = PermissionDenied(
        "", reason=Reason.INSUFFICIENT_SCOPE, required=[scope, "good"]
    )

    assert 'Bearer error="insufficient_scope", scope="good"' == www_authenticate(error)


def test_the_body_is_what_the_headers_say():
    """Type and length are those of the body, and it says neither message nor reason."""
    answer = HttpAnswer(
        Unauthenticated("why exactly", reason=Reason.KEY_UNKNOWN), Challenge()
    )
    headers = dict(answer.headers)

    assert "application/json" == headers["Content-Type"]
    assert str(len(answer.body)) == headers["Content-Length"]
    assert b"why" not in answer.body
    assert b"KEY" not in answer.body


def test_any_other_access_error_is_a_bad_token():
    """An error of someone else's own kind is never an allowed request."""
    status, headers, body = _answer(AccessError("why"))

    assert (401, "TOKEN_INVALID") == (status, body["error"])
    assert 'Bearer error="invalid_token"' == headers["WWW-Authenticate"]
