"""Client assertions, judged as strictly as RFC 7523 §3 asks."""

import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeGuard

from s2sauth._base.strict import (
    NotStrict,
    decode_base64url,
    encode_base64url,
    parse_object,
)
from s2sauth.testing.client_keys import fits, verifies
from s2sauth.testing.clients import Client

__all__ = ["Assertion", "Doubtful", "Replays", "judge_own", "judge_workload"]

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_LONGEST = 300  # seconds from now to `exp`, for what a client signs itself


class Doubtful(Exception):
    """An assertion that doesn't hold; the message says why, without quoting it."""


def _doubt(problem: str) -> NoReturn:
    raise Doubtful(problem)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JWT as it came, not judged yet; its repr shows nothing of it."""

    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Assertion":
        """Take a compact JWS apart (RFC 7515 §7.1).

        Raises:
            Doubtful: It's none.
        """
        segments = text.encode("utf-8").split(b".")
        try:
            header, claims, signature = map(decode_base64url, segments)
            return cls(
                parse_object(header),
                parse_object(claims),
                b".".join(segments[:2]),
                signature,
            )
        except (NotStrict, ValueError):
            return _doubt("the assertion is no JWT")

    @property
    def algorithm(self) -> str:
        """The `alg` of the header, whatever it is."""
        return str(self.header.get("alg"))

    @property
    def is_by_secret(self) -> bool:
        """Whether it claims to be signed with a shared secret."""
        return self.algorithm.startswith("HS")


class Replays:
    """Remembers each `jti` until its assertion ends. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards `_seen`
        self._seen: dict[tuple[str, str], float] = {}

    def is_new(self, client_id: str, jti: str, end: float, now: float) -> bool:
        """Remember a `jti`, and tell whether it wasn't known."""
        with self._lock:
            self._seen = {
                one: until for one, until in self._seen.items() if until > now
            }
            if (client_id, jti) in self._seen:
                return False
            self._seen[client_id, jti] = end
            return True


def judge_own(
    assertion: Assertion,
    client: Client,
    *,
    audiences: frozenset[str],
    now: float,
    replays: Replays,
) -> None:
    """Judge what a client signed itself (`client_secret_jwt`, `private_key_jwt`).

    Args:
        assertion: What it sent.
        client: Who it says it is.
        audiences: What `aud` may say.
        now: POSIX seconds.
        replays: What was seen before.

    Raises:
        Doubtful: It doesn't hold.
    """
    _check_signature(assertion, client)
    claims = assertion.claims
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        _doubt("iss and sub must both be the client_id (RFC 7523 §3)")
    end = _check_times(claims, now)
    if end > now + _LONGEST:
        _doubt(f"exp lies more than {_LONGEST} s ahead")
    _check_audience(claims, audiences)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        _doubt("jti is missing")
    if not replays.is_new(client.client_id, jti, end, now):
        _doubt("Token reuse detected")


def judge_workload(
    assertion: Assertion, client: Client, *, audiences: frozenset[str], now: float
) -> None:
    """Judge what a platform signed for a client; it may be sent many times.

    Args:
        assertion: What it sent.
        client: Who it says it is.
        audiences: What `aud` may say.
        now: POSIX seconds.

    Raises:
        Doubtful: It doesn't hold.
    """
    _check_signature(assertion, client)
    claims = assertion.claims
    if (claims.get("iss"), claims.get("sub")) != client.workload:
        _doubt("iss and sub aren't those registered for this client")
    _check_times(claims, now)
    _check_audience(claims, audiences)


def _check_signature(assertion: Assertion, client: Client) -> None:
    allowed = client.assertion_algorithms
    if allowed and assertion.algorithm not in allowed:
        _doubt(f"alg must be one of {', '.join(allowed)}")
    if "crit" in assertion.header:
        _doubt("crit: no extension is understood here")
    if assertion.is_by_secret:
        _check_mac(assertion, client.secret)
    else:
        _check_key(assertion, client)


def _check_mac(assertion: Assertion, secret: str) -> None:
    hash_name = _HASHES.get(assertion.algorithm)
    if hash_name is None:
        _doubt("alg isn't one that is understood here")
    expected = hmac.digest(secret.encode("utf-8"), assertion.signed, hash_name)
    if not hmac.compare_digest(expected, assertion.signature):
        _doubt("the signature of the assertion doesn't hold")


def _check_key(assertion: Assertion, client: Client) -> None:
    name, kid = assertion.algorithm, assertion.header.get("kid")
    _check_thumbprint(assertion, client)
    fitting = [key for key in client.keys if fits(key, name)]
    if not fitting:
        _doubt("no key of this client is for that alg")
    named = [key for key in fitting if kid is None or key.get("kid", kid) == kid]
    if not any(
        verifies(key, name, assertion.signed, assertion.signature) for key in named
    ):
        _doubt("the signature of the assertion doesn't hold")


def _check_thumbprint(assertion: Assertion, client: Client) -> None:
    """Hold an `x5t#S256` against the certificate registered (RFC 7515 §4.1.8)."""
    given = assertion.header.get("x5t#S256")
    if given is None or client.certificate is None:
        return
    if given != encode_base64url(client.certificate.thumbprint):
        _doubt("x5t#S256 names another certificate than the one registered")


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """Return `exp`, which must be there."""
    end = claims.get("exp")
    if not _is_number(end):
        _doubt("exp is missing")
    if now >= end:
        _doubt("the assertion has expired")
    for name in ("nbf", "iat"):
        start = claims.get(name, now)
        if not _is_number(start) or start > now:
            _doubt(f"{name} lies ahead: the assertion isn't valid yet")
    return float(end)


def _check_audience(claims: Mapping[str, Any], audiences: frozenset[str]) -> None:
    given = claims.get("aud")
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    # Several could be sent on to another server by one of them.
    if not isinstance(given, str) or given not in audiences:
        _doubt("aud isn't this server")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
