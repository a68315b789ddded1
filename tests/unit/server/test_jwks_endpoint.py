"""Key sets over the wire: what's taken for one, and what's a failure."""

import pytest

from s2sauth._base.http import Answer
from s2sauth.errors import AuthorizationServerUnavailable, VerifierUnavailable
from s2sauth.providers import Provider
from s2sauth.server.jwks_endpoint import FetchedKeys, JwksEndpoint
from s2sauth.testing import FakeClock
from support.exchanges import ScriptedHttp, broken, json_answer
from support.tokens import PROVIDER, dumps, key_set


def endpoint(
    *answers: Answer | Exception, provider: Provider = PROVIDER
) -> tuple[JwksEndpoint, ScriptedHttp]:
    """Return an endpoint over a scripted wire, and the wire."""
    http = ScriptedHttp(*answers)
    return JwksEndpoint(provider, http, FakeClock()), http  # type: ignore[arg-type]  # a fake


def fetch(*answers: Answer | Exception, patient: bool = False) -> FetchedKeys:
    """Fetch from a scripted wire."""
    keys, _ = endpoint(*answers)
    return keys.fetch(1010.0, patient=patient)


def test_fetch():
    """A key set comes parsed, from the provider's address, with a GET."""
    keys, http = endpoint(json_answer(dumps(key_set())))

    assert FetchedKeys(key_set(), None) == keys.fetch(1010.0, patient=True)
    assert [("GET", PROVIDER.jwks_url)] == [(r.method, r.url) for r in http.requests]


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (json_answer(b"<html>login</html>"), "not JSON"),
        (json_answer(b'{"keys":[],"keys":[]}'), "twice"),
        (json_answer(b"[]"), "object"),
        (json_answer(b"\xef\xbb\xbf{}"), "not JSON"),
        (json_answer(b'{"keys": NaN}'), "NaN"),
        (json_answer(b'{"keys":' + b"[" * 5000 + b"]" * 5000 + b"}"), "JSON|deep"),
        (json_answer(b"", status=204), "HTTP 204"),
        (json_answer(b"", status=302, location="https://evil.example"), "HTTP 302"),
        (json_answer(b"{}", status=401), "HTTP 401"),
        (json_answer(b"{}", status=500), "HTTP 500"),
        (broken(), "broke"),
    ],
)
def test_no_key_set(spoilt, why):
    """HTML, duplicates, redirects and errors are failures, and each says which."""
    with pytest.raises(VerifierUnavailable, match=why):
        fetch(spoilt)

    assert key_set() == fetch(json_answer(dumps(key_set()))).document


def test_patience():
    """A patient fetch retries what may pass; an impatient one makes one try."""
    patient, http = endpoint(broken(), json_answer(dumps(key_set())))
    patient._pause.end()
    assert key_set() == patient.fetch(1010.0, patient=True).document
    assert 2 == len(http.requests)

    hasty, http = endpoint(broken(), json_answer(dumps(key_set())))
    with pytest.raises(VerifierUnavailable):
        hasty.fetch(1010.0, patient=False)
    assert 1 == len(http.requests)


def test_a_try_ends_with_the_deadline():
    """One try takes what's left until the deadline, five seconds at most."""
    keys, http = endpoint(json_answer(dumps(key_set())))

    keys.fetch(1002.0, patient=False)
    keys.fetch(1060.0, patient=False)

    assert [2.0, 5.0] == http.timeouts


def test_retry_after():
    """What the server says of when to come back is handed on."""
    with pytest.raises(VerifierUnavailable) as caught:
        fetch(json_answer(b"", status=503, retry_after="7"))

    assert 7.0 == caught.value.retry_after


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"cache_control": "no-store"}, None),
        ({"cache_control": "public, max-age=600"}, 600.0),
        ({"cache_control": "Max-Age=600"}, 600.0),
        ({"cache_control": "s-maxage=9, max-age=600"}, 600.0),
        ({"cache_control": "max-age=600", "age": "100"}, 500.0),
        ({"cache_control": "max-age=600", "age": "900"}, 0.0),
        ({"cache_control": "max-age=600", "age": "-1"}, 600.0),
        ({"cache_control": "max-age=-5"}, None),
        ({"cache_control": "max-age=9999999999999"}, None),
    ],
)
def test_max_age(headers, max_age):
    """`max-age` is read as RFC 9111 says, less the time spent in caches."""
    answer = json_answer(dumps(key_set()), **headers)

    assert max_age == fetch(answer).max_age


class Undiscovered(Provider):
    """A provider whose address must be looked up, and can't be."""

    def endpoint(self, name: str, *, mtls: bool = False) -> str:
        raise AuthorizationServerUnavailable("the metadata did not arrive in time")


def test_discovery_that_fails():
    """An address that can't be looked up is a failure of the fetch, to be tried again."""
    keys, _ = endpoint(provider=Undiscovered(issuer="https://sso.example.com"))

    with pytest.raises(VerifierUnavailable, match="metadata"):
        keys.fetch(1010.0, patient=True)


def test_provider_without_address():
    """A discovered provider without a key set is a failure that says so."""
    keys, _ = endpoint(provider=Provider(issuer="https://sso.example.com"))

    with pytest.raises(VerifierUnavailable, match="jwks_url"):
        keys.fetch(1010.0, patient=True)
