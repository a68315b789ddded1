"""The retry-once rule."""

import gc
import weakref

import pytest

from s2sauth.client.flow import BearerFlow
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    ConfigurationError,
    InvalidTokenResponse,
    Reason,
    TokenTimeout,
)
from s2sauth.testing import FakeClock, StaticTokenSource
from s2sauth.values import AccessToken
from support.sources import MintingSource, make_token, outcomes


def play(flow, *refusals, replay=True):
    """Answer each token with the next of `refusals`; return the tokens sent."""
    steps = flow.steps(lambda: None, replay=replay)
    sent = [next(steps).value]
    for refused in refusals:
        try:
            sent.append(steps.send(refused).value)
        except StopIteration:
            break
    return sent


def test_accepted_token_ends_the_flow():
    """A token that's accepted is the only one, and is kept."""
    source = MintingSource()

    assert (["token-1"], []) == (play(BearerFlow(source), False), source.refused)


def test_refused_token_is_replaced_once():
    """After a refusal that token is dropped, and one other goes out, not two."""
    source = MintingSource()

    assert ["token-1", "token-2"] == play(BearerFlow(source), True, True)
    assert ["token-1"] == [token.value for token in source.refused]


def test_no_replay_drops_the_token_and_asks_for_no_other():
    """A call that can't be sent again only makes the next one right."""
    source = MintingSource()

    assert ["token-1"] == play(BearerFlow(source), True, replay=False)
    assert (1, 1) == (len(source.refused), len(source.timeouts))


def test_replaced_meanwhile_is_sent_without_dropping_more():
    """When someone else has replaced the refused token, theirs is used."""
    source = MintingSource()
    flow = BearerFlow(source)
    steps = flow.steps(lambda: None)
    next(steps)
    play(BearerFlow(source), True)

    assert "token-2" == steps.send(True).value
    assert 2 == source.minted


def test_the_same_token_again_ends_the_flow():
    """A source that has nothing else to give costs no second call."""
    source = StaticTokenSource("always")

    assert ["always"] == play(BearerFlow(source), True)


def test_refusing_api_costs_one_fetch_per_window():
    """A thousand calls that are all refused drop one token in 30 s, one more after."""
    source, clock = MintingSource(), FakeClock()
    flow = BearerFlow(source, clock=clock)

    for _ in range(1000):
        play(flow, True, True)
    within = source.minted
    clock.advance(30.0)
    for _ in range(1000):
        play(flow, True, True)

    assert (2, 3) == (within, source.minted)


def test_window_lasts_to_its_last_moment():
    """Just before 30 s are over, a refusal still drops nothing."""
    source, clock = MintingSource(), FakeClock()
    flow = BearerFlow(source, clock=clock)
    play(flow, True)

    clock.advance(29.999)

    assert ["token-2"] == play(flow, True)


def test_flows_of_one_source_share_the_window():
    """A new flow for every call (BearerAuth) is damped like a single one."""
    source, clock = MintingSource(), FakeClock()

    for _ in range(100):
        play(BearerFlow(source, clock=clock), True, True)

    assert 2 == source.minted


def test_flows_of_other_sources_do_not():
    """What one source's API refuses doesn't keep another source's token alive."""
    first, second, clock = MintingSource(), MintingSource(), FakeClock()
    play(BearerFlow(first, clock=clock), True)

    assert ["token-1", "token-2"] == play(BearerFlow(second, clock=clock), True)


def test_stale_refusal_opens_no_window():
    """A refusal of a token that was replaced long ago doesn't damp the current one."""
    source, clock = MintingSource(), FakeClock()
    flow = BearerFlow(source, clock=clock)
    source.get()

    flow.refused(make_token("long gone"))

    assert ["token-1", "token-2"] == play(flow, True)


class UnhashableSource(StaticTokenSource):
    """A source that can't be a key."""

    __hash__ = None  # type: ignore[assignment]  # the way to say so


class SlottedSource:
    """A source that can't be referred to weakly."""

    __slots__ = ("inner",)

    def __init__(self):
        self.inner = MintingSource()

    def get(self, timeout=None, min_validity=0.0):
        return self.inner.get(timeout, min_validity)

    def invalidate(self, token):
        return self.inner.invalidate(token)


def test_source_without_a_hash_works():
    """A source that can't be a key has a damper per flow."""
    source = UnhashableSource(tokens=["one", "two", "three"])

    assert ["one", "two"] == play(BearerFlow(source), True)


def test_source_without_weak_references_is_damped():
    """A source with slots is damped too, flow by flow."""
    source = SlottedSource()
    flow = BearerFlow(source)

    for _ in range(10):
        play(flow, True)

    assert 2 == source.inner.minted


def test_dampers_keep_no_source_alive():
    """A dropped source is collected, and its damper with it."""
    source = MintingSource()
    play(BearerFlow(source), True)
    gone = weakref.ref(source)

    del source
    gc.collect()

    assert gone() is None


class SilentSource(MintingSource):
    """A foreign source whose `invalidate` answers nothing."""

    def invalidate(self, token):
        super().invalidate(token)


def test_source_that_answers_nothing_is_damped():
    """`invalidate` that returns None counts as having dropped the token."""
    source = SilentSource()
    flow = BearerFlow(source)

    for _ in range(10):
        play(flow, True)

    assert 2 == source.minted


class BrokenSource(MintingSource):
    """A source whose `invalidate` fails at first."""

    def invalidate(self, token):
        super().invalidate(token)
        if len(self.refused) == 1:
            raise OSError
        return True


def test_failing_invalidate_opens_no_window():
    """When dropping a token raises, the next refusal may try again."""
    source = BrokenSource()
    flow = BearerFlow(source)
    with pytest.raises(OSError):  # noqa: PT011 - it says nothing
        flow.refused(source.get())

    flow.refused(source.get())

    assert 2 == len(source.refused)


def test_first_failure_is_raised():
    """Without a first token the source's error comes out, and nothing was sent."""
    source = MintingSource(before_get=outcomes(TokenTimeout("too slow")))

    with pytest.raises(TokenTimeout, match="too slow"):
        next(BearerFlow(source).steps(lambda: 1.0))


def test_second_failure_ends_the_flow():
    """When no other token is to be had, the refusal goes back as it is."""
    down = AuthorizationServerUnavailable("down")
    source = MintingSource(before_get=outcomes(None, down))

    assert ["token-1"] == play(BearerFlow(source), True)


@pytest.mark.parametrize(("left", "asked"), [(None, None), (2.5, 2.5), (-0.1, 0.0)])
def test_budget_bounds_the_wait(left, asked):
    """The source may take what the budget has left, and never less than nothing."""
    source = MintingSource()

    next(BearerFlow(source).steps(lambda: left))

    assert [asked] == source.timeouts


def test_budget_is_asked_anew_for_the_second_token():
    """The second wait has what is left by then, not what there was at first."""
    source = MintingSource()
    left = iter([5.0, 1.5])
    steps = BearerFlow(source).steps(lambda: next(left))
    next(steps)
    steps.send(True)

    assert [5.0, 1.5] == source.timeouts


@pytest.mark.parametrize("value", ["", "two words", "line\nbreak", "snow☃man", "\x7f"])
def test_token_that_fits_no_header_is_never_sent(value):
    """What isn't visible ASCII is refused here, and the message doesn't quote it."""
    with pytest.raises(InvalidTokenResponse) as raised:
        next(BearerFlow(StaticTokenSource(value)).steps(lambda: None))

    assert Reason.INVALID_RESPONSE == raised.value.reason
    assert value == "" or value not in str(raised.value)


def test_every_new_token_is_checked():
    """A good token doesn't vouch for the one that follows it."""
    source = StaticTokenSource(tokens=["good", "b\nd"])

    assert ["good"] == play(BearerFlow(source), True)


@pytest.mark.parametrize("source", [None, "a token", AccessToken, object()])
def test_what_is_no_source_is_refused_at_construction(source):
    """A manager, a string or a class in place of a source is found at once."""
    with pytest.raises(ConfigurationError, match="source must be a TokenSource"):
        BearerFlow(source)
