"""Keys and certificates in files: good, spoilt, swapped."""

from datetime import UTC, datetime
from typing import Any

import pytest

from s2sauth.credentials import ClientCertificate, PrivateKeyJwt
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import FileSecret
from s2sauth.testing import FakeClock
from support.assertions import CONTEXT, assertion_of, signature_holds
from support.canary import shown
from support.key_material import (
    make_key,
    pem_of,
    private_key,
    public_pem,
    self_signed,
)

GOOD = pem_of(private_key("p256"))
CERTIFICATE = self_signed(private_key("p256"))
PASSPHRASE = b"p4ssphr4se"
LOCKED = pem_of(private_key("p256"), PASSPHRASE)
# The body of the PEM: a piece of it in a message would be a piece of the key.
PIECE = GOOD.splitlines()[1].decode()[:12]

SPOILT_KEYS = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "no PEM": (b"s3cr3t, and no PEM", "holds no PEM private key"),
    "a public key": (public_pem(private_key("p256")), "holds a public key"),
    "a certificate": (CERTIFICATE, "holds a certificate"),
    "cut short": (GOOD[:90] + b"\n-----END PRIVATE KEY-----\n", "no whole PEM"),
    "of another curve": (
        pem_of(private_key("p384")),
        "ES256 needs an EC key on the curve P-256",
    ),
    "RSA": (pem_of(private_key("rsa")), "doesn't match the algorithm: ES256 needs"),
    "encrypted": (LOCKED, "is encrypted: pass passphrase="),
}
KEYS = pytest.mark.parametrize(
    ("content", "said"), SPOILT_KEYS.values(), ids=SPOILT_KEYS
)


@KEYS
def test_a_spoilt_key_file_is_refused_at_once(tmp_path, content, said):
    """A file that's there is checked at construction: named, with the way out."""
    path = tmp_path / "client.key"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        PrivateKeyJwt(path, "ES256")
    assert said in str(caught.value)
    assert f"the key file {str(path)!r}" in str(caught.value)
    assert PIECE not in shown(caught.value)


@KEYS
def test_a_spoilt_key_text_is_refused_at_once(content, said):
    """A text is checked at construction, too, and named as the argument."""
    with pytest.raises(ConfigurationError) as caught:
        PrivateKeyJwt(content, "ES256")
    assert str(caught.value).startswith(("the key ", "key must be"))
    assert said in str(caught.value) or not content.strip()


@KEYS
def test_a_key_file_spoilt_later_is_a_token_error(tmp_path, content, said):
    """A file that's spoilt while the service runs makes the fetch fail, by its name."""
    path = tmp_path / "client.key"
    path.write_bytes(GOOD)
    credential = PrivateKeyJwt(path, "ES256")
    path.write_bytes(content)
    with pytest.raises(CredentialUnavailable) as caught:
        credential.authenticate(CONTEXT)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.__context__ is None
    assert PIECE not in shown(caught.value)


def test_a_key_file_that_is_still_to_come_is_no_error_yet(tmp_path):
    """A volume may be mounted later; until then the fetch says what's missing."""
    path = tmp_path / "client.key"
    credential = PrivateKeyJwt(path, "ES256")
    with pytest.raises(CredentialUnavailable, match="it isn't there"):
        credential.version()
    path.write_bytes(GOOD)
    assert assertion_of(credential)


@pytest.mark.parametrize("path", ["{}", "a\0b"])
def test_a_key_file_that_cannot_be_read_is_named(tmp_path, path):
    """A folder, or what no path can be."""
    with pytest.raises(ConfigurationError, match=r"the key file .* can't be read: "):
        PrivateKeyJwt(path.format(tmp_path), "ES256")


@pytest.mark.parametrize("key", ["", b"", None, 7])
def test_a_key_that_is_none_is_refused(key):
    """Neither text nor path nor signer."""
    with pytest.raises(ConfigurationError, match="key must be PEM text"):
        PrivateKeyJwt(key)


@pytest.mark.parametrize("key_id", ["", 7, b"k1"])
def test_a_key_id_is_text(key_id):
    """A kid that can't be is refused by its name."""
    with pytest.raises(ConfigurationError, match="key_id"):
        PrivateKeyJwt(GOOD, "ES256", key_id=key_id)


def test_small_rsa_keys_are_refused():
    """RFC 7518 §3.3 asks for 2048 bits."""
    with pytest.raises(ConfigurationError, match="at least 2048 bits"):
        PrivateKeyJwt(pem_of(private_key("rsa1024")))


@pytest.mark.parametrize("given", [GOOD, GOOD.decode(), "path", "str path"])
def test_a_key_comes_as_bytes_as_text_or_as_a_path(tmp_path, given):
    """A string is a PEM text if it says so, and a path otherwise."""
    path = tmp_path / "client.key"
    path.write_bytes(GOOD)
    key = {"path": path, "str path": str(path)}.get(given, given)
    assertion = assertion_of(PrivateKeyJwt(key, "ES256"))
    assert signature_holds(assertion, private_key("p256").public_key(), "ES256")


@pytest.mark.parametrize("kind", ["str", "bytes", "file"])
def test_a_passphrase_opens_the_key(tmp_path, kind):
    """As text, as bytes, or from a file, whose line end is stripped."""
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    given: dict[str, Any] = {
        "str": PASSPHRASE.decode(),
        "bytes": PASSPHRASE,
        "file": FileSecret(path),
    }
    credential = PrivateKeyJwt(LOCKED, "ES256", passphrase=given[kind])
    assert signature_holds(
        assertion_of(credential), private_key("p256").public_key(), "ES256"
    )


@pytest.mark.parametrize(
    ("pem", "said"),
    [(LOCKED, "the passphrase is wrong"), (GOOD, "isn't encrypted: leave passphrase=")],
)
def test_a_passphrase_that_does_not_fit_is_told(pem, said):
    """Wrong, or not needed; it stands in no message."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        PrivateKeyJwt(pem, "ES256", passphrase="wr0ng-0ne")
    assert "wr0ng-0ne" not in shown(caught.value)


def test_a_passphrase_source_that_fails_is_named(tmp_path):
    """A passphrase file that isn't there is the error, not the key; nothing shows."""
    source = FileSecret(tmp_path / "passphrase")
    with pytest.raises(
        ConfigurationError, match=r"passphrase.*can't be read"
    ) as caught:
        PrivateKeyJwt(LOCKED, "ES256", passphrase=source)
    assert LOCKED.splitlines()[1].decode()[:12] not in shown(caught.value)


def test_a_passphrase_source_that_fails_later_shows_no_key(tmp_path):
    """While the service runs: no frame of the error holds what was read of the key."""
    path, passphrase = tmp_path / "client.key", tmp_path / "passphrase"
    path.write_bytes(LOCKED)
    passphrase.write_bytes(PASSPHRASE)
    credential = PrivateKeyJwt(path, "ES256", passphrase=FileSecret(passphrase))
    passphrase.unlink()
    relocked = pem_of(private_key("p256"), PASSPHRASE)
    path.write_bytes(relocked)
    with pytest.raises(
        CredentialUnavailable, match=r"passphrase.*can't be read"
    ) as got:
        credential.authenticate(CONTEXT)
    assert relocked.splitlines()[1].decode()[:12] not in shown(got.value)


@pytest.mark.parametrize("passphrase", ["", b"", 7])
def test_a_passphrase_that_is_none_is_refused(passphrase):
    """Neither text nor source."""
    with pytest.raises(ConfigurationError, match="passphrase must be"):
        PrivateKeyJwt(GOOD, "ES256", passphrase=passphrase)


def test_a_signer_has_no_passphrase():
    """Two ways to the key at once are refused."""
    with pytest.raises(ConfigurationError, match="a signer has none"):
        PrivateKeyJwt(lambda data: data, passphrase="x")


def test_a_swapped_key_signs_the_next_assertion(tmp_path):
    """No restart: the next fetch signs with the new key, and has another version."""
    path, other = tmp_path / "client.key", make_key("p256")
    path.write_bytes(GOOD)
    credential = PrivateKeyJwt(path, "ES256")
    before = credential.version()
    path.write_bytes(pem_of(other))
    assert credential.version() != before
    assert signature_holds(assertion_of(credential), other.public_key(), "ES256")


SPOILT_CERTIFICATES = {
    "empty": (b"", "is empty"),
    "a key": (GOOD, "holds no PEM certificate"),
    "cut short": (
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "is no whole PEM certificate",
    ),
    "another's": (self_signed(private_key("rsa")), "doesn't belong to the key file"),
    "expired": (
        self_signed(private_key("p256"), end=datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)),
        "expired at 2021-02-03T04:05:06Z: renew it",
    ),
    "not valid yet": (
        self_signed(
            private_key("p256"), start=datetime(2090, 2, 3, 4, 5, 6, tzinfo=UTC)
        ),
        "isn't valid before 2090-02-03T04:05:06Z",
    ),
}
USERS = {
    "certificate": lambda cert, key, clock=None: ClientCertificate(
        cert, key, **({"clock": clock} if clock else {})
    ),
    "private_key_jwt": lambda cert, key, clock=None: PrivateKeyJwt(
        key, "ES256", certificate=cert, **({"clock": clock} if clock else {})
    ),
}
BOTH = pytest.mark.parametrize("make", USERS.values(), ids=USERS)


@pytest.fixture
def files(tmp_path):
    """A certificate and its key, on disk."""
    cert, key = tmp_path / "client.pem", tmp_path / "client.key"
    cert.write_bytes(CERTIFICATE)
    key.write_bytes(GOOD)
    return cert, key


@BOTH
@pytest.mark.parametrize(
    ("content", "said"), SPOILT_CERTIFICATES.values(), ids=SPOILT_CERTIFICATES
)
def test_a_spoilt_certificate_is_refused_at_once(files, make, content, said):
    """It's named, with what's wrong and the way out."""
    cert, key = files
    cert.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        make(cert, key)
    assert said in str(caught.value)
    assert str(cert) in str(caught.value)
    assert PIECE not in shown(caught.value)


@BOTH
def test_a_certificate_that_ends_while_we_run_is_told(files, make):
    """Its end is judged by the clock, at every fetch."""
    clock = FakeClock(wall=datetime(2021, 1, 1, tzinfo=UTC).timestamp())
    cert, key = files
    cert.write_bytes(
        self_signed(private_key("p256"), end=datetime(2021, 1, 2, tzinfo=UTC))
    )
    credential = make(cert, key, clock)
    assert credential.authenticate(CONTEXT)
    clock.advance(86_400)
    with pytest.raises(CredentialUnavailable, match="expired at 2021-01-02T00:00:00Z"):
        credential.authenticate(CONTEXT)


@BOTH
def test_half_a_swap_leaves_the_old_pair_in_use(files, make):
    """Between the two writes of a swap the last pair that matched goes on."""
    cert, key = files
    credential = make(cert, key)
    before = credential.version()
    other = make_key("p256")
    key.write_bytes(pem_of(other))
    assert credential.version() == before
    assert credential.authenticate(CONTEXT)
    cert.write_bytes(self_signed(other))
    assert credential.version() != before


@BOTH
def test_a_certificate_file_that_goes_away_is_told(files, make):
    """A file that isn't there any more is an error that names it."""
    cert, key = files
    credential = make(cert, key)
    cert.unlink()
    with pytest.raises(CredentialUnavailable, match="it isn't there") as caught:
        credential.authenticate(CONTEXT)
    assert str(cert) in str(caught.value)
