"""Origins: where a token may go, and where it may not."""

import pytest

from s2sauth.client.requests.origin import Origin
from s2sauth.errors import ConfigurationError

PAY = "https://pay.internal"


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        (PAY, "https://pay.internal/"),
        (PAY, "https://pay.internal/charges?x=https://evil.example/"),
        (PAY, "https://pay.internal:443/charges"),
        (PAY, "https://PAY.Internal/charges"),
        (PAY, "HTTPS://pay.internal/charges"),
        (PAY, "https://pay.internal"),
        (PAY, "https://pay.internal?x=1"),
        ("https://pay.internal:443", "https://pay.internal/"),
        ("https://pay.internal/", "https://pay.internal/charges"),
        ("https://Pay.INTERNAL", "https://pay.internal/"),
        ("https://pay.internal:8443", "https://pay.internal:8443/"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
        ("https://[::1]:8443", "https://[::1]:8443/"),
        ("http://127.0.0.1:80", "http://127.0.0.1/"),
        ("http://localhost:5000", "http://localhost:5000/x"),
    ],
)
def test_same_origin_is_held(origin, url):
    """Case, the default port and IDNA make no other origin, and the path counts not."""
    assert Origin(origin).holds(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.internal.evil.example/",
        "https://pay.internalevil.example/",
        "https://evil.example/pay.internal/",
        "https://evil.example/?https://pay.internal/",
        "https://pay.internal:8443/",
        "https://pay.internal:4430/",
        "https://pay.internal:80/",
        "http://pay.internal/",
        "http://pay.internal:443/",
        "https://pay.internal@evil.example/",
        "https://pay.internal:443@evil.example/",
        "https://user:secret@pay.internal/",
        "https://pay.internal\\@evil.example/",
        "https://pay.internal%2eevil.example/",
        "https://pay.internal./",
        "https://sub.pay.internal/",
        "https://ⓟay.internal/",
        "//pay.internal/",
        "ftp://pay.internal/",
        "https://pay.internal:port/",
        "https://[pay.internal/",
        "/charges",
        "",
        None,
    ],
)
def test_anything_else_is_another_origin(url):
    """Scheme, host and port are compared exactly, and lookalikes get nothing."""
    assert not Origin(PAY).holds(url)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (
            "https://pay.internal",
            ("https://pay.internal/", "https://pay.internal:443/"),
        ),
        ("https://pay.internal:8443", ("https://pay.internal:8443/",)),
        ("http://127.0.0.1:80", ("http://127.0.0.1/", "http://127.0.0.1:80/")),
        ("https://[::443]", ("https://[::443]/", "https://[::443]:443/")),
    ],
)
def test_prefixes_end_the_authority(origin, expected):
    """What an adapter is mounted at ends with the slash that ends the host."""
    assert expected == Origin(origin).prefixes


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://pay.internal", "allow_insecure=True"),
        ("pay.internal", "absolute https URL"),
        ("ftp://pay.internal", "absolute https URL"),
        ("https://", "absolute https URL"),
        ("https://pay.internal:port", "absolute https URL"),
        ("https://*.internal", "absolute https URL"),
        ("https://pay internal", "absolute https URL"),
        ("https://user:secret@pay.internal", "credentials"),
        ("https://pay.internal/#x", "fragment"),
        ("https://pay.internal/api", "after the host and port"),
        ("https://pay.internal/?x=1", "after the host and port"),
        (None, "absolute https URL"),
    ],
)
def test_what_is_no_origin_is_refused(url, why):
    """A wrong origin is found at construction, by an error that says what to do."""
    with pytest.raises(ConfigurationError, match=why) as raised:
        Origin(url, "origin_url")

    assert str(raised.value).startswith("origin_url ")
    assert "secret" not in str(raised.value)


def test_plain_http_is_taken_when_allowed():
    """A trusted network is the user's call, said out loud."""
    origin = Origin("http://pay.internal", allow_insecure=True)

    assert origin.holds("http://pay.internal:80/x")
    assert not origin.holds("https://pay.internal/x")
