"""Who calls, asked from anywhere in a handler."""

import contextvars

import pytest

from s2sauth.server.identity import current_identity, identity_reset, identity_set
from s2sauth.testing.static import make_identity

ORDERS = make_identity(client_id="orders")
BILLING = make_identity(client_id="billing")


def _in_fresh_context(test):
    return contextvars.Context().run(test)


def test_there_is_none_outside_of_a_request():
    """Without an identity it's a LookupError that says why, unless there's a default."""

    def outside():
        with pytest.raises(LookupError, match="public"):
            current_identity()
        return current_identity(None), current_identity("nobody")

    assert (None, "nobody") == _in_fresh_context(outside)


def test_is_there_between_set_and_reset():
    """It's what was set, until that's reset."""

    def nested():
        outer = identity_set(ORDERS)
        inner = identity_set(BILLING)
        seen = [current_identity(), current_identity(None)]
        identity_reset(inner)
        seen.append(current_identity())
        identity_reset(outer)
        return [*seen, current_identity(None)]

    assert [BILLING, BILLING, ORDERS, None] == _in_fresh_context(nested)


def test_none_hides_an_outer_identity():
    """A public method called inside of a guarded one has no identity."""

    def hidden():
        identity_set(ORDERS)
        identity_set(None)
        return current_identity(None)

    assert None is _in_fresh_context(hidden)
