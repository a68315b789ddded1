"""The 85 inputs that JWT libraries are known to fall for, each with its good sibling.

Numbered as in the survey behind the design. An entry makes its token from a `Signer`;
the sibling differs in the spoilt field alone, and must be accepted. To drive a door
with them: a verifier that allows `ALGORITHMS` and gets `key_set_with_bad_keys()`.
"""

from support.bad_tokens.about_algorithms import ABOUT_ALGORITHMS
from support.bad_tokens.about_claims import ABOUT_CLAIMS
from support.bad_tokens.about_headers import ABOUT_HEADERS
from support.bad_tokens.about_keys import ABOUT_KEYS
from support.bad_tokens.about_signatures import ABOUT_SIGNATURES
from support.bad_tokens.bad_keys import key_set_with_bad_keys
from support.bad_tokens.entry import BadToken
from support.bad_tokens.others import BAD_ARGUMENTS, BAD_HEADERS, ELSEWHERE

__all__ = [
    "ALGORITHMS",
    "BAD_ARGUMENTS",
    "BAD_HEADERS",
    "BAD_TOKENS",
    "ELSEWHERE",
    "BadToken",
    "all_numbers",
    "key_set_with_bad_keys",
]

ALGORITHMS = ("RS256", "RS512", "ES256")  # what the verifier under test allows

BAD_TOKENS: list[BadToken] = [
    *ABOUT_ALGORITHMS,
    *ABOUT_KEYS,
    *ABOUT_HEADERS,
    *ABOUT_SIGNATURES,
    *ABOUT_CLAIMS,
]


def all_numbers() -> set[int]:
    """Return every number that is held somewhere."""
    return {
        *(entry.number for entry in BAD_TOKENS),
        *(number for number, _, _ in BAD_ARGUMENTS),
        *(number for number, _, _ in BAD_HEADERS),
        *ELSEWHERE,
    }
