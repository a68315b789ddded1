"""Which keys of a set may verify a token, by what its header says."""

import pytest

from s2sauth.errors import Reason, Unauthenticated
from s2sauth.server.compact import Header
from s2sauth.server.key_ring import EMPTY_RING, read_key_set
from support.tokens import ec_key, jwk_of, rsa_key

ALLOWED = frozenset({"RS256", "ES256"})
FIRST = jwk_of(rsa_key("first"), kid="first")
SECOND = jwk_of(rsa_key("second"), kid="second")
CURVE = jwk_of(ec_key(), kid="curve")


def _ids(header, *jwks):
    ring = read_key_set({"keys": list(jwks)}, ALLOWED, EMPTY_RING)
    return [key.key_id for key in ring.candidates(header)]


def test_the_key_that_is_named():
    """A token that names its key is tried with that one, and no other."""
    assert ["second"] == _ids(Header("RS256", "second"), FIRST, SECOND, CURVE)


def test_an_unknown_name_is_no_key():
    """A name that the set hasn't leaves nothing to try, so that it may be sought."""
    assert [] == _ids(Header("RS256", "third"), FIRST, SECOND)


def test_a_repeated_name_gives_all_of_them():
    """Where the set gives two keys one name, both are tried."""
    twin = {**SECOND, "kid": "first"}

    assert ["first", "first"] == _ids(Header("RS256", "first"), FIRST, twin)


def test_another_algorithm_than_the_keys():
    """An algorithm that the named key isn't bound to is refused as such."""
    with pytest.raises(Unauthenticated) as caught:
        _ids(Header("ES256", "first"), FIRST, CURVE)

    assert Reason.TOKEN_ALGORITHM == caught.value.reason


def test_without_a_name_the_only_one_that_fits():
    """A token without a kid is tried when exactly one key fits its algorithm."""
    assert ["curve"] == _ids(Header("ES256", None), FIRST, SECOND, CURVE)


def test_without_a_name_and_several_fit():
    """A token without a kid isn't tried with one key after the other."""
    with pytest.raises(Unauthenticated) as caught:
        _ids(Header("RS256", None), FIRST, SECOND, CURVE)

    assert Reason.KEY_UNKNOWN == caught.value.reason


def test_what_is_there_needs_no_search():
    """A key that came while the caller looked, or that was skipped, isn't sought."""
    weak = {**SECOND, "kid": "weak", "use": "enc"}
    ring = read_key_set({"keys": [FIRST, weak]}, ALLOWED, EMPTY_RING)

    assert ring.is_settled("first")
    assert ring.is_settled("weak")
    assert not ring.is_settled("third")
    assert not ring.is_settled(None)
