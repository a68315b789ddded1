"""The header's parser: one bearer token, or exactly why not."""

import pytest

from s2sauth._base.bearer import MAX_TOKEN_LENGTH, is_token, parse_authorization
from s2sauth.errors import Reason, Unauthenticated


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc.def-_~+/0==", "abc.def-_~+/0=="),
        ("bearer abc", "abc"),
        ("BEARER abc", "abc"),
        ("Bearer    abc", "abc"),
        ("Bearer " + "a" * MAX_TOKEN_LENGTH, "a" * MAX_TOKEN_LENGTH),
    ],
)
def test_takes_the_token(header, token):
    """One Bearer header gives its token, whatever the scheme's case or spaces."""
    assert token == parse_authorization([header])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], Reason.TOKEN_MISSING),
        ([""], Reason.TOKEN_MISSING),
        (["Basic YTpi"], Reason.TOKEN_MISSING),
        (["BearerX abc"], Reason.TOKEN_MISSING),
        (["Bearer\tabc"], Reason.TOKEN_MISSING),
        ([" Bearer abc"], Reason.TOKEN_MISSING),
        (["Bearer"], Reason.REQUEST_MALFORMED),
        (["Bearer "], Reason.REQUEST_MALFORMED),
        (["Bearer    "], Reason.REQUEST_MALFORMED),
        (["Bearer abc", "Bearer abc"], Reason.REQUEST_MALFORMED),
        (["Bearer abc", "Basic YTpi"], Reason.REQUEST_MALFORMED),
        (["Bearer abc, Bearer def"], Reason.TOKEN_MALFORMED),
        (["Bearer abc def"], Reason.TOKEN_MALFORMED),
        (["Bearer abc "], Reason.TOKEN_MALFORMED),
        (["Bearer abc\n"], Reason.TOKEN_MALFORMED),
        (["Bearer \tabc"], Reason.TOKEN_MALFORMED),
        (['Bearer "abc"'], Reason.TOKEN_MALFORMED),
        (["Bearer =abc"], Reason.TOKEN_MALFORMED),
        (["Bearer abc\x00"], Reason.TOKEN_MALFORMED),
        (["Bearer äbc"], Reason.TOKEN_MALFORMED),
        (["Bearer \N{FULLWIDTH DIGIT FOUR}"], Reason.TOKEN_MALFORMED),
        (["Bearer " + "a" * (MAX_TOKEN_LENGTH + 1)], Reason.TOKEN_MALFORMED),
    ],
)
def test_refuses_the_rest(headers, reason):
    """Anything but one clean token is refused, with its exact reason."""
    with pytest.raises(Unauthenticated) as caught:
        parse_authorization(headers)

    assert reason == caught.value.reason


def test_says_nothing_of_the_token():
    """A refusal's message doesn't quote the token, since messages are logged."""
    with pytest.raises(Unauthenticated) as caught:
        parse_authorization(["Bearer s3cr3t s3cr3t"])

    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("value", ["a", "!~", "abc.def", "a=b;c"])
def test_visible_ascii_can_be_sent(value):
    """Visible ASCII can stand in a header."""
    assert is_token(value)


@pytest.mark.parametrize("value", ["", " ", "a b", "a\n", "\r\nX: y", "é", "\x7f"])
def test_the_rest_cannot_be_sent(value):
    """Spaces, control characters and non-ASCII can't: they'd end or split it."""
    assert not is_token(value)
