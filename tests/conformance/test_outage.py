"""Keycloak goes away while a token lives, and comes back."""

import time

import grpc
import pytest

from conformance.callers import AUDIENCE, Caller
from s2sauth import AuthorizationServerUnavailable
from s2sauth.events import TokenServedWhileRefreshFails


def test_an_outage_that_no_call_notices(
    keycloak, make_client, payment_http, payment_grpc
):
    """Stopped past the time of refresh: no call fails; started: tokens come again.

    Who has no token yet gets a clear error meanwhile.
    """
    events = []
    newcomer = make_client(flight_timeout=3.0)
    client = make_client(lifespan=24, observers=[events.append])
    source = client.manager.source(scope="payments:write", audience=AUDIENCE)
    token = source.get(timeout=20.0)
    with Caller(payment_http, payment_grpc, client.manager) as caller:
        caller.call_both(1)  # the services have the keys now
        keycloak.stop()
        try:
            with caller.calling() as answers:
                # By three quarters of its life a refresh has been tried.
                time.sleep(max(token.expires_at - 5.0 - time.time(), 0.0))
            with pytest.raises(AuthorizationServerUnavailable, match=r"127\.0\.0\.1"):
                newcomer.manager.source().get(timeout=10.0)
        finally:
            keycloak.start()

        assert {(200, client.client_id), (grpc.StatusCode.OK, client.client_id)} == set(
            answers
        )
        assert answers.total() > 100
        assert any(isinstance(one, TokenServedWhileRefreshFails) for one in events)

        _until_a_new_token(source, token)
        assert {200, grpc.StatusCode.OK} == {code for code, _ in caller.call_both(1)}


def _until_a_new_token(source, old):
    """Get tokens until there's another: a refused moment may have to pass first."""
    deadline = time.monotonic() + 30.0
    while True:
        try:
            if source.get(timeout=5.0) is not old:
                return
        except AuthorizationServerUnavailable:
            assert time.monotonic() < deadline
        time.sleep(0.1)
