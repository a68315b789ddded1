"""Assertions: what they say, how they are signed, and how long they hold."""

import base64
import hashlib
import hmac
import pickle

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from s2sauth.credentials import ClientSecretJwt, PrivateKeyJwt
from s2sauth.credentials._assertion import JWT_BEARER
from s2sauth.credentials._signing import ALGORITHMS
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.testing import FakeClock
from support.assertions import CONTEXT, assertion_of, parts_of, signature_holds
from support.key_material import (
    KINDS,
    make_key,
    pem_of,
    private_key,
    self_signed,
    thumbprint,
)

LONG = "s3cr3t-" * 10


def credentials():
    yield "client_secret_jwt", lambda clock: ClientSecretJwt(LONG, clock=clock)
    pem = pem_of(private_key("p256"))
    yield "private_key_jwt", lambda clock: PrivateKeyJwt(pem, "ES256", clock=clock)


BOTH = pytest.mark.parametrize(
    "make", [pytest.param(m, id=n) for n, m in credentials()]
)


@BOTH
def test_claims_say_who_to_whom_and_for_how_long(make):
    """RFC 7523 §3: iss and sub are the client, aud the server, a minute to live."""
    clock = FakeClock()
    now = int(clock.wall())
    header, claims = parts_of(assertion_of(make(clock)))
    assert header["typ"] == "JWT"
    assert claims.pop("jti")
    assert claims == {
        "iss": "order-service",
        "sub": "order-service",
        "aud": "https://sso.example.com",
        "iat": now - 5,
        "nbf": now - 5,
        "exp": now + 60,
    }


@BOTH
def test_every_try_has_a_jti_of_its_own(make):
    """A retried request isn't a replayed one."""
    credential = make(FakeClock())
    ids = {parts_of(assertion_of(credential))[1]["jti"] for _ in range(50)}
    assert len(ids) == 50


@BOTH
def test_the_form_bears_assertion_type_and_client(make):
    """RFC 7521 §4.2: type, assertion and client_id go into the form, no header."""
    proof = make(FakeClock()).authenticate(CONTEXT)
    assert dict(proof.headers) == {}
    assert {**proof.form, "client_assertion": ""} == {
        "client_id": "order-service",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": "",
    }
    assert proof.secrets == (proof.form["client_assertion"],)


@BOTH
def test_nothing_shows_and_nothing_is_pickled(make):
    """Neither repr, nor a proof's repr, nor a version shows a secret or an assertion."""
    credential = make(FakeClock())
    proof = credential.authenticate(CONTEXT)
    shown = f"{credential!r} {proof!r} {credential.version()}"
    assert "s3cr3t" not in shown
    assert "PRIVATE" not in shown
    assert proof.form["client_assertion"] not in shown
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(credential)


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_secrets_sign_with_each_hash(algorithm):
    """The MAC is the RFC's (RFC 7518 §3.2), over what was sent."""
    assertion = assertion_of(ClientSecretJwt(LONG, algorithm))
    signed, _, _ = assertion.rpartition(".")
    expected = hmac.new(
        LONG.encode(), signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}")
    )
    assert parts_of(assertion)[0]["alg"] == algorithm
    assert assertion.endswith("." + _encode(expected.digest()))


def _encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(("algorithm", "kind"), KINDS.items())
def test_keys_sign_with_each_algorithm(algorithm, kind):
    """Each algorithm's signature holds, and kid names the key."""
    key = private_key(kind)
    credential = PrivateKeyJwt(pem_of(key), algorithm, key_id="k1")
    assertion = assertion_of(credential)
    header, _ = parts_of(assertion)
    assert header == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert signature_holds(assertion, key.public_key(), algorithm)


def test_ed448_signs_eddsa():
    """EdDSA takes both of its curves (RFC 8037 §3.1)."""
    key = private_key("ed448")
    assertion = assertion_of(PrivateKeyJwt(pem_of(key), "EdDSA"))
    assert signature_holds(assertion, key.public_key(), "EdDSA")


def test_a_certificate_goes_by_its_digest():
    """x5t#S256 is the SHA-256 digest of the certificate, as Entra ID wants it."""
    key = private_key("rsa")
    certificate = self_signed(key)
    credential = PrivateKeyJwt(pem_of(key), certificate=certificate)
    header, _ = parts_of(assertion_of(credential))
    assert header["x5t#S256"] == _encode(thumbprint(certificate))
    assert "kid" not in header


@pytest.mark.parametrize(("algorithm", "kind"), KINDS.items())
def test_a_signer_takes_the_place_of_the_key(algorithm, kind):
    """A KMS signs the very bytes; ECDSA signatures may come as DER."""
    key = private_key(kind)
    credential = PrivateKeyJwt(lambda data: kms(key, algorithm, data), algorithm)
    assert signature_holds(assertion_of(credential), key.public_key(), algorithm)
    assert credential.version() == credential.version()


def kms(key, algorithm, data):
    """Sign as AWS KMS does: DER for ECDSA."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(getattr(hashes, f"SHA{algorithm[2:]}")()))
    return ALGORITHMS[algorithm].sign(key, data)


def test_a_signer_may_give_ecdsa_as_jose_wants_it():
    """r and s side by side are taken as they are."""
    signature = bytes(range(64))
    credential = PrivateKeyJwt(lambda _data: signature, "ES256")
    assert assertion_of(credential).endswith("." + _encode(signature))


@pytest.mark.parametrize("signature", [None, b"", "text", b"no DER", 7])
def test_a_signer_that_gives_no_signature_is_named(signature):
    """What can't be a signature is never sent."""
    credential = PrivateKeyJwt(lambda _data: signature, "ES256")
    with pytest.raises(CredentialUnavailable, match="returned no ES256 signature"):
        credential.authenticate(CONTEXT)


def test_a_signature_of_a_wider_curve_is_refused():
    """A P-521 signature can't pass for one of P-256."""
    key = private_key("p521")
    credential = PrivateKeyJwt(lambda data: kms(key, "ES512", data), "ES256")
    with pytest.raises(CredentialUnavailable, match="no ES256 signature"):
        credential.authenticate(CONTEXT)


def test_a_signer_that_fails_is_named_by_its_kind():
    """The words of a signer's error may hold anything: they aren't repeated."""

    def signer(_data):
        message = "s3cr3t"
        raise RuntimeError(message)

    with pytest.raises(CredentialUnavailable) as caught:
        PrivateKeyJwt(signer).authenticate(CONTEXT)
    assert str(caught.value) == "the signer of the key failed (RuntimeError)"
    assert caught.value.__context__ is None


def test_a_signer_may_say_that_it_is_unavailable():
    """A signer's own CredentialUnavailable comes through."""

    def signer(_data):
        message = "the HSM is locked"
        raise CredentialUnavailable(message)

    with pytest.raises(CredentialUnavailable, match="HSM is locked"):
        PrivateKeyJwt(signer).authenticate(CONTEXT)


@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 32), ("HS512", 64)])
def test_a_short_secret_makes_a_warning(algorithm, size):
    """Shorter than the hash: a warning that says so; the server chose the secret."""
    with pytest.warns(UserWarning, match=f"shorter than the {size} bytes") as caught:
        credential = ClientSecretJwt("x" * (size - 1), algorithm)
    assert assertion_of(credential)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_long_secret_makes_none():
    """As long as the hash is long enough (RFC 7518 §3.2); warnings are errors here."""
    assert ClientSecretJwt("x" * 32)


def test_a_short_secret_of_a_source_makes_a_warning_when_it_is_read():
    """Nothing is asked at construction."""
    credential = ClientSecretJwt(lambda: "short")
    with pytest.warns(UserWarning, match="shorter than the 32 bytes"):
        credential.authenticate(CONTEXT)


@pytest.mark.parametrize("algorithm", ["none", "RS256", "hs256", ""])
def test_secrets_dont_sign_with_other_algorithms(algorithm):
    """A secret signs by HMAC, and the message shows the way to keys."""
    with pytest.raises(ConfigurationError, match=r"algorithm .*PrivateKeyJwt"):
        ClientSecretJwt(LONG, algorithm)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "rs256", ""])
def test_keys_dont_sign_with_other_algorithms(algorithm):
    """A key signs asymmetrically, and the message shows the way to secrets."""
    with pytest.raises(ConfigurationError, match=r"algorithm .*ClientSecretJwt"):
        PrivateKeyJwt(pem_of(private_key("rsa")), algorithm)


def test_versions_follow_the_secret_or_the_key():
    """Equal ones have equal versions, others don't."""
    one, other = (pem_of(key) for key in (private_key("p256"), make_key("p256")))
    same = PrivateKeyJwt(one, "ES256").version()
    assert PrivateKeyJwt(one, "ES256").version() == same
    assert PrivateKeyJwt(other, "ES256").version() != same
    assert ClientSecretJwt(LONG).version() == ClientSecretJwt(lambda: LONG).version()
    assert ClientSecretJwt(LONG).version() != ClientSecretJwt(LONG + "x").version()
