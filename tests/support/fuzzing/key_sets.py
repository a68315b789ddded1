"""The reader of key sets, from the HTTP answer to keys that verify."""

import re
from typing import Any

from s2sauth._base.http import Answer, Request
from s2sauth._base.notify import Notifier
from s2sauth.errors import AccessError, VerifierUnavailable
from s2sauth.events import Event, KeySkipped
from s2sauth.server.algorithms import SUPPORTED
from s2sauth.server.compact import Header
from s2sauth.server.jwks import JwkSet
from s2sauth.server.jwks_endpoint import JwksEndpoint
from s2sauth.server.key_snapshot import KeyPolicy
from s2sauth.testing import FakeClock
from support.fuzzing.edits import COMMON_VALUES, Words, edited, is_whole
from support.lifecycles import at_once
from support.rfc_vectors import VECTORS
from support.tokens import PROVIDER

__all__ = ["KeySetTarget"]

_KINDS = {b"R": "RS256", b"E": "ES256", b"P": "ES512", b"O": "EdDSA"}
_JWKS = {vector.algorithm: vector.jwk for vector in VECTORS}
_SIGNED = {
    algorithm: (b"e30.e30", bytes(length))
    for algorithm, length in (("RS256", 256), ("ES256", 64), ("ES512", 132))
}
_WORDS: Words = (
    b"kind kty use key_ops alg kid n e crv x y d k x5c +kid +n kind".split(),
    [
        *_KINDS,
        *COMMON_VALUES,
        *(b'"sig"', b'"enc"', b'["verify"]', b'["sign","verify"]', b'["encrypt"]'),
        *(b'"%s"' % name.encode() for name in (*SUPPORTED, "HS256", "RSA-OAEP")),
        *(b'"RSA"', b'"EC"', b'"OKP"', b'"oct"', b'"P-256"', b'"P-384"', b'"P-521"'),
        *(b'"Ed25519"', b'"X25519"', b'"AQAB"', b'"AQ"', b'"AA"', b'"AAEAAQ"', b'"Aw"'),
        *(b'"' + b"A" * length + b'"' for length in (43, 64, 88, 342)),
        *(b'"' + b"_" * length + b'w"' for length in (170, 341)),
    ],
)
_NUMBER = re.compile(r"\d+(?= bits)")


class _Wire:
    """Answers every request with the same document."""

    def __init__(self) -> None:
        self.answer = Answer(200, {}, b"")

    def send(self, _request: Request, _timeout: float) -> Answer:
        return self.answer


def _document(data: bytes) -> bytes:
    """Return the key set that an input says: as it is, or one JWK edited.

    A line `kind=E` says which of the good keys.
    """
    if is_whole(data):
        return data
    lines = [line for line in data.split(b"\n") if line]
    kinds = [_KINDS.get(line[5:]) for line in lines if line.startswith(b"kind=")]
    jwk: dict[str, Any] = _JWKS[next(filter(None, kinds), "RS256")]
    edits = [line for line in lines if not line.startswith(b"kind=")]
    return b'{"keys":[' + edited({**jwk, "kid": "k"}, edits) + b"]}"


class KeySetTarget:
    """Reads key sets; every key that's taken must stand the signature step."""

    words = _WORDS

    def __init__(self) -> None:
        self._wire = _Wire()
        self._told: list[Event] = []

    def __call__(self, data: bytes) -> list[str]:
        self._wire.answer = Answer(
            200, {"cache-control": "max-age=60"}, _document(data)
        )
        self._told.clear()
        keys = self._key_set()
        try:
            keys.refresh(1.0)
        except VerifierUnavailable as error:
            outcome = f"no key: {error}"
        else:
            outcome = "read"
            self._use(keys)
        # A reader that's surprised would be told like any fetch that failed.
        assert "failed (" not in outcome, outcome
        # Numbers in messages would make every input a rule of its own.
        skipped = [
            _NUMBER.sub("…", e.why) for e in self._told if isinstance(e, KeySkipped)
        ]
        return [outcome, *(f"skipped: {why}" for why in skipped)]

    def _key_set(self) -> JwkSet:
        clock = FakeClock()
        endpoint = JwksEndpoint(PROVIDER, self._wire, clock)  # type: ignore[arg-type]  # a fake
        policy = KeyPolicy(
            algorithms=frozenset(SUPPORTED), ttl=300.0, max_stale=60.0, cooldown=30.0
        )
        notify = Notifier([self._told.append])
        return JwkSet(
            PROVIDER.issuer,
            endpoint.fetch,
            policy,
            notify=notify,
            clock=clock,
            start=at_once,
        )

    def _use(self, keys: JwkSet) -> None:
        for key_id in (None, "k"):
            for algorithm, (signed, signature) in _SIGNED.items():
                try:
                    candidates = keys.snapshot.ring.candidates(
                        Header(algorithm, key_id)
                    )
                except AccessError:
                    continue
                for key in candidates:
                    assert not key.verifies(algorithm, signed, signature)
