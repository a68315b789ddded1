"""Good tokens with anything changed: hypothesis looks for a change that's let in."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s2sauth._base.strict import decode_base64url, encode_base64url
from s2sauth.errors import Unauthenticated
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from support.tokens import (
    AUDIENCE,
    PROVIDER,
    FakeKeys,
    Signer,
    ed_key,
    jwk_of,
    key_set,
)

CLOCK = FakeClock()
SIGNER = Signer(CLOCK)
TOKENS = {
    "RS256": SIGNER.token(),
    "ES256": SIGNER.ec_token(),
    "EdDSA": SIGNER.token({"alg": "EdDSA", "kid": "ed"}, key=ed_key()),
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MANY = settings(max_examples=400, deadline=None)


def verifier_with(cache_size: int) -> JwtVerifier:
    """Make a verifier of all three kinds."""
    verifier = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=tuple(TOKENS),
        cache_size=cache_size,
        fetch_keys=FakeKeys(key_set(jwk_of(ed_key(), kid="ed", alg="EdDSA"))),
        clock=CLOCK,
    )
    verifier.warm_up()
    return verifier


# The good tokens are remembered by the one, and never by the other.
VERIFIERS = [verifier_with(10), verifier_with(0)]


def is_refused(token: str) -> bool:
    """Tell whether both verifiers refuse a token."""
    for verifier in VERIFIERS:
        try:
            verifier.verify(token)
        except Unauthenticated:
            continue
        return False
    return True


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_unchanged(token):
    """As they are, they are good."""
    assert not is_refused(token)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_every_character(token):
    """No character can be replaced by its neighbour in the alphabet, or left out.

    The last one of a segment carries bits that don't count: they must be zero, so
    that here too no other spelling is let in.
    """
    for index, character in enumerate(token):
        other = ALPHABET[ALPHABET.find(character) ^ 1]
        assert is_refused(token[:index] + other + token[index + 1 :])
        assert is_refused(token[:index] + token[index + 1 :])


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_every_last_character(token):
    """Of all 64 characters at the end of each segment only the one is right."""
    ends = [index for index, c in enumerate(token + ".") if c == "."]
    for end in ends:
        others = set(ALPHABET) - {token[end - 1]}
        spoilt = [token[: end - 1] + other + token[end:] for other in others]
        assert [] == [one for one in spoilt if not is_refused(one)]


@MANY
@given(
    st.sampled_from(list(TOKENS.values())),
    st.floats(0, 1, exclude_max=True),
    st.characters(),
)
@example(TOKENS["ES256"], 0.999999, "=")
def test_any_character_anywhere(token, where, character):
    """No character of Unicode does in place of another, or beside it."""
    index = int(where * len(token))
    inserted = token[:index] + character + token[index:]
    replaced = token[:index] + character + token[index + 1 :]

    assert replaced == token or is_refused(replaced)
    assert is_refused(inserted)


@MANY
@given(
    st.sampled_from(list(TOKENS.values())),
    st.lists(st.sampled_from(list(TOKENS.values())), min_size=3, max_size=3),
)
def test_mixed_segments(token, others):
    """Segments of different tokens make no good one."""
    mixed = ".".join(other.split(".")[i] for i, other in enumerate(others))

    assert mixed in TOKENS.values() or is_refused(mixed)
    assert is_refused(".".join(reversed(token.split("."))))


@MANY
@given(
    st.sampled_from(list(TOKENS.values())),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_cut_and_doubled(token, first, second):
    """Nothing can be cut out of a token, and nothing doubled."""
    start, end = sorted((int(first * len(token)), int(second * len(token))))
    if start == end:
        return
    assert is_refused(token[:start] + token[end:])
    assert is_refused(token[:end] + token[start:])


@MANY
@given(st.sampled_from(list(TOKENS)), st.integers(0, 2047), st.integers(1, 255))
def test_any_bits_of_the_signature(algorithm, position, bits):
    """A signature with any byte changed, spelt canonically, doesn't hold."""
    head, payload, signature = TOKENS[algorithm].split(".")
    raw = bytearray(decode_base64url(signature.encode()))
    raw[position % len(raw)] ^= bits

    assert is_refused(f"{head}.{payload}.{encode_base64url(bytes(raw))}")


@MANY
@given(
    st.sampled_from(list(TOKENS)),
    st.sampled_from([0, 1]),
    st.integers(0, 2047),
    st.integers(1, 255),
)
def test_any_byte_of_what_was_signed(algorithm, which, position, bits):
    """A header or payload with any byte changed doesn't hold under its signature."""
    parts = TOKENS[algorithm].split(".")
    raw = bytearray(decode_base64url(parts[which].encode()))
    raw[position % len(raw)] ^= bits
    parts[which] = encode_base64url(bytes(raw))

    assert is_refused(".".join(parts))
