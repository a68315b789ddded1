"""Who sends this request? Client authentication (RFC 6749 §2.3).

To add a method: a function that finds its credential in a request, and a row in
`_METHODS`.
"""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias
from urllib.parse import unquote_plus

from s2sauth._base.clock import Clock
from s2sauth.testing.client_assertion import (
    Assertion,
    Doubtful,
    Replays,
    judge_own,
    judge_workload,
)
from s2sauth.testing.client_certificate import judge_certificate
from s2sauth.testing.clients import Client, ClientRegistry
from s2sauth.testing.dialects import Dialect, Site
from s2sauth.testing.forms import Form, has_broken_escape
from s2sauth.testing.messages import OAuthRefused, Refusal, Request, refuse

__all__ = ["Court", "authenticate"]

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="s2sauth", charset="UTF-8"'}
_ASSERTION_TYPES = {
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe",
}
_Judge: TypeAlias = Callable[[Client], None]  # raises Doubtful


@dataclass(frozen=True, slots=True)
class Court:
    """What credentials are judged by.

    Args:
        clients: Who is registered.
        site: Gives where the server stands; asked each time.
        clock: What tells a live assertion from an ended one.
        replays: The assertions that were used.
    """

    clients: ClientRegistry
    site: Callable[[], Site]
    clock: Clock
    replays: Replays = field(default_factory=Replays)

    def audiences(self, request: Request) -> frozenset[str]:
        """Return what the `aud` of an assertion may say."""
        site = self.site()
        here = site.base_url + request.path
        wanted = site.dialect.provider(site).assertion_audience_at(here)
        if wanted != site.issuer:  # this server is particular
            return frozenset({wanted})
        return frozenset({site.issuer, site.url("token"), here})


@dataclass(frozen=True, slots=True)
class _Presented:
    """A credential as it came.

    Args:
        method: How it was presented.
        client_id: Whose it's said to be.
        judge: Judges it, once it's known who that is.
        problem: What is wrong with its form.
    """

    method: str
    client_id: str
    judge: _Judge = field(repr=False)
    problem: str = ""


def authenticate(request: Request, form: Form, court: Court) -> Client:
    """Return the client that sent a request.

    Raises:
        OAuthRefused: No credential, several, or one that doesn't hold.
    """
    dialect = court.site().dialect
    found = [find(request, form, court) for find in _METHODS]
    presented = [one for one in found if one is not None]
    if not presented:
        certified = _certificate(request, form, court)
        if certified is None:
            raise _refused(dialect, dialect.refusals.no_credential)
        presented = [certified]
    if len(presented) > 1:
        refuse(
            "invalid_request",
            "more than one way of client authentication (RFC 6749 §2.3)",
        )
    _check_same_client(presented[0], form)
    return _checked(presented[0], court)


def _checked(presented: _Presented, court: Court) -> Client:
    dialect = court.site().dialect
    client = court.clients.get(presented.client_id)
    if client is None:
        raise _refused(dialect, dialect.refusals.unknown_client, presented.problem)
    by_secret = presented.method in ("basic", "post")
    refusals = dialect.refusals
    refusal = refusals.wrong_secret if by_secret else refusals.unknown_client
    if presented.method not in client.auth_methods:
        problem = f"this client may not authenticate by {presented.method}"
        raise _refused(dialect, refusal, problem)
    try:
        presented.judge(client)
    except Doubtful as doubt:
        problem = str(doubt) or presented.problem
    else:
        return client
    own = {
        "private_key_jwt": refusals.wrong_assertion,
        "workload": refusals.wrong_assertion,
        "client_secret_jwt": refusals.wrong_mac,
    }
    raise _refused(dialect, own.get(presented.method) or refusal, problem)


def _judge_secret(given: str | None, client: Client) -> None:
    expected = client.secret.encode("utf-8")
    if given is None or not hmac.compare_digest(given.encode("utf-8"), expected):
        raise Doubtful


def _check_same_client(presented: _Presented, form: Form) -> None:
    named = form.get("client_id")
    if named is not None and named != presented.client_id:
        refuse("invalid_request", "client_id and the credential name different clients")


def _basic(request: Request, _form: Form, court: Court) -> _Presented | None:
    dialect = court.site().dialect
    values = request.headers.get_all("Authorization", [])
    if not values:
        return None
    if len(values) > 1:
        refuse("invalid_request", "several Authorization headers")
    scheme, _, encoded = values[0].partition(" ")
    if scheme.lower() != "basic":
        refusal = dialect.refusals.no_credential
        raise _refused(dialect, refusal, "only Basic is understood here")
    name, colon, secret = _decode_base64(encoded.strip()).partition(":")
    if not colon:
        problem = "Basic credentials must hold a colon"
        return _by_secret("basic", "", None, problem)
    return _decoded(name, secret) if dialect.decodes_basic else _raw(name, secret)


def _raw(name: str, secret: str) -> _Presented:
    return _by_secret("basic", name, secret)


def _decoded(name: str, secret: str) -> _Presented:
    """Decode both halves as RFC 6749 §2.3.1 and appendix B say."""
    advice = "Basic credentials must be form-urlencoded (RFC 6749 §2.3.1)"
    client_id, decoded = _form_decode(name), _form_decode(secret)
    if client_id is None or decoded is None:
        return _by_secret("basic", client_id or "", None, advice)
    return _by_secret("basic", client_id, decoded, advice)


def _by_secret(
    method: str, client_id: str, secret: str | None, problem: str = ""
) -> _Presented:
    """Present a secret; None where it couldn't be decoded."""
    return _Presented(method, client_id, partial(_judge_secret, secret), problem)


def _form_decode(text: str) -> str | None:
    if not text.isascii() or has_broken_escape(text):
        return None
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return None


def _decode_base64(encoded: str) -> str:
    """Decode, or return a text that no client can match."""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:
        return ""


def _post(_request: Request, form: Form, _court: Court) -> _Presented | None:
    secret = form.get("client_secret")
    if secret is None:
        return None
    return _by_secret("post", form.require("client_id"), secret)


def _assertion(request: Request, form: Form, court: Court) -> _Presented | None:
    """Find an assertion (RFC 7521 §4.2); its `sub` may stand for a client_id."""
    text, kind = form.get("client_assertion"), form.get("client_assertion_type")
    if text is None and kind is None:
        return None
    dialect = court.site().dialect
    refusal = dialect.refusals.unknown_client
    if text is None or kind not in _ASSERTION_TYPES:
        problem = "client_assertion_type must be …:jwt-bearer, with a client_assertion"
        raise _refused(dialect, refusal, problem)
    try:
        assertion = Assertion.read(text)
    except Doubtful as doubt:
        problem = str(doubt)
    else:
        return _by_assertion(assertion, request, form, court)
    raise _refused(dialect, refusal, problem)


def _by_assertion(
    assertion: Assertion, request: Request, form: Form, court: Court
) -> _Presented:
    claims, audiences = assertion.claims, court.audiences(request)
    now = court.clock.wall()
    platform = court.clients.of_workload((claims.get("iss"), claims.get("sub")))
    if platform is not None:
        client_id = form.get("client_id") or platform.client_id
        judge: _Judge = partial(_judge_workload, assertion, audiences, now)
        return _Presented("workload", client_id, judge)
    client_id = form.get("client_id") or str(claims.get("sub"))
    method = "client_secret_jwt" if assertion.is_by_secret else "private_key_jwt"
    judge = partial(_judge_own, assertion, audiences, now, court.replays)
    return _Presented(method, client_id, judge)


def _judge_own(
    assertion: Assertion,
    audiences: frozenset[str],
    now: float,
    replays: Replays,
    client: Client,
) -> None:
    judge_own(assertion, client, audiences=audiences, now=now, replays=replays)


def _judge_workload(
    assertion: Assertion, audiences: frozenset[str], now: float, client: Client
) -> None:
    judge_workload(assertion, client, audiences=audiences, now=now)


def _certificate(request: Request, form: Form, court: Court) -> _Presented | None:
    """Find a client that shows a certificate, and nothing else (RFC 8705 §2)."""
    client = court.clients.get(form.get("client_id") or "")
    shown = request.certificate
    if client is None or shown is None:
        return None
    method = (
        "tls_client_auth"
        if client.subject_dn is not None
        else "self_signed_tls_client_auth"
    )
    return _Presented(method, client.client_id, partial(judge_certificate, shown))


_METHODS: tuple[Callable[[Request, Form, Court], _Presented | None], ...] = (
    _basic,
    _post,
    _assertion,
)


def _refused(dialect: Dialect, refusal: Refusal, problem: str = "") -> OAuthRefused:
    said = refusal._replace(description=problem) if problem else refusal
    return OAuthRefused(said, _CHALLENGE if dialect.challenges else None)
