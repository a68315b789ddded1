"""Signatures of something else, by someone else, or in another dress."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.pairs import entry
from support.bad_tokens.spoiling import P256_ORDER, good, good_ec, numbers, signature
from support.tokens import Signer, b64, ec_key, ed_key, rsa_key, sign_with

__all__ = ["MORE_SIGNATURES", "good_ed", "good_p384", "good_ps"]

_WRONG = Reason.TOKEN_SIGNATURE
_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ED_ORDER = 2**252 + 27742317777372353535851937790883648493
Edit = Callable[[bytes, bytes], bytes]  # of a signature, and what was signed


def good_ps(signer: Signer) -> str:
    """Make a good token, signed with PSS."""
    return signer.token({"alg": "PS256", "kid": "pss"})


def good_p384(signer: Signer) -> str:
    """Make a good token, signed on P-384."""
    return signer.token({"alg": "ES384", "kid": "p384-good"}, key=ec_key(curve="P-384"))


def good_ed(signer: Signer) -> str:
    """Make a good token, signed with Ed25519."""
    return signer.token({"alg": "EdDSA", "kid": "ed"}, key=ed_key())


def _resigned(
    token: Callable[[Signer], str], key: Any, algorithm: str, edit: Edit
) -> Callable[[Signer], str]:
    """Return what makes a token, and edits its signature."""

    def make(signer: Signer) -> str:
        signing_input, _, _ = token(signer).rpartition(".")
        signed = signing_input.encode()
        raw = sign_with(key, algorithm, signed)
        return f"{signing_input}.{b64(edit(raw, signed))}"

    return make


def _rsa(edit: Edit) -> Callable[[Signer], str]:
    return _resigned(good, rsa_key(), "RS256", edit)


def _pkcs1(hash_algorithm: hashes.HashAlgorithm) -> Edit:
    return lambda _raw, signed: rsa_key().sign(
        signed, padding.PKCS1v15(), hash_algorithm
    )


def _pss(salt: int, mask: hashes.HashAlgorithm) -> Edit:
    scheme = padding.PSS(padding.MGF1(mask), salt)
    return lambda _raw, signed: rsa_key().sign(signed, scheme, hashes.SHA256())


def _above_modulus(raw: bytes, _signed: bytes) -> bytes:
    """Return another number with the same remainder, where it fits in as many bytes."""
    modulus = rsa_key().public_key().public_numbers().n
    number = int.from_bytes(raw, "big") + modulus
    return number.to_bytes(257, "big").removeprefix(b"\0")


def _modulus(_raw: bytes, _signed: bytes) -> bytes:
    return rsa_key().public_key().public_numbers().n.to_bytes(256, "big")


def _s_plus_order(raw: bytes, _signed: bytes) -> bytes:
    s = int.from_bytes(raw[32:], "little") + _ED_ORDER
    return raw[:32] + s.to_bytes(32, "little")


def _about_rsa() -> list[BadToken]:
    edits: dict[str, Edit] = {
        "of zeros": lambda raw, _: bytes(len(raw)),
        "of ones": lambda raw, _: b"\xff" * len(raw),
        "the number 1": lambda raw, _: b"\1".rjust(len(raw), b"\0"),
        "the modulus": _modulus,
        "the modulus more": _above_modulus,
        "a byte short": lambda raw, _: raw[1:],
        "a byte short behind": lambda raw, _: raw[:-1],
        "a zero byte longer": lambda raw, _: b"\0" + raw,
        "a zero byte longer behind": lambda raw, _: raw + b"\0",
        "twice": lambda raw, _: raw + raw,
        "backwards": lambda raw, _: raw[::-1],
        "of one byte": lambda _raw, _: b"\0",
        "the first bit turned": lambda raw, _: bytes([raw[0] ^ 128]) + raw[1:],
        "the last bit turned": lambda raw, _: raw[:-1] + bytes([raw[-1] ^ 1]),
        "over SHA-1": _pkcs1(hashes.SHA1()),
        "over SHA-384": _pkcs1(hashes.SHA384()),
        "over SHA-512": _pkcs1(hashes.SHA512()),
        "PSS under RS256": _pss(32, hashes.SHA256()),
        "of an HMAC's length": lambda raw, _: raw[:32],
        "of the header alone": lambda _, signed: sign_with(
            rsa_key(), "RS256", signed.partition(b".")[0]
        ),
        "of the payload alone": lambda _, signed: sign_with(
            rsa_key(), "RS256", signed.partition(b".")[2]
        ),
        "of the same with a dot behind": lambda _, signed: sign_with(
            rsa_key(), "RS256", signed + b"."
        ),
        "by another key": lambda _, signed: sign_with(
            rsa_key("attacker"), "RS256", signed
        ),
    }
    return [
        entry(f"signature {what}", _WRONG, _rsa(edit)) for what, edit in edits.items()
    ]


def _about_pss() -> list[BadToken]:
    edits: dict[str, Edit] = {
        "without salt": _pss(0, hashes.SHA256()),
        "with a salt of 20 bytes": _pss(20, hashes.SHA256()),
        "with the longest salt": _pss(222, hashes.SHA256()),
        "masked by SHA-1": _pss(32, hashes.SHA1()),
        "that is PKCS #1": _pkcs1(hashes.SHA256()),
    }
    return [
        entry(
            f"PSS {what}", _WRONG, _resigned(good_ps, rsa_key(), "PS256", edit), good_ps
        )
        for what, edit in edits.items()
    ]


def _about_points() -> list[BadToken]:
    edits: dict[str, Edit] = {
        "with r and s swapped": lambda raw, _: raw[32:] + raw[:32],
        "with r twice": lambda raw, _: raw[:32] * 2,
        "a byte short": lambda raw, _: raw[:-1],
        "with leading zeros": lambda raw, _: b"\0" + raw[:32] + b"\0" + raw[32:],
        "over SHA-384": lambda _, signed: sign_with(ec_key(), "ES384", signed),
        "by another key": lambda _, signed: sign_with(ec_key("x"), "ES256", signed),
        "of P-384": lambda _, signed: sign_with(ec_key(curve="P-384"), "ES384", signed),
        "empty but for zeros of P-384": lambda *_: bytes(96),
    }
    values = {"n + 1": P256_ORDER + 1, "p": _P256_PRIME, "2^256 - 1": 2**256 - 1}
    return [
        *(
            entry(f"ES256 signature {what}", _WRONG, signature(edit), good_ec)
            for what, edit in edits.items()
        ),
        *(
            entry(f"ES256 with r and s {what}", _WRONG, numbers(value, value), good_ec)
            for what, value in values.items()
        ),
        entry(
            "ES384 over SHA-256",
            _WRONG,
            _resigned(
                good_p384,
                ec_key(curve="P-384"),
                "ES384",
                lambda _, signed: sign_with(ec_key(curve="P-384"), "ES256", signed),
            ),
            good_p384,
        ),
    ]


def _about_edwards() -> list[BadToken]:
    edits: dict[str, Edit] = {
        "of zeros": lambda raw, _: bytes(len(raw)),
        "with S beyond the order": _s_plus_order,
        "with R of small order": lambda raw, _: b"\1" + bytes(31) + raw[32:],
        "with S zero": lambda raw, _: raw[:32] + bytes(32),
        "a byte short": lambda raw, _: raw[:-1],
        "by another key": lambda _, signed: ed_key("attacker").sign(signed),
    }
    return [
        entry(
            f"Ed25519 signature {what}",
            _WRONG,
            _resigned(good_ed, ed_key(), "EdDSA", edit),
            good_ed,
        )
        for what, edit in edits.items()
    ]


MORE_SIGNATURES = [
    *_about_rsa(),
    *_about_pss(),
    *_about_points(),
    *_about_edwards(),
]
