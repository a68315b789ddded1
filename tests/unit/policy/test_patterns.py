"""Which key of a policy decides."""

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.policy import Policy, Rule


def _policy(*keys):
    """Make a policy whose every rule names its own key as its client."""
    return Policy({key: Rule(clients=key) for key in keys})


def _decides(policy, operation):
    rule = policy.rule_for(operation)
    return None if rule is None else next(iter(rule.clients))


@pytest.mark.parametrize(
    "key",
    [
        "/shop.v1.Payments/Charge",
        "/Payments/Charge",
        "/shop.v1.Payments/*",
        "POST /api/payments/charge",
        "GET /",
        "* /api",
        "GET /**",
        "* /**",
        "GET /items/*",
        "GET /items/*/parts/**",
        "GET /items/",
        "GET /items/*/",
        "M-SEARCH /x",
        "GET /käse/a b",
        "GET /a...b/...",
    ],
)
def test_well_formed_keys(key):
    """Every documented form of a key is taken."""
    assert [key] == list(_policy(key).rules)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/Payments",
        "/shop.v1.Payments/",
        "/shop..Payments/Charge",
        "/shop.v1.Payments/Charge/x",
        "/shop.v1.*/Charge",
        "/*/*",
        "/**",
        "shop.v1.Payments/Charge",
        "/shop.v1.Payments/**",
        "/shop.v1.Payments/Charge ",
        "POST",
        "POST ",
        "POST api/payments",
        "POST  /api",
        "post /api",
        "Post /api",
        "PO ST /api",
        "** /api",
        " /api",
        "GET /a//b",
        "GET //",
        "GET /a/./b",
        "GET /a/../b",
        "GET /..",
        "GET /a/b?x=1",
        "GET /a#b",
        "GET /a*",
        "GET /a/*b/c",
        "GET /a/**/b",
        "GET /***",
        "GET /**/",
        "GET /a%20b",
        "GET /a\\b",
        "GET /a\nb",
        "GET https://host/path",
        None,
        3,
        b"GET /",
    ],
)
def test_malformed_keys(key):
    """A key of no documented form is an error that shows the key."""
    with pytest.raises(ConfigurationError) as caught:
        Policy({key: Rule()})

    assert repr(key) in str(caught.value)


def test_a_method_before_its_service():
    """A gRPC method's own key decides before that of its service."""
    policy = _policy("/s.S/*", "/s.S/M")

    assert "/s.S/M" == _decides(policy, "/s.S/M")
    assert "/s.S/*" == _decides(policy, "/s.S/N")


@pytest.mark.parametrize(
    "operation",
    ["/s.T/M", "/s.S/M/N", "/s.S", "/s.SS/M", "s.S/M", "/", "", "//M", "/x/s.S/M"],
)
def test_a_service_is_matched_whole(operation):
    """A service's key matches its own methods and no others."""
    assert None is _decides(_policy("/s.S/*"), operation)


@pytest.mark.parametrize(
    ("keys", "operation", "expected"),
    [
        # Literals before `*` before `**`, from the left.
        (["GET /a/b", "GET /a/*", "GET /a/**"], "GET /a/b", "GET /a/b"),
        (["GET /a/b", "GET /a/*", "GET /a/**"], "GET /a/c", "GET /a/*"),
        (["GET /a/b", "GET /a/*", "GET /a/**"], "GET /a/c/d", "GET /a/**"),
        (["GET /a/*/c", "GET /*/b/c"], "GET /a/b/c", "GET /a/*/c"),
        (["GET /a/**", "GET /*/b"], "GET /a/b", "GET /a/**"),
        (["GET /*/**", "GET /**"], "GET /a/b", "GET /*/**"),
        (["GET /a", "GET /a/**"], "GET /a", "GET /a"),
        # The path before the method.
        (["* /a/b", "GET /a/*"], "GET /a/b", "* /a/b"),
        (["* /a/*", "GET /a/*"], "GET /a/b", "GET /a/*"),
        (["* /a/*", "GET /a/*"], "POST /a/b", "* /a/*"),
        (["* /a", "GET /a"], "GET /a", "GET /a"),
        (["* /a", "GET /a"], "PUT /a", "* /a"),
        # A more specific path without the method doesn't stand in the way.
        (["GET /a/b", "DELETE /a/*"], "DELETE /a/b", "DELETE /a/*"),
        (["GET /a/b/c", "GET /a/*/d"], "GET /a/b/d", "GET /a/*/d"),
        # `**` stands for nothing, too.
        (["GET /a/**"], "GET /a", "GET /a/**"),
        (["GET /**"], "GET /", "GET /**"),
        (["GET /"], "GET /", "GET /"),
        # `*` stands for exactly one.
        (["GET /a/*"], "GET /a", None),
        (["GET /a/*"], "GET /a/b/c", None),
        (["GET /*"], "GET /", None),
        # A slash at the end is part of the path.
        (["GET /a"], "GET /a/", None),
        (["GET /a/"], "GET /a", None),
        (["GET /a/"], "GET /a/", "GET /a/"),
        (["GET /a/*/"], "GET /a/b/", "GET /a/*/"),
        (["GET /a/*/"], "GET /a/b", None),
        # Methods and case are exact.
        (["GET /a"], "POST /a", None),
        (["GET /a"], "get /a", None),
        (["GET /a"], "GET /A", None),
        (["* /**"], "OPTIONS /a", "* /**"),
        (["GET /**"], "OPTIONS /a", None),
        # HEAD is judged as GET, unless it has a key of its own.
        (["GET /a"], "HEAD /a", "GET /a"),
        (["GET /a/*"], "HEAD /a/b", "GET /a/*"),
        (["GET /a", "HEAD /a"], "HEAD /a", "HEAD /a"),
        (["GET /a/b", "HEAD /a/*"], "HEAD /a/b", "GET /a/b"),
        (["GET /a", "* /a"], "HEAD /a", "GET /a"),
        (["GET /a", "* /**"], "HEAD /a", "GET /a"),
        (["HEAD /a"], "GET /a", None),
        # Neither transport's keys match the other's operations.
        (["* /**"], "/s.S/M", None),
        (["/s.S/*", "/s.S/M"], "GET /s.S/M", None),
    ],
)
def test_the_most_specific_key_decides(keys, operation, expected):
    """Of all keys that match, the one first in the documented order decides."""
    assert expected == _decides(_policy(*keys), operation)
    assert expected == _decides(_policy(*reversed(keys)), operation)


AMBIGUOUS = [
    "/a//b",
    "//a/b",
    "//",
    "/a/",
    "/a/b/",
    "/a/./b",
    "/a/../b",
    "/a/..",
    "/..",
    "/.",
    "/a/b\\..\\c",
    "/a/b\x00",
    "/a/b\n",
    "/a/\x7f",
    "/a/%2e%2e/b",
    "/a/b%2Fc",
    "/a/b%00",
    "/a/\ufffd",
]


@pytest.mark.parametrize("path", AMBIGUOUS)
@pytest.mark.parametrize(
    "keys", [["GET /**"], ["* /**"], ["GET /a/**", "GET /a/*/*", "GET /a/*", "GET /*"]]
)
def test_wildcards_match_nothing_ambiguous(path, keys):
    """A path that a framework might tidy up matches no wildcard, so it's denied."""
    assert None is _decides(_policy(*keys), f"GET {path}")


@pytest.mark.parametrize(
    "path", ["/a/b", "/a/b.c", "/a/...", "/a/100%", "/a/b c", "/ä/ö"]
)
def test_wildcards_match_what_is_plain(path):
    """Their siblings without the ambiguity do match."""
    assert "GET /**" == _decides(_policy("GET /**"), f"GET {path}")


def test_a_request_spelt_like_a_pattern():
    """A request whose path is spelt like a pattern gets no other rule by that."""
    policy = _policy("GET /a/**", "GET /a/*", "* /b", "/s.S/*")

    assert "GET /a/*" == _decides(policy, "GET /a/**")
    assert "* /b" == _decides(policy, "* /b")
    assert None is _decides(_policy("GET /b"), "* /b")


@pytest.mark.parametrize("operation", ["GET", "GET ", "GET a", "", " ", "GET *", "* *"])
def test_an_operation_that_is_none(operation):
    """What's no operation has no rule, and breaks nothing."""
    assert None is _decides(_policy("* /**"), operation)


def test_a_long_path_is_no_trouble():
    """A path of a hundred thousand segments is looked up like any other."""
    operation = "GET " + "/a" * 100_000

    assert "GET /**" == _decides(_policy("GET /**", "GET /*/a/*"), operation)
