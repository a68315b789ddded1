"""What isn't about a token: arguments, headers, and whose test holds the rest."""

from typing import Any

from s2sauth.errors import Reason
from support.tokens import AUDIENCE

# 7, 8, 67: arguments of a verifier, refused at construction, with a good sibling.
BAD_ARGUMENTS: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (7, {"algorithms": None}, {"algorithms": ["RS256"]}),
    (8, {"algorithms": "RS256"}, {"algorithms": ("RS256",)}),
    (67, {"audience": [AUDIENCE, 1]}, {"audience": [AUDIENCE, "https://b.example"]}),
]

# 73, 74: the `Authorization` headers of one request, good where the reason is None.
BAD_HEADERS: list[tuple[int, list[str], Reason | None]] = [
    (73, ["Bearer a.b.c", "Bearer a.b.c"], Reason.REQUEST_MALFORMED),
    (73, ["Bearer a.b.c"], None),
    (74, ["bearer  a.b.c"], None),  # RFC 9110 §11: any case, one or more spaces
    (74, ["bearer a.b.c d"], Reason.TOKEN_MALFORMED),
    (74, ["Bearer"], Reason.REQUEST_MALFORMED),
    (74, ["Basic a.b.c"], Reason.TOKEN_MISSING),
    (74, [], Reason.TOKEN_MISSING),
]

# Where the others are held: about requests and answers, key sets, caches, clocks.
ELSEWHERE: dict[int, str] = {
    75: "tests/unit/server/test_wsgi.py",
    76: "tests/unit/server/test_answers.py",
    77: "tests/unit/server/test_jwks_search.py",
    78: "tests/unit/server/test_jwks_search.py",
    79: "tests/unit/server/test_jwks_endpoint.py",
    80: "tests/unit/server/test_jwt.py",
    82: "tests/unit/server/test_introspection.py",
    85: "tests/unit/server/test_jwt.py",
}
