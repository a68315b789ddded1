"""StaticTokenSource and StaticVerifier."""

import pytest

from s2sauth.errors import (
    AccessError,
    AuthorizationServerUnavailable,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.testing import StaticTokenSource, StaticVerifier
from s2sauth.testing.static import make_identity
from s2sauth.values import TokenSource, Verifier


def test_gives_its_token_for_ever():
    """One value is one token object, whatever is invalidated."""
    source = StaticTokenSource("abc", scopes="a b", expires_at=9.0)
    token = source.get()

    assert not source.invalidate(token)
    assert token is source.get(timeout=0, min_validity=5)
    assert ("Bearer abc", frozenset("ab"), 9.0, 2, []) == (
        token.authorization,
        token.scopes,
        token.expires_at,
        source.gets,
        source.invalidated,
    )


def test_moves_on_when_its_token_is_invalidated():
    """Each invalidation of the current token gives the next; the last one stays."""
    source = StaticTokenSource(tokens=["one", "two", "three"])
    first = source.get()

    assert source.invalidate(first)
    assert not source.invalidate(first)  # already replaced
    second = source.get()
    assert source.invalidate(second)
    third = source.get()
    assert not source.invalidate(third)
    assert ("one", "two", "three") == (first.value, second.value, third.value)
    assert [first, second] == source.invalidated
    assert source.get() is third


def test_raises_what_it_was_given():
    """A source made with an error raises it, each time as an object of its own."""
    error = AuthorizationServerUnavailable("down", retry_after=3.0)
    source = StaticTokenSource(error=error)
    raised = []
    for _ in range(2):
        with pytest.raises(AuthorizationServerUnavailable) as caught:
            source.get()
        raised.append(caught.value)

    assert raised[0] is not raised[1]
    assert error not in raised
    assert [3.0, 3.0] == [one.retry_after for one in raised]


def test_both_fakes_agree_on_a_token():
    """Without any argument, the verifier accepts what the source gives."""
    identity = StaticVerifier(client_id="order").verify(StaticTokenSource().get().value)

    assert "order" == identity.client_id


def test_facts_make_an_identity():
    """What's said of the one token is what the identity says."""
    verifier = StaticVerifier(
        token="good",
        client_id="order",
        scopes=["a"],
        audience="pay",
        claims={"x": [1]},
        is_service=None,
        token_id="7",
    )
    identity = verifier.verify("good")

    assert ("order", "order", frozenset("a"), ("pay",), (1,), None, "7", 1) == (
        identity.client_id,
        identity.subject,
        identity.scopes,
        identity.audience,
        identity.claims["x"],
        identity.is_service,
        identity.token_id,
        verifier.calls,
    )


def test_tokens_lead_to_what_they_were_given():
    """A token leads to an identity, to the facts of one, or to an error."""
    identity = make_identity(client_id="whole")
    down = VerifierUnavailable("down", reason=Reason.KEYS_UNAVAILABLE)
    verifier = StaticVerifier(
        {"whole": identity, "facts": {"client_id": "facts"}, "down": down}
    )

    assert identity is verifier.verify("whole")
    assert "facts" == verifier.verify("facts").client_id
    with pytest.raises(VerifierUnavailable) as caught:
        verifier.verify("down")
    assert (Reason.KEYS_UNAVAILABLE, False) == (
        caught.value.reason,
        caught.value is down,
    )


@pytest.mark.parametrize("token", ["", "Good", "good "])
def test_refuses_what_it_does_not_know(token):
    """Any other token string is refused."""
    verifier = StaticVerifier(token="good")

    assert "test-client" == verifier.verify("good").client_id
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    assert Reason.TOKEN_SIGNATURE == caught.value.reason


def test_tokens_and_facts_exclude_each_other():
    """Facts beside a table of tokens would be ignored, so they're an error."""
    with pytest.raises(TypeError, match="not both"):
        StaticVerifier({}, client_id="order")


def test_fit_the_ports():
    """Both are what adapters ask for."""
    assert isinstance(StaticTokenSource(), TokenSource)
    assert isinstance(StaticVerifier(), Verifier)
    assert issubclass(Unauthenticated, AccessError)
