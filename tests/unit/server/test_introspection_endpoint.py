"""Introspection over the wire: how the server is asked, and what's an answer."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from s2sauth import ClientSecret
from s2sauth._base.http import Answer
from s2sauth.errors import Reason, VerifierUnavailable
from s2sauth.providers import Provider
from s2sauth.server.introspection_endpoint import IntrospectionEndpoint
from s2sauth.testing import FakeClock
from support.exchanges import ScriptedHttp, broken, json_answer

PROVIDER = Provider(
    issuer="https://as.example.com",
    introspection_url="https://as.example.com/introspect",
)
TOKEN = "opaque-token-0123456789"
GOOD = json_answer(b'{"active":true}')


class Rig:
    """An endpoint over a scripted wire."""

    def __init__(
        self,
        *answers: Answer | Exception,
        credential: Any = None,
        provider: Provider = PROVIDER,
    ) -> None:
        self.clock = FakeClock()
        self.http = ScriptedHttp(*answers)
        self.endpoint = IntrospectionEndpoint(
            provider,
            "payment-service",
            credential or ClientSecret("s3cret"),
            self.http,  # type: ignore[arg-type]  # a fake
            limit=5.0,
            clock=self.clock,
        )
        self.endpoint._pause.end()  # no waits between tries

    def ask(self) -> dict[str, Any]:
        return self.endpoint.ask(TOKEN, self.clock.elapsed() + 5.0)

    def error(self) -> VerifierUnavailable:
        with pytest.raises(VerifierUnavailable) as caught:
            self.ask()
        return caught.value


def test_question():
    """The token goes in the form, our credential where it says, to the one address."""
    rig = Rig(GOOD)

    assert {"active": True} == rig.ask()

    (request,) = rig.http.requests
    assert ("POST", PROVIDER.introspection_url) == (request.method, request.url)
    assert {"token": [TOKEN], "token_type_hint": ["access_token"]} == parse_qs(
        (request.body or b"").decode()
    )
    assert request.headers["Authorization"].startswith("Basic ")


def test_credential_in_the_form():
    """A credential that goes into the form goes beside the token."""
    rig = Rig(GOOD, credential=ClientSecret("s3cret", "post"))
    rig.ask()

    form = parse_qs((rig.http.requests[0].body or b"").decode())

    assert (["payment-service"], ["s3cret"]) == (
        form["client_id"],
        form["client_secret"],
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (json_answer(b"<html>"), "not JSON"),
        (json_answer(b'{"active":true,"active":false}'), "twice"),
        (json_answer(b"[]"), "object"),
        (json_answer(b"true"), "object"),
        (json_answer(b'{"exp":NaN}'), "NaN"),
        (json_answer(b""), "not JSON"),
        (
            json_answer(
                b"e30.e30.e30",
                content_type="application/token-introspection+jwt",
            ),
            "RFC 9701",
        ),
        (json_answer(b"", status=302), "HTTP 302"),
        (json_answer(b"{}", status=404), "HTTP 404"),
        (json_answer(b"{}", status=500), "HTTP 500"),
        (broken(), "broke"),
    ],
)
def test_no_answer(answer, why):
    """What is no strict JSON object can't be told: no refusal of the token."""
    rig = Rig(answer)

    error = rig.error()

    assert Reason.INTROSPECTION_UNAVAILABLE == error.reason
    assert why in str(error)
    assert TOKEN not in str(error)


def test_retries():
    """What may pass is tried again, with our credential made anew."""
    rig = Rig(broken(), json_answer(b"", status=503), GOOD)

    assert {"active": True} == rig.ask()
    assert 3 == len(rig.http.requests)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_our_own_refusal(status):
    """A refusal of our own credential is told as ours, and isn't repeated for 30 s."""
    rig = Rig(json_answer(b'{"error":"invalid_client"}', status=status))

    first, second = rig.error(), rig.error()

    assert "client_id and credential" in str(first)
    assert str(first) == str(second)
    assert 30.0 == first.retry_after
    assert 1 == len(rig.http.requests)

    rig.clock.advance(30)
    rig.error()
    assert 2 == len(rig.http.requests)


def test_a_changed_secret_is_tried_at_once():
    """A secret that changes after its refusal is tried without a pause."""
    secrets = ["old"]
    rig = Rig(
        json_answer(b"", status=401), GOOD, credential=ClientSecret(lambda: secrets[0])
    )
    rig.error()

    secrets[0] = "new"

    assert {"active": True} == rig.ask()


def test_a_secret_that_cannot_be_read():
    """A secret source that fails is our failure, and nothing goes out."""

    def read() -> str:
        raise OSError

    rig = Rig(GOOD, credential=ClientSecret(read))

    assert Reason.INTROSPECTION_UNAVAILABLE == rig.error().reason
    assert [] == rig.http.requests


def test_retry_after():
    """What the server says of when to come back is handed on."""
    rig = Rig(json_answer(b"", status=503, retry_after="59"))

    assert 59.0 == rig.error().retry_after


def test_provider_without_address():
    """A discovered provider without introspection is a failure that says so."""
    rig = Rig(GOOD, provider=Provider(issuer="https://as.example.com"))

    assert "introspection_url" in str(rig.error())
