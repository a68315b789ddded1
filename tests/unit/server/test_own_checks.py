"""What a service asks of callers itself: it can only refuse."""

from functools import partial

import pytest

from s2sauth import ClientSecret
from s2sauth.errors import (
    ConfigurationError,
    PermissionDenied,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import TokenRejected
from s2sauth.providers import Provider
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import FakeClock
from support.key_rigs import error_of
from support.verifiers import VerifierRig as Rig


@pytest.mark.parametrize("clients", ["order-service", ["billing", "order-service"]])
def test_allowed_clients(clients):
    """Who is named is let in, also with a token seen before; nobody else is."""
    rig = Rig(clients=clients)
    stranger = rig.signer.token(claims={"azp": "stranger"})
    nameless = rig.signer.token(claims={"azp": "order-servic"})

    assert [True, True] == [rig.accepts(), rig.accepts()]
    for token in (stranger, nameless, stranger):
        error = error_of(partial(rig.verifier.verify, token))
        assert isinstance(error, PermissionDenied)
        assert Reason.CLIENT_NOT_ALLOWED is error.reason
    assert 1 == rig.cached()


def test_check_sees_every_call():
    """It's called with each identity, at first sight and at every other."""
    seen: list[object] = []
    rig = Rig(check=seen.append)
    token = rig.signer.token()

    identities = [rig.verifier.verify(token) for _ in range(3)]

    assert identities == seen


def test_check_refuses_what_was_let_in_before():
    """A caller who is refused from now on is refused with a cached token too."""
    revoked: list[str] = []

    def check(identity):
        if identity.token_id in revoked:
            message = "revoked"
            raise Unauthenticated(message, reason=Reason.TOKEN_DENIED)

    rig = Rig(check=check)
    token = rig.signer.token()
    revoked.append(rig.verifier.verify(token).token_id or "")

    assert Reason.TOKEN_DENIED is rig.reason(token)
    assert isinstance(rig.events[-1], TokenRejected)


def test_check_cannot_let_in():
    """What it returns counts for nothing, and bad tokens never reach it."""
    seen: list[object] = []
    rig = Rig(check=seen.append)

    assert Reason.AUDIENCE is rig.reason(rig.signer.token(claims={"aud": "x"}))
    assert [] == seen
    rig = Rig(check=lambda _identity: False)
    assert rig.accepts()


def test_a_check_that_fails_lets_nobody_in():
    """Its bug is no answer about the token, and its message stays inside."""

    def check(_identity):
        raise KeyError("tenant-secret")

    rig = Rig(check=check)
    error = error_of(lambda: rig.verifier.verify(rig.signer.token()))

    assert isinstance(error, VerifierUnavailable)
    assert "KeyError" in str(error)
    assert "tenant-secret" not in str(error)
    assert None is error.__context__


def opaque(client_id: str = "orders", **options) -> IntrospectionVerifier:
    """Make a verifier of opaque tokens, whose server knows one client."""
    clock = FakeClock()
    answer = {"active": True, "client_id": client_id, "exp": clock.wall() + 300}
    return IntrospectionVerifier(
        Provider(issuer="https://as.example.com"),
        audience=None,
        client_id="payment-service",
        credential=ClientSecret("s3cret"),
        ask=lambda _token, _deadline: dict(answer),
        clock=clock,
        **options,
    )


def test_opaque_tokens_too():
    """Introspected tokens are held to the same, remembered answers included."""
    seen: list[object] = []
    verifier = opaque(clients=["orders"], check=seen.append)

    identities = [verifier.verify("an-opaque-token") for _ in range(2)]

    assert identities == seen
    error = error_of(partial(opaque("x", clients="orders").verify, "an-opaque-token"))
    assert Reason.CLIENT_NOT_ALLOWED is error.reason


@pytest.mark.parametrize("options", [{"clients": []}, {"clients": [""]}, {"check": 7}])
def test_mistakes(options):
    """What can't be meant is refused at construction, by name."""
    (name,) = options
    with pytest.raises(ConfigurationError, match=name):
        Rig(**options)
    with pytest.raises(ConfigurationError, match=name):
        opaque(**options)
