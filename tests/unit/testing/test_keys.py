"""Signing keys and the key set, checked with python-jose."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jose import jwk

from s2sauth.errors import ConfigurationError
from s2sauth.testing.keys import (
    KeyRing,
    SigningKey,
    as_signing_key,
    encryption_key,
    new_signing_key,
)


def _x_length(key):
    x = key._key.public_key().public_numbers().x
    return min(31, (x.bit_length() - 1) // 8)


def _pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_signatures_hold(algorithm):
    """What a key signs, python-jose verifies with the published half, and no other."""
    key = new_signing_key(algorithm)
    published = jwk.construct(key.jwk(), algorithm)
    signature = key.sign(b"text")

    assert published.verify(b"text", signature)
    assert not published.verify(b"texT", signature)
    assert (algorithm, key.kid, "sig") == tuple(
        key.jwk()[name] for name in ("alg", "kid", "use")
    )


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_public_half_holds_nothing_private(algorithm):
    """No private member of RFC 7518 is in a JWK, nor in a repr."""
    key = new_signing_key(algorithm)

    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key.jwk())
    assert f"<SigningKey kid={key.kid!r} {algorithm}>" == repr(key)


def test_es256_numbers_keep_their_length():
    """Coordinates and signature halves are 32 bytes, leading zeros included."""
    lengths = set()
    while len(lengths) < 2:  # every 256th key has a short x
        key = new_signing_key("ES256")
        lengths.add(_x_length(key))
        assert (43, 43, 64) == (
            len(key.jwk()["x"]),
            len(key.jwk()["y"]),
            len(key.sign(b"")),
        )


def test_rotation_keeps_the_old_key():
    """A new key signs, and the old one stays in the set."""
    ring = KeyRing("ES256")
    old = ring.current
    new = ring.rotate(keep_old=True, algorithm=None)

    assert new is ring.current
    assert [old.kid, new.kid] == [key["kid"] for key in ring.jwks()["keys"]]


def test_rotation_can_drop_the_old_key():
    """`keep_old=False` leaves the new key alone in the set."""
    ring = KeyRing("ES256")
    old = ring.current.kid
    new = ring.rotate(keep_old=False, algorithm="RS256").kid

    assert [(new, "RS256")] == [(key["kid"], key["alg"]) for key in ring.jwks()["keys"]]
    assert (False, True) == (old in ring, new in ring)


def test_only_an_old_key_can_be_removed():
    """The key that signs stays; an old one goes; another name is a mistake."""
    ring = KeyRing("ES256")
    old = ring.current.kid
    with pytest.raises(ConfigurationError, match="kid"):
        ring.remove(old)
    ring.rotate(keep_old=True, algorithm=None)
    ring.remove(old)

    assert old not in ring
    with pytest.raises(ConfigurationError, match="kid"):
        ring.remove(old)


def test_the_encryption_key_comes_first():
    """With it, the set begins with a key that must never verify a signature."""
    first, second = KeyRing("ES256", with_encryption_key=True).jwks()["keys"]

    assert ("enc", "RSA-OAEP", "sig") == (first["use"], first["alg"], second["use"])
    assert encryption_key().kid == first["kid"]


@pytest.mark.parametrize("algorithm", ["", "HS256", "none", "rs256", "ES384"])
def test_other_algorithms_are_refused(algorithm):
    """Only RS256 and ES256 sign here."""
    with pytest.raises(ConfigurationError, match="signing_algorithm"):
        KeyRing(algorithm)


def test_keys_of_others_are_taken():
    """A forger's key comes as an object of ours, of cryptography, or as a PEM text."""
    private = ec.generate_private_key(ec.SECP256R1())
    ours = SigningKey(private)
    public = ours.jwk()["x"]

    assert ours is as_signing_key(ours)
    for key in (private, _pem(private), _pem(private).decode()):
        assert public == as_signing_key(key).jwk()["x"]


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        _pem(ed25519.Ed25519PrivateKey.generate()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 1024).public_key(),
        "no PEM",
        b"\xff",
        7,
    ],
)
def test_other_keys_are_refused(key):
    """What can't sign RS256 or ES256 is refused, without quoting it."""
    with pytest.raises(ConfigurationError, match="key") as caught:
        as_signing_key(key)
    assert caught.value.__context__ is None
