"""Where we may send something secret to, and what a request shows of itself."""

import ssl

import pytest

from s2sauth._base.bounded import make_tls_context
from s2sauth._base.http import (
    Answer,
    HttpClient,
    Request,
    check_url,
    is_loopback,
)
from s2sauth.errors import ConfigurationError


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1"]
)
def test_this_machine_is_loopback(host):
    """Every spelling of this machine's own address is loopback."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.evil.example",
        "128.0.0.1",
        "0.0.0.0",
        "2130706433",
        "::2",
        "10.0.0.1",
    ],
)
def test_any_other_is_not(host):
    """What only looks like this machine is another one."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://sso.example.com",
        "https://sso.example.com:8443/realms/x?y=z",
        "https://[2001:db8::1]/",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "HTTPS://sso.example.com",
    ],
)
def test_secrets_may_go_there(url):
    """Https goes anywhere, plain http to this machine only."""
    assert url == check_url(url, "token_url")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "absolute https"),
        ("sso.example.com", "absolute https"),
        ("//sso.example.com", "absolute https"),
        ("https://", "absolute https"),
        ("https:///token", "absolute https"),
        ("ftp://sso.example.com", "absolute https"),
        ("https://sso.example.com:port/", "absolute https"),
        ("https://sso.example.com:70000/", "absolute https"),
        ("https://[::1", "absolute https"),
        ("https://sso.example.com/a b", "absolute https"),
        ("https://sso.example.com/\n", "absolute https"),
        ("https://sso.example.com/\x00", "absolute https"),
        (None, "absolute https"),
        (b"https://sso.example.com", "absolute https"),
        (7, "absolute https"),
        ("http://sso.example.com", "plain http"),
        ("http://localhost.evil.example", "plain http"),
        ("https://me:s3cr3t@sso.example.com", "credentials"),
        ("https://me@sso.example.com", "credentials"),
        ("https://sso.example.com/#x", "fragment"),
    ],
)
def test_secrets_may_not_go_there(url, words):
    """A URL that we may not send to is refused; the message names the argument."""
    with pytest.raises(ConfigurationError, match=f"token_url .*{words}"):
        check_url(url, "token_url")


def test_plain_http_can_be_allowed():
    """A user who trusts the network between may say so; the message says how."""
    url = "http://sso.internal/token"

    with pytest.raises(ConfigurationError, match="allow_insecure=True"):
        check_url(url, "token_url")
    assert url == check_url(url, "token_url", allow_insecure=True)


@pytest.mark.parametrize(
    "url", ["https://me:s3cr3t@sso.example.com", "ftp://me:s3cr3t@sso.example.com"]
)
def test_a_password_in_a_url_is_not_shown(url):
    """A refused URL that holds a password isn't quoted."""
    with pytest.raises(ConfigurationError) as caught:
        check_url(url, "token_url")

    assert "s3cr3t" not in str(caught.value)


def test_what_is_sent_is_not_shown():
    """The reprs of a request and an answer hold neither headers nor bodies."""
    headers = {"authorization": "Basic s3cr3t"}
    request = Request("POST", "https://sso.example.com", headers, b"s3cr3t")
    answer = Answer(200, {"x-token": "s3cr3t"}, b"s3cr3t")

    assert "s3cr3t" not in repr(request) + repr(answer)
    assert "https://sso.example.com" in repr(request)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_ca_must_hold_certificates(tmp_path, content):
    """A CA file that's missing, empty or no PEM is refused at construction."""
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_text(content)

    with pytest.raises(ConfigurationError, match=r"ca: .*ca\.pem"):
        HttpClient(ca=ca)


def test_a_folder_of_authorities_will_do(tmp_path):
    """A folder may stand for a CA file, as with OpenSSL."""
    assert make_tls_context(tmp_path).check_hostname


def test_nothing_older_than_tls_1_2_is_spoken():
    """A server that knows only TLS 1.1 gets nothing from us, and names are checked."""
    context = make_tls_context(None)
    assert ssl.TLSVersion.TLSv1_2 == context.minimum_version
    assert ssl.CERT_REQUIRED == context.verify_mode
    assert context.check_hostname
