"""More bad tokens than the survey has: ours, from 101 on, in the same form.

To drive a door with both: a verifier that allows `MORE_ALGORITHMS` and gets
`key_set_for_more()`.
"""

from dataclasses import replace

from support.bad_tokens import ALGORITHMS, BAD_TOKENS
from support.bad_tokens.entry import BadToken
from support.bad_tokens.more_claims import MORE_CLAIMS
from support.bad_tokens.more_headers import MORE_HEADERS
from support.bad_tokens.more_json import MORE_JSON
from support.bad_tokens.more_keys import MORE_KEYS, key_set_for_more
from support.bad_tokens.more_signatures import MORE_SIGNATURES
from support.bad_tokens.more_spellings import MORE_SPELLINGS

__all__ = ["ALL_BAD_TOKENS", "MORE_ALGORITHMS", "MORE_BAD_TOKENS", "key_set_for_more"]

MORE_ALGORITHMS = (*ALGORITHMS, "PS256", "ES384", "EdDSA")

MORE_BAD_TOKENS: list[BadToken] = [
    replace(entry, number=number)
    for number, entry in enumerate(
        [
            *MORE_CLAIMS,
            *MORE_HEADERS,
            *MORE_JSON,
            *MORE_KEYS,
            *MORE_SIGNATURES,
            *MORE_SPELLINGS,
        ],
        start=101,
    )
]
ALL_BAD_TOKENS = [*BAD_TOKENS, *MORE_BAD_TOKENS]
