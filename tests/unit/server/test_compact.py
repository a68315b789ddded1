"""A token taken apart: one spelling, and nothing obeyed that it says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2sauth.errors import AccessError, Reason, Unauthenticated
from s2sauth.server.compact import Expected, is_jwt, read_header, split
from support.tokens import AUDIENCE, Signer, b64, dumps
from support.verifiers import VerifierRig

EXPECTED = Expected(frozenset({"RS256", "ES256"}))
RIG = VerifierRig()
TOKEN = RIG.signer.ec_token()


def reason_of(header: dict[str, object]) -> Reason | None:
    """Return why a header is refused, or None."""
    try:
        read_header(b64(dumps(header)).encode(), EXPECTED)
    except Unauthenticated as error:
        return error.reason
    return None


def test_split():
    """A token comes apart into what was signed, and its three segments."""
    assert (b"a.b", b"a", b"b", b"c") == split("a.b.c")


@pytest.mark.parametrize("algorithm", ["rs256", "RS256 ", "RS-256", "HS256", "RSA"])
def test_names_of_algorithms_are_exact(algorithm):
    """An algorithm has one name, and it's not told loosely."""
    assert Reason.TOKEN_ALGORITHM == reason_of({"alg": algorithm})
    assert None is reason_of({"alg": "RS256"})


@pytest.mark.parametrize("member", ["crit", "b64", "zip", "enc"])
def test_what_we_do_not_do(member):
    """A header that asks for what isn't done here is refused, whatever its value."""
    for value in ([], True, None, "DEF"):
        assert Reason.TOKEN_MALFORMED == reason_of({"alg": "RS256", member: value})


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (TOKEN, True),
        (TOKEN + "=", True),
        (b64(b' \n{"alg":"x"}') + ".x.x", True),
        (b64(b"{") + ".", True),
        (b64(b"[]") + ".x.x", False),
        ("opaque", False),
        ("eyJh", False),
        ("a.b.c", False),
        ("A.b.c", False),
        ("é.b.c", False),
        (None, False),
        (b"eyJh.b.c", False),
    ],
)
def test_is_jwt(token, expected):
    """Whatever has a JSON object in front is meant as a JWT, however it's spelt."""
    assert expected == is_jwt(token)


@given(
    position=st.integers(0, len(TOKEN) - 1),
    character=st.characters(min_codepoint=0, max_codepoint=0x2FF),
)
def test_any_other_character_is_refused(position, character):
    """A good token with any one character changed is refused."""
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]

    assert (None if changed == TOKEN else Unauthenticated) == _outcome(changed)


@given(st.data())
def test_cuts_and_repetitions_are_refused(data):
    """A good token with a part left out or repeated is refused."""
    start = data.draw(st.integers(0, len(TOKEN)))
    end = data.draw(st.integers(start, len(TOKEN)))
    for changed in (TOKEN[:start] + TOKEN[end:], TOKEN[:end] + TOKEN[start:]):
        assert (None if changed == TOKEN else Unauthenticated) == _outcome(changed)


@given(st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.floats()))
def test_only_access_errors(anything):
    """Whatever is passed, only an `AccessError` comes out."""
    with pytest.raises(AccessError):
        RIG.verifier.verify(anything)


@given(header=st.binary(max_size=60), payload=st.binary(max_size=120))
def test_only_access_errors_behind_a_good_signature(header, payload):
    """The same for any bytes that the real key signed."""
    with pytest.raises(AccessError):
        RIG.verifier.verify(RIG.signer.raw(header, payload, algorithm="ES256"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = ["exp", "nbf", "iat", "aud", "iss", "sub", "jti", "scope", "azp", "typ", "cnf"]


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=4))
def test_claims_of_any_type(claims):
    """Claims of any type, rightly signed, are accepted or refused, and no more."""
    signer = Signer(RIG.clock)
    token = signer.token({"alg": "ES256", "kid": "ec"}, claims)
    try:
        identity = RIG.verifier.verify(token)
    except AccessError:
        return

    assert AUDIENCE in identity.audience


def _outcome(token: str) -> type[AccessError] | None:
    try:
        RIG.verifier.verify(token)
    except AccessError as error:
        return type(error)
    return None
