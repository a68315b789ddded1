"""The reader of introspection answers, from the HTTP answer to an identity."""

import json

from s2sauth import ClientSecret
from s2sauth._base.http import Answer, Request
from s2sauth.errors import AccessError
from s2sauth.providers import Provider
from s2sauth.server.claims import ClaimRules
from s2sauth.server.introspection_answer import AnswerReader
from s2sauth.server.introspection_endpoint import IntrospectionEndpoint
from s2sauth.testing import FakeClock
from support.fuzzing.edits import COMMON_VALUES, Words, edited, is_whole
from support.tokens import AUDIENCE

__all__ = ["IntrospectionTarget"]

_PROVIDER = Provider(
    issuer="https://as.example.com",
    introspection_url="https://as.example.com/introspect",
)
_CLOCK = FakeClock()
_GOOD = {
    "active": True,
    "iss": _PROVIDER.issuer,
    "aud": [AUDIENCE],
    "exp": int(_CLOCK.wall()) + 300,
    "client_id": "order-service",
    "scope": "payments:write",
    "token_type": "Bearer",
}
_NAMES = "active iss aud exp nbf iat client_id scope token_type sub jti cnf username"
_NOW = int(_CLOCK.wall())
_WORDS: Words = (
    [*_NAMES.encode().split(), b"+active", b"+x"],
    [
        *COMMON_VALUES,
        *(b"%d" % (_NOW + difference) for difference in (-31, -29, 29, 31, 300)),
        *(b'"%s"' % text.encode() for text in (AUDIENCE, _PROVIDER.issuer)),
        *(b'"true"', b'"DPoP"', b'"bearer"', b'"access_token"', b'"mac"'),
    ],
)


class _Wire:
    """Answers every question with the same bytes."""

    def __init__(self) -> None:
        self.answer = Answer(200, {}, b"")

    def send(self, _request: Request, _timeout: float) -> Answer:
        return self.answer


class IntrospectionTarget:
    """Reads answers; what is let in must be active, ours and alive."""

    words = _WORDS

    def __init__(self) -> None:
        self._wire = _Wire()
        self._endpoint = IntrospectionEndpoint(
            _PROVIDER,
            "payment-service",
            ClientSecret("no secret"),
            self._wire,  # type: ignore[arg-type]  # a fake
            limit=5.0,
            clock=_CLOCK,
        )
        rules = ClaimRules(
            issuer=_PROVIDER.issuer,
            audience=frozenset({AUDIENCE}),
            dialect=_PROVIDER.dialect,
            leeway=30.0,
            lifetime=60.0,
        )
        self._reader = AnswerReader(
            rules=rules, active_ttl=60.0, inactive_ttl=30.0, clock=_CLOCK
        )

    def __call__(self, data: bytes) -> list[str]:
        lines = [line for line in data.split(b"\n") if line]
        body = data if is_whole(data) else edited(_GOOD, lines)
        self._wire.answer = Answer(200, {"content-type": "application/json"}, body)
        now = _CLOCK.elapsed()
        try:
            claims = self._endpoint.ask("an-opaque-token", now + 5.0)
            known = self._reader.read(claims, now, 100)
            known.identity()
        except AccessError as error:
            return [str(error.reason)]
        said = json.loads(body)
        assert said["active"] is True
        assert said.get("iss", _PROVIDER.issuer) == _PROVIDER.issuer
        assert known.until <= now + 60.0
        return ["accepted"]
