"""What a JwtVerifier makes of keys, headers and claims."""

import pytest

from s2sauth.errors import (
    Reason,
    VerifierUnavailable,
)
from support.key_rigs import error_of
from support.tokens import (
    AUDIENCE,
    PROVIDER,
    WITHOUT,
    ed_key,
    jwk_of,
    key_set,
    rsa_key,
)
from support.verifiers import VerifierRig as Rig


def test_identity():
    """A good token becomes an identity with everything that it says."""
    rig = Rig()
    token = rig.signer.token(claims={"extra": {"list": [1, {"a": 2}]}})

    identity = rig.verifier.verify(token)

    assert "order-service" == identity.client_id
    assert "5a0e1d5e-0f3b-4f0e-a7a1-d9ab3c3c8b1f" == identity.subject
    assert PROVIDER.issuer == identity.issuer == rig.verifier.issuer
    assert frozenset({"payments:write"}) == identity.scopes
    assert (AUDIENCE,) == identity.audience
    assert rig.signer.now + 300 == identity.expires_at
    assert True is identity.is_service
    assert "trrtcc:3f1c6f9c-8e5a-4bb5-9d0c-2b7f6e1f1f53" == identity.token_id
    assert 2 == identity.claims["extra"]["list"][1]["a"]


def test_claims_are_read_only_all_through():
    """Nothing in an identity's claims can be changed, at any depth."""
    rig = Rig()
    token = rig.signer.token(claims={"extra": {"list": [1, {"a": 2}]}})
    claims = rig.verifier.verify(token).claims

    with pytest.raises(TypeError):
        claims["exp"] = 0  # type: ignore[index]  # that's the point
    with pytest.raises(TypeError):
        claims["extra"]["list"][1]["a"] = 0
    with pytest.raises(TypeError):
        claims["extra"]["list"][0] = 0


def test_ec_token():
    """ES256 is accepted by default, as RS256 is."""
    rig = Rig()

    assert None is rig.reason(rig.signer.ec_token())


def test_eddsa_and_pss_where_allowed():
    """EdDSA and PSS are accepted where they are allowed, and else refused."""
    rig = Rig(algorithms=("EdDSA", "PS256"))
    rig.fetch.document = {
        "keys": [jwk_of(ed_key(), kid="ed"), jwk_of(rsa_key(), kid="rsa")]
    }
    ed = rig.signer.token({"alg": "EdDSA", "kid": "ed"}, key=ed_key())
    pss = rig.signer.token({"alg": "PS256"})

    assert [None, None] == [rig.reason(ed), rig.reason(pss)]
    assert Reason.TOKEN_ALGORITHM == rig.reason(rig.signer.token())
    assert [Reason.TOKEN_ALGORITHM] * 2 == [Rig().reason(ed), Rig().reason(pss)]


def test_several_audiences():
    """A service with several names answers to each of them."""
    rig = Rig(audience=["https://a.example", AUDIENCE])

    assert rig.accepts()
    assert rig.accepts(aud=["https://elsewhere.example", "https://a.example"])
    assert not rig.accepts(aud="https://elsewhere.example")


def test_no_audience_said_explicitly():
    """With `audience=None` a token without `aud` is accepted, and one with it isn't."""
    rig = Rig(audience=None)

    assert rig.accepts(aud=WITHOUT)
    assert Reason.AUDIENCE == rig.reason(rig.signer.token())


def test_users():
    """A user's token is refused, unless users are let in."""
    rig = Rig()
    token = rig.signer.token(claims={"sid": "s-1"})

    assert Reason.USER_TOKEN == rig.reason(token)
    assert False is Rig(users=True).verifier.verify(token).is_service


@pytest.mark.parametrize("name", ["sub", "jti", "client_id", "azp", "scope"])
@pytest.mark.parametrize("value", [7, None, {}, ["a", 1]])
def test_claims_of_the_wrong_type(name, value):
    """Names, ids and scopes of the wrong type are refused, not coerced."""
    rig = Rig()

    assert Reason.TOKEN_CLAIMS == rig.reason(rig.signer.token(claims={name: value}))
    assert rig.accepts(**{name: "a"})


@pytest.mark.parametrize(
    ("typ", "usual", "at_jwt", "jwt"),
    [
        (WITHOUT, True, False, False),
        ("JWT", True, False, True),
        ("jwt", True, False, True),
        ("at+jwt", True, True, False),
        ("AT+JWT", True, True, False),
        ("application/at+jwt", True, True, False),
        ("application/jwt", False, False, False),
        ("logout+jwt", False, False, False),
        ("", False, False, False),
        (None, False, False, False),
        (["JWT"], False, False, False),
    ],
)
def test_typ(typ, usual, at_jwt, jwt):
    """The header's `typ` is an access token's, or the one that's required."""
    rigs = [Rig(), Rig(require_typ="at+jwt"), Rig(require_typ="JWT")]
    token = rigs[0].signer.token({"typ": typ})

    reasons = [None if good else Reason.TOKEN_TYPE for good in (usual, at_jwt, jwt)]
    assert reasons == [rig.reason(token) for rig in rigs]


def test_max_age():
    """With `max_age` a token needs an `iat` that isn't too old, cached or not."""
    rig = Rig(max_age=60)
    token = rig.signer.token()

    assert Reason.TOKEN_CLAIMS == rig.reason(rig.signer.token(claims={"iat": WITHOUT}))
    rig.clock.advance(89)
    assert None is rig.reason(token)
    rig.clock.advance(1)
    assert Reason.TOKEN_TOO_OLD == rig.reason(token)


def test_no_kid():
    """A token without `kid` is tried where exactly one key fits it."""
    rig = Rig()
    token = rig.signer.token({"kid": WITHOUT})

    assert None is rig.reason(token)

    other = Rig()
    other.fetch.document = key_set(jwk_of(rsa_key("twin"), kid="twin"))
    assert Reason.KEY_UNKNOWN == other.reason(token)

    none = Rig()
    none.fetch.document = {"keys": [key_set()["keys"][1]]}
    assert Reason.KEY_UNKNOWN == none.reason(token)


def test_two_keys_of_one_kid():
    """Of two keys with one id both are tried, in any order of their tokens."""
    rig = Rig()
    rig.fetch.document = {
        "keys": [jwk_of(rsa_key(), kid="k"), jwk_of(rsa_key("twin"), kid="k")]
    }
    tokens = [
        rig.signer.token({"kid": "k"}, key=rsa_key(name)) for name in ("twin", "main")
    ]

    assert [None, None] == [rig.reason(token) for token in tokens]


def test_bad_signature_fetches_nothing():
    """A bad signature under a known id is refused without a look at the key set."""
    rig = Rig()
    rig.verifier.warm_up()

    forged = rig.signer.token(key=rsa_key("attacker"))

    assert Reason.TOKEN_SIGNATURE == rig.reason(forged)
    assert 1 == len(rig.fetch.calls)


def test_another_issuer_costs_no_fetch():
    """A token of another issuer is refused before any key is fetched."""
    rig = Rig()

    assert Reason.ISSUER == rig.reason(rig.signer.token(claims={"iss": "https://a.b"}))
    assert [] == rig.fetch.calls


def test_signature_comes_before_claims():
    """A forged token is told as forged, whatever else is wrong with it."""
    rig = Rig()
    forged = rig.signer.token(claims={"exp": 0}, key=rsa_key("attacker"))

    assert Reason.TOKEN_SIGNATURE == rig.reason(forged)


def test_no_keys_is_no_401():
    """Without keys a good token gets VerifierUnavailable, then works by itself."""
    rig = Rig()
    good = rig.fetch.document
    rig.fetch.fail("the key set: HTTP 503")
    token = rig.signer.token()

    error = error_of(lambda: rig.verifier.verify(token))
    assert isinstance(error, VerifierUnavailable)
    assert Reason.KEYS_UNAVAILABLE == error.reason

    rig.fetch.document = good
    rig.clock.advance(1)
    assert None is rig.reason(token)
