"""IssuerRouter: each token to its own issuer's verifier, or nowhere."""

import traceback
from typing import Any

import pytest

from s2sauth.errors import (
    AccessError,
    ConfigurationError,
    Reason,
    Unauthenticated,
    VerifierUnavailable,
)
from s2sauth.events import Event, TokenRejected
from s2sauth.providers import keycloak
from s2sauth.server import IssuerRouter, JwtVerifier
from s2sauth.values import Identity, Presentation
from support.key_rigs import error_of
from support.tokens import AUDIENCE, Signer, b64, jwk_of, rsa_key
from support.verifiers import VerifierRig

ONE, OTHER = (keycloak("https://sso.example.com", realm=name) for name in ("a", "b"))


class Recorder:
    """A verifier that accepts all it's asked about, and records it."""

    def __init__(self, issuer: str = "https://recorder.example") -> None:
        self.issuer = issuer
        self.asked: list[tuple[Any, Presentation | None]] = []

    def verify(
        self, token: str, *, presentation: Presentation | None = None
    ) -> Identity:
        self.asked.append((token, presentation))
        return Identity(
            client_id="opaque",
            subject=None,
            issuer=self.issuer,
            scopes=frozenset(),
            audience=(),
            expires_at=0.0,
            is_service=None,
            claims={},
            token_id=None,
        )


class Rig:
    """Two issuers, and a recorder for what is no JWT."""

    def __init__(self, *, opaque: bool = True) -> None:
        self.one, self.other = VerifierRig(ONE), VerifierRig(OTHER)
        # The same kid with another key: the worst case.
        self.other.fetch.document = {"keys": [jwk_of(rsa_key("other"), kid="rsa")]}
        self.recorder = Recorder()
        self.events: list[Event] = []
        self.router = IssuerRouter(
            self.one.verifier,
            self.other.verifier,
            opaque=self.recorder if opaque else None,
            observers=[self.events.append],
            clock=self.one.clock,
        )

    def reason(self, token: Any) -> Reason | None:
        try:
            self.router.verify(token)
        except AccessError as error:
            return error.reason
        return None

    def other_token(self, **claims: Any) -> str:
        return self.other.signer.token(claims=claims, key=rsa_key("other"))


def test_by_issuer():
    """Each token goes to the verifier of its issuer, at first and at second sight."""
    rig = Rig()
    tokens = [rig.one.signer.token(), rig.other_token()]

    for _ in range(2):
        identities = [rig.router.verify(token) for token in tokens]
        assert [ONE.issuer, OTHER.issuer] == [i.issuer for i in identities]
    assert [1, 1] == [rig.one.cached(), rig.other.cached()]
    assert [] == rig.recorder.asked


def test_keys_are_bound_to_their_issuer():
    """A key of one issuer verifies no token of another, even with equal kids."""
    rig = Rig()
    forged = Signer(rig.one.clock, ONE.issuer).token(key=rsa_key("other"))

    assert Reason.TOKEN_SIGNATURE == rig.reason(forged)


@pytest.mark.parametrize(
    "issuer", ["https://sso.example.com/realms/c", ONE.issuer + "/", None, 7, ["a"]]
)
def test_unknown_issuer(issuer):
    """A JWT of nobody's is refused, and nobody is asked about it."""
    rig = Rig()
    token = rig.one.signer.token(claims={"iss": issuer})

    assert Reason.ISSUER == rig.reason(token)
    assert [] == rig.recorder.asked
    assert [] == rig.one.fetch.calls
    assert [Reason.ISSUER] == [
        event.reason for event in rig.events if isinstance(event, TokenRejected)
    ]


@pytest.mark.parametrize(
    "token", ["opaque", "a.b.c", "a.b", "0123.456", "....", "..e."]
)
def test_opaque(token):
    """What is no JWT goes to `opaque`, as it is and with its presentation."""
    rig = Rig()
    presentation = Presentation(method="GET")

    rig.router.verify(token, presentation=presentation)

    assert [(token, presentation)] == rig.recorder.asked


def test_nowhere_for_opaque():
    """Without `opaque`, what is no JWT is malformed."""
    rig = Rig(opaque=False)

    assert [Reason.TOKEN_MALFORMED] * 3 == [rig.reason(t) for t in ("x", "", None)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token + "=",
        lambda token: token + " ",
        lambda token: token + ".e",
        lambda token: token.rpartition(".")[0],
        lambda token: token.replace(".", ".!", 1),
        lambda token: b64(b' {"alg":"RS256"}') + "." + token.partition(".")[2] + "=",
    ],
)
def test_a_misspelt_jwt_is_shown_to_nobody(spoil):
    """A JWT that's spelt wrong is refused, not asked about elsewhere."""
    rig = Rig()

    assert Reason.TOKEN_MALFORMED == rig.reason(spoil(rig.one.signer.token()))
    assert [] == rig.recorder.asked


def test_one_failing_issuer():
    """An issuer whose keys can't be had doesn't touch the other's tokens."""
    rig = Rig()
    rig.one.fetch.fail()

    error = error_of(lambda: rig.router.verify(rig.one.signer.token()))

    assert isinstance(error, VerifierUnavailable)
    assert OTHER.issuer == rig.router.verify(rig.other_token()).issuer


def test_a_cached_token_that_ended():
    """A token that a verifier remembers ends there, with the exact reason, told once."""
    rig = Rig()
    token = rig.other_token()
    rig.router.verify(token)
    rig.other.clock.advance(400)

    assert Reason.TOKEN_EXPIRED == rig.reason(token)
    assert [] == rig.events
    assert 1 == len([e for e in rig.other.events if isinstance(e, TokenRejected)])


def test_verifiers_that_remember_nothing():
    """A verifier of one's own needs an issuer and `verify`, and no more."""
    own = Recorder("https://own.example")
    router = IssuerRouter(own)
    token = Signer(VerifierRig().clock, "https://own.example").token()

    assert "https://own.example" == router.verify(token).issuer


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((), {}, "at least one"),
        ((Recorder("a"), Recorder("a")), {}, "two verifiers"),
        (("https://a.example",), {}, "issuer"),
        ((Recorder(),), {"opaque": "https://a.example"}, "opaque"),
    ],
)
def test_wrong_arguments(arguments, options, words):
    """No verifier, the same issuer twice, or something else is refused."""
    with pytest.raises(ConfigurationError, match=words):
        IssuerRouter(*arguments, **options)


def test_no_token_in_traceback_or_context():
    """Neither the error's frames of ours nor its context hold the token."""
    rig = Rig()
    for token in (
        rig.one.signer.token(claims={"iss": "https://nobody.example"}),
        rig.one.signer.token(claims={"exp": 0}),
    ):
        with pytest.raises(Unauthenticated) as caught:
            rig.router.verify(token)

        assert None is caught.value.__context__
        frames = [
            frame.f_locals
            for frame, _ in traceback.walk_tb(caught.tb)
            if "s2sauth/server" in frame.f_code.co_filename
        ]
        assert frames
        assert not any(part in repr(frames) for part in token.split("."))


def test_real_verifiers_fit():
    """The library's own verifiers can be routed to."""
    verifier = JwtVerifier(ONE, audience=AUDIENCE)

    assert IssuerRouter(verifier)
    verifier.close()
