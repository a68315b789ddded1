"""Form bodies, read strictly; every refusal has an accepted sibling."""

from email.message import Message

import pytest

from s2sauth.testing.forms import parse_form
from s2sauth.testing.messages import OAuthRefused, Refusal, Request

GOOD = b"a=1&scope=x+y%2Bz&e=%C3%A9"
WRONG_TYPE = Refusal(415, "wrong type", "")


def _read(body=GOOD, *, query="", content_type="application/x-www-form-urlencoded"):
    headers = Message()
    headers["Content-Type"] = content_type
    return parse_form(Request("POST", "/token", query, headers, body), WRONG_TYPE)


def test_fields_are_decoded():
    """Plus is a space, %2B a plus, and the rest UTF-8."""
    form = _read()

    assert ("1", "x y+z", "é", None) == (
        form.get("a"),
        form.get("scope"),
        form.get("e"),
        form.get("missing"),
    )


@pytest.mark.parametrize(
    "body",
    [
        GOOD + b"&a=2",
        GOOD + b"&a=",
        GOOD + b"&novalue",
        GOOD + b"&f=%",
        GOOD + b"&f=%G1",
        GOOD + b"&f=%E9",
        GOOD + "&f=é".encode(),
        b"&".join(b"f%d=1" % number for number in range(101)),
    ],
)
def test_malformed_bodies_are_refused(body):
    """A field twice, a broken escape, no UTF-8, too many fields: invalid_request."""
    assert "1" == _read().get("a")
    with pytest.raises(OAuthRefused) as caught:
        _read(body)
    assert (400, "invalid_request") == caught.value.refusal[:2]


@pytest.mark.parametrize("name", ["resource", "audience"])
def test_targets_may_come_several_times(name):
    """RFC 8707 and RFC 8693 let these two repeat."""
    assert ["a", "b"] == _read(f"{name}=a&{name}=b".encode()).all(name)


@pytest.mark.parametrize(
    "query", ["client_secret=x", "a=1&client_assertion=x", "token=x", "access_token=x"]
)
def test_credentials_in_the_uri_are_refused(query):
    """RFC 6749 §2.3.1: what's secret never stands in the URI."""
    assert "1" == _read(query="tenant=a").get("a")
    with pytest.raises(OAuthRefused) as caught:
        _read(query=query)
    assert "invalid_request" == caught.value.refusal.error


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "x"])
def test_another_content_type_is_refused(content_type):
    """Only forms are read; the dialect words the refusal."""
    assert "1" == _read(
        content_type="Application/X-WWW-Form-Urlencoded; charset=UTF-8"
    ).get("a")
    with pytest.raises(OAuthRefused) as caught:
        _read(content_type=content_type)
    assert WRONG_TYPE is caught.value.refusal


def test_an_empty_field_counts_as_left_out():
    """RFC 6749 §3.1: a parameter without a value is as if it weren't there."""
    form = _read(b"a=&b=2")

    assert (None, "2") == (form.get("a"), form.require("b"))
    with pytest.raises(OAuthRefused, match="invalid_request"):
        form.require("a")


def test_an_empty_body_is_an_empty_form():
    """No body is no field, and no malformed one."""
    assert _read(b"").get("a") is None
