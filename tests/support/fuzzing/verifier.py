"""The whole way of a token: each input once as it is, once signed with the real key."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from s2sauth._base.clock import Clock
from s2sauth.errors import AccessError
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from s2sauth.values import Identity
from support.fuzzing.edits import COMMON_VALUES, Words, edited, is_whole
from support.tokens import AUDIENCE, PROVIDER, FakeKeys, Signer, b64, jwk_of

__all__ = ["VerifierTarget", "signed_form"]

# The same in every run: the corpus holds whole tokens. It guards nothing.
_KEY = Ed25519PrivateKey.from_private_bytes(b"s2sauth fuzzing: no secret here!")
_LEEWAY = 30.0
_NOW = int(FakeClock().wall())
_CLAIMS = "exp nbf iat iss aud cnf typ sid sub azp jti scope client_id gty x +aud +x"
_HEADER = "alg kid typ crit b64 zip enc jku x +alg"
_WORDS: Words = (
    [*_CLAIMS.encode().split(), *(b"h:" + one for one in _HEADER.encode().split())],
    [
        *COMMON_VALUES,
        *(b"%d" % (_NOW + d) for d in (-3631, -3600, -31, -30, -29, 30, 31, 300)),
        *(b'"%s"' % text.encode() for text in (AUDIENCE, PROVIDER.issuer)),
        b'["x","%s"]' % AUDIENCE.encode(),
        *(b'"EdDSA"', b'"ES256"', b'"none"', b'"ed"', b'"at+jwt"', b'"JWT"', b'"ID"'),
    ],
)


def signed_form(data: bytes, signer: Signer) -> tuple[bytes, bytes]:
    """Return the header and the payload that an input says.

    A header, a newline and a payload as they are; or edits of good ones, those of
    the header marked by `h:`.
    """
    header = signer.header(alg="EdDSA", kid="ed")
    if is_whole(data):
        head, newline, payload = data.partition(b"\n")
        return (head, payload) if newline else (json.dumps(header).encode(), head)
    lines = data.split(b"\n")
    of_header = [line[2:] for line in lines if line.startswith(b"h:")]
    of_claims = [line for line in lines if line and not line.startswith(b"h:")]
    return edited(header, of_header), edited(signer.claims(), of_claims)


class VerifierTarget:
    """Verifies; half of what it's asked is signed with the verifier's own key."""

    words = _WORDS

    def __init__(self) -> None:
        clock = FakeClock()
        self._signer = Signer(clock)
        self._verifier = _verifier(clock, cache_size=0)
        # A second sight goes another way; it must say the same.
        self._remembering = _verifier(clock, cache_size=100)

    def __call__(self, data: bytes) -> list[str]:
        unsigned = self._outcome(data.decode("latin-1"))
        header, payload = signed_form(data, self._signer)
        signed = self._outcome(self._sign(header, payload))
        return [f"as it is: {unsigned}", f"signed: {signed}"]

    def _sign(self, header: bytes, payload: bytes) -> str:
        signing_input = f"{b64(header)}.{b64(payload)}"
        return f"{signing_input}.{b64(_KEY.sign(signing_input.encode()))}"

    def _outcome(self, token: str) -> str:
        try:
            identity = self._verifier.verify(token)
        except AccessError as error:
            return str(error.reason)
        first = self._remembering.verify(token)
        assert self._remembering.verify(token) == first == identity
        self._check(token, identity)
        return "accepted"

    def _check(self, token: str, identity: Identity) -> None:
        """Check what is accepted by other means than ours."""
        payload = token.split(".")[1]
        claims = json.loads(_decoded(payload))
        now = self._signer.clock.wall()
        audience = claims["aud"]
        assert now < claims["exp"] + _LEEWAY
        assert max(claims.get("nbf", 0), claims.get("iat", 0)) <= now + _LEEWAY
        assert AUDIENCE in ([audience] if isinstance(audience, str) else audience)
        assert claims["iss"] == PROVIDER.issuer == identity.issuer
        assert "cnf" not in claims


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "==")


def _verifier(clock: Clock, *, cache_size: int) -> JwtVerifier:
    verifier = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=("EdDSA", "ES256"),
        max_age=3600.0,
        cache_size=cache_size,
        fetch_keys=FakeKeys({"keys": [jwk_of(_KEY, kid="ed", alg="EdDSA")]}),
        clock=clock,
    )
    verifier.warm_up()
    return verifier
