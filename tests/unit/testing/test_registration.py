"""What clients register to prove who they are, checked when they do."""

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.testing import AuthorizationServer
from support.key_material import private_key, public_pem, self_signed

PUBLIC = public_pem(private_key("p256"))


def add(**registered):
    return AuthorizationServer().add_client("a", **registered)


@pytest.mark.parametrize(
    ("registered", "methods"),
    [
        ({}, ("basic", "post", "client_secret_jwt")),
        ({"secret": "s"}, ("basic", "post", "client_secret_jwt")),
        ({"public_key": PUBLIC}, ("private_key_jwt",)),
        ({"jwks": {"keys": [{"kty": "EC"}]}}, ("private_key_jwt",)),
        (
            {"certificate": self_signed(private_key("p256"))},
            ("private_key_jwt", "self_signed_tls_client_auth"),
        ),
        ({"subject_dn": "CN=a,O=b"}, ("tls_client_auth",)),
        ({"workload": ("i", "s"), "public_key": PUBLIC}, ("workload",)),
        (
            {"public_key": PUBLIC, "secret": "s"},
            ("private_key_jwt", "basic", "post", "client_secret_jwt"),
        ),
        ({"public_key": PUBLIC, "auth_methods": "post"}, ("post",)),
    ],
)
def test_what_is_registered_says_how(registered, methods):
    """A client may authenticate by what it registered, and by nothing else."""
    assert add(**registered).auth_methods == methods


@pytest.mark.parametrize(
    ("registered", "named"),
    [
        ({"public_key": "no PEM"}, "public_key"),
        ({"public_key": 7}, "public_key"),
        ({"public_key": public_pem(private_key("ed448"))}, "public_key"),
        ({"public_key": public_pem(private_key("secp256k1"))}, "public_key"),
        ({"jwks": {}}, "jwks"),
        ({"jwks": []}, "jwks"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "x"}]}}, "jwks"),
        ({"jwks": {"keys": [{"kty": "EC", "d": "x"}]}}, "jwks"),
        ({"certificate": PUBLIC}, "certificate"),
        ({"certificate": "é"}, "certificate"),
        ({"subject_dn": "nobody"}, "subject_dn"),
        ({"subject_dn": 7}, "subject_dn"),
        ({"workload": "i"}, "workload"),
        ({"workload": ("i",)}, "workload"),
        ({"workload": ("i", "")}, "workload"),
        ({"assertion_algorithms": 7}, "assertion_algorithms"),
        ({"auth_methods": "mtls"}, "auth_methods"),
    ],
)
def test_what_cannot_be_is_refused(registered, named):
    """The message names the argument."""
    with pytest.raises(ConfigurationError, match=named):
        add(**registered)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "p521", "ed25519"])
@pytest.mark.parametrize("form", ["pem", "text", "object"])
def test_public_keys_come_in_each_form(kind, form):
    """PEM as bytes or text, or an object of cryptography's."""
    key = private_key(kind)
    pem = public_pem(key)
    given = {"pem": pem, "text": pem.decode(), "object": key.public_key()}[form]
    (member,) = add(public_key=given).keys
    assert member["kty"] == {"rsa": "RSA", "ed25519": "OKP"}.get(kind, "EC")
