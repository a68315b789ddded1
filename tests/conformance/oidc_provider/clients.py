"""Who may ask this oidc-provider for tokens, for which resources, proving it how."""

import base64

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from s2sauth.testing.client_keys import jwk_of
from support.key_material import START, make_key, self_signed
from support.tls import make_ca

__all__ = [
    "AUTHORITY",
    "CERTIFICATES",
    "EDDSA",
    "ENDED",
    "KEYS",
    "LEDGER",
    "ORDERS",
    "PAYMENTS",
    "SECRET",
    "SETTINGS",
]

PAYMENTS, ORDERS, LEDGER = (
    f"https://{name}.internal" for name in ("pay", "ord", "led")
)
SECRET = "p@ss:w0rd +%&" * 4
AUTHORITY = make_ca()
KEYS = [make_key("p256"), make_key("p256")]  # self-signed: the old and the new
CERTIFICATES = [self_signed(key) for key in KEYS]
ENDED = self_signed(KEYS[0], end=START.replace(year=2021))  # known there all the same
EDDSA = [make_key("ed25519"), make_key("ed25519")]
SIGNING = make_key("p256")


def _public(*keys, **more):
    return {
        "keys": [{**jwk_of(key.public_key()), "use": "sig", **more} for key in keys]
    }


def _with_certificate(key, certificate):
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return {**jwk_of(key.public_key()), "x5c": [base64.b64encode(der).decode()]}


def _signing_key():
    private = SIGNING.private_numbers().private_value.to_bytes(32, "big")
    d = base64.urlsafe_b64encode(private).rstrip(b"=").decode()
    return {**jwk_of(SIGNING.public_key()), "d": d, "use": "sig", "kid": "es"}


def _client(client_id, method, **more):
    return {
        "client_id": client_id,
        "token_endpoint_auth_method": method,
        "scope": "payments:write orders:read",
        **more,
    }


def _certificates():
    pairs = zip([*KEYS, KEYS[0]], [*CERTIFICATES, ENDED], strict=True)
    return {"keys": [_with_certificate(*pair) for pair in pairs]}


CLIENTS = [
    _client("basic", "client_secret_basic", client_secret=SECRET),
    _client("post", "client_secret_post", client_secret=SECRET),
    _client("orders", "client_secret_basic", client_secret=SECRET, scope="orders:read"),
    _client(
        "mac",
        "client_secret_jwt",
        client_secret=SECRET,
        token_endpoint_auth_signing_alg="HS256",
    ),
    *(
        _client(
            client_id,
            "private_key_jwt",
            jwks=_public(key),
            token_endpoint_auth_signing_alg="EdDSA",
        )
        for client_id, key in zip(["eddsa", "eddsa-new"], EDDSA, strict=True)
    ),
    _client("self-signed", "self_signed_tls_client_auth", jwks=_certificates()),
    _client(
        "bound",
        "self_signed_tls_client_auth",
        jwks=_certificates(),
        tls_client_certificate_bound_access_tokens=True,
    ),
    _client(
        "issued",
        "tls_client_auth",
        tls_client_auth_subject_dn="CN=order-service",
    ),
]
SIGNED = {"accessTokenFormat": "jwt", "jwt": {"sign": {"alg": "ES256"}}}
RESOURCES = {
    PAYMENTS: {"scope": "payments:write", **SIGNED},
    ORDERS: {"scope": "orders:read", **SIGNED},
    LEDGER: {"scope": "payments:write", "accessTokenFormat": "opaque"},
}
SETTINGS = {
    "clients": CLIENTS,
    "jwks": {"keys": [_signing_key()]},
    "scopes": ["payments:write", "orders:read"],
    "resources": RESOURCES,
}
