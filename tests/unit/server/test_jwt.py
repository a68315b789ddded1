"""What a JwtVerifier remembers, denies, and lets out."""

import traceback

import pytest

from s2sauth.errors import (
    ConfigurationError,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import TokenRejected
from support.key_rigs import error_of
from support.tokens import (
    PROVIDER,
    dumps,
    jwk_of,
    key_set,
    rsa_key,
)
from support.verifiers import VerifierRig as Rig


def test_second_sight_is_the_same_identity():
    """A token that comes again gets the very same identity, without a signature."""
    rig = Rig()
    token = rig.signer.token()

    first = rig.verifier.verify(token)

    assert first is rig.verifier.verify(token)
    assert first is rig.verifier.recall(token)
    assert 1 == rig.cached()


def test_recall_knows_only_what_was_seen():
    """`recall` gives None for a token that was never verified, good or not."""
    rig = Rig()

    assert None is rig.verifier.recall(rig.signer.token())
    assert None is rig.verifier.recall(None)  # type: ignore[arg-type]  # anything goes
    assert None is rig.verifier.recall("")


def test_refused_tokens_are_not_kept():
    """Garbage, forgeries and expired tokens take no room."""
    rig = Rig()
    for token in (
        "",
        "a.b.c",
        rig.signer.token(key=rsa_key("attacker")),
        rig.signer.token(claims={"exp": 0}),
        None,
    ):
        rig.reason(token)

    assert 0 == rig.cached()


def test_cache_size_0():
    """With `cache_size=0` nothing is kept, and all works."""
    rig = Rig(cache_size=0)
    token = rig.signer.token()

    assert rig.verifier.verify(token) == rig.verifier.verify(token)
    assert 0 == rig.cached()


def test_a_cached_token_expires():
    """A token that's remembered ends when its time is over, leeway included."""
    rig = Rig()
    token = rig.signer.token()
    rig.verifier.verify(token)

    rig.clock.advance(329.9)
    assert None is rig.reason(token)
    rig.clock.advance(0.1)
    assert Reason.TOKEN_EXPIRED == rig.reason(token)


def test_a_wall_clock_set_forth_ends_cached_tokens():
    """A wall clock that's put right ends what has expired by it."""
    rig = Rig()
    token = rig.signer.token()
    rig.verifier.verify(token)

    rig.clock.step_wall(331)

    assert Reason.TOKEN_EXPIRED == rig.reason(token)


def test_a_wall_clock_set_back_revives_nothing():
    """A token that has expired stays so when the wall clock is set back."""
    rig = Rig()
    token = rig.signer.token()
    rig.verifier.verify(token)
    rig.clock.advance(331)
    assert Reason.TOKEN_EXPIRED == rig.reason(token)

    rig.clock.step_wall(-300)

    assert Reason.TOKEN_EXPIRED == rig.reason(token)


def test_a_removed_key_ends_its_cached_tokens():
    """After the set was fetched without a key, tokens verified by it before end."""
    rig = Rig()
    token, other = rig.signer.token(), rig.signer.ec_token()
    rig.verifier.verify(token)
    rig.verifier.verify(other)
    rig.fetch.document = {"keys": [key_set()["keys"][1]]}

    rig.verifier.refresh_keys()

    assert Reason.KEY_UNKNOWN == rig.reason(token)
    assert None is rig.reason(other)


def test_the_same_kid_with_another_key_ends_cached_tokens():
    """A token verified by a key ends when its kid names another key."""
    rig = Rig()
    token = rig.signer.token()
    rig.verifier.verify(token)
    rig.fetch.document = {"keys": [jwk_of(rsa_key("twin"), kid="rsa", alg="RS256")]}

    rig.verifier.refresh_keys()

    assert Reason.TOKEN_SIGNATURE == rig.reason(token)


def test_cached_tokens_survive_a_rotation_that_keeps_their_key():
    """New keys beside the old one don't cost the cached token its place."""
    rig = Rig()
    token = rig.signer.token()
    first = rig.verifier.verify(token)
    rig.fetch.document = key_set(jwk_of(rsa_key("twin"), kid="new"))

    rig.verifier.refresh_keys()

    assert first is rig.verifier.verify(token)
    assert first is rig.verifier.verify(token)


def test_cached_tokens_need_live_keys():
    """Beyond the hard limit a cached token is as unverifiable as any."""
    rig = Rig(keys_ttl=60, keys_max_stale=60)
    token = rig.signer.token(claims={"exp": rig.signer.now + 1000})
    rig.verifier.verify(token)
    rig.fetch.fail()

    rig.clock.advance(121)
    error = error_of(lambda: rig.verifier.verify(token))

    assert isinstance(error, VerifierUnavailable)


def test_removed_key_and_a_remembered_header():
    """A header that proved good once is worth nothing without its key."""
    rig = Rig(cache_size=0)
    rig.verifier.verify(rig.signer.token())
    rig.fetch.document = {"keys": [key_set()["keys"][1]]}
    rig.verifier.refresh_keys()

    assert Reason.KEY_UNKNOWN == rig.reason(rig.signer.token())


@pytest.mark.parametrize(
    "denied",
    [
        {"client_id": "order-service"},
        {"token_id": "trrtcc:3f1c6f9c-8e5a-4bb5-9d0c-2b7f6e1f1f53"},
        {"key_id": "rsa"},
    ],
)
def test_deny(denied):
    """Who is denied is out at once, with tokens verified before too; others aren't."""
    rig = Rig()
    seen, unseen = rig.signer.token(), rig.signer.token(claims={"extra": 1})
    other = rig.signer.token(
        {"alg": "ES256", "kid": "ec"}, {"azp": "other", "jti": "other"}
    )
    rig.verifier.verify(seen)

    rig.verifier.deny(**denied)

    assert [Reason.TOKEN_DENIED] * 2 == [rig.reason(seen), rig.reason(unseen)]
    assert [None, None] == [rig.reason(other), rig.reason(other)]


@pytest.mark.parametrize("denied", [{}, {"client_id": ""}, {"token_id": 7}])
def test_deny_nobody(denied):
    """Denying nobody, or by no name, is an error and not a no-op."""
    with pytest.raises(ConfigurationError, match="deny"):
        Rig().verifier.deny(**denied)


def test_refusals_are_told():
    """Every refusal is one event with its reason, and no token."""
    rig = Rig()
    token = rig.signer.token(claims={"exp": 0})
    rig.reason(token)

    rejected = [event for event in rig.events if isinstance(event, TokenRejected)]

    assert [Reason.TOKEN_EXPIRED] == [event.reason for event in rejected]
    assert PROVIDER.issuer == rejected[0].issuer
    assert not any(part in repr(rejected) for part in token.split("."))


@pytest.mark.parametrize("spoil", ["expire", "garble", "surrogate", "kid"])
def test_no_token_in_traceback_or_context(spoil):
    """Neither the error's frames of ours nor its context hold the token."""
    rig = Rig()
    token = {
        "expire": rig.signer.token(claims={"exp": 0}),
        "garble": rig.signer.token() + "!",
        "surrogate": rig.signer.token() + "\ud800",
        "kid": rig.signer.token({"kid": "nobody"}),
    }[spoil]

    with pytest.raises(Unauthenticated) as caught:
        rig.verifier.verify(token)

    assert None is caught.value.__context__
    assert None is caught.value.__cause__
    frames = [
        frame.f_locals
        for frame, _ in traceback.walk_tb(caught.tb)
        if "s2sauth" in frame.f_code.co_filename
        and "tests" not in frame.f_code.co_filename
    ]
    assert frames
    parts = token.split(".")
    shown = repr(frames)
    assert [] == [part for part in parts if len(part) > 8 and part in shown]


def test_a_subclass_of_str():
    """A string of a subclass, as some frameworks hand out, is a string."""

    class Marked(str):
        __slots__ = ()

    rig = Rig()

    assert None is rig.reason(Marked(rig.signer.token()))


def test_header_memory_is_bounded():
    """Headers that differ in what doesn't count fill no memory."""
    rig = Rig(cache_size=0)
    for number in range(100):
        token = rig.signer.raw(
            dumps(rig.signer.header(x=number)), dumps(rig.signer.claims())
        )
        assert None is rig.reason(token)

    assert 64 >= len(rig.verifier._keys.trusted()._proven)


def test_status_and_close():
    """The status is that of the keys; after `close` known keys still verify."""
    rig = Rig()
    token = rig.signer.token()
    assert not rig.verifier.status().ready
    rig.verifier.warm_up()
    assert ("ec", "rsa") == rig.verifier.status().key_ids

    rig.verifier.close()

    assert None is rig.reason(token)


def test_after_fork():
    """A child keeps keys and verified tokens."""
    rig = Rig()
    token = rig.signer.token()
    first = rig.verifier.verify(token)

    rig.verifier.after_fork()
    rig.verifier._keys.after_fork()
    rig.verifier._cache.after_fork()

    assert first is rig.verifier.verify(token)
