"""How tokens are spoilt: each function returns what makes a token."""

import hmac
import json
import zlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.tokens import (
    Signer,
    b64,
    dumps,
    ec_key,
    rsa_key,
    sign_with,
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def header(**changes: Any) -> Callable[[Signer], str]:
    """Return what makes a token with another header, signed by the good key."""
    return lambda signer: signer.raw(
        dumps(signer.header(**changes)), dumps(signer.claims())
    )


def claims(**changes: Any) -> Callable[[Signer], str]:
    """Return what makes a token with other claims; callables get the time."""

    def make(signer: Signer) -> str:
        now = signer.now
        said = {
            name: value(now) if callable(value) else value
            for name, value in changes.items()
        }
        return signer.token(claims=said)

    return make


def payload(edit: Callable[[bytes], bytes]) -> Callable[[Signer], str]:
    """Return what makes a token whose payload was edited before it was signed."""
    return lambda signer: signer.raw(
        dumps(signer.header()), edit(dumps(signer.claims()))
    )


def header_bytes(edit: Callable[[bytes], bytes]) -> Callable[[Signer], str]:
    """Return what makes a token whose header was edited before it was signed."""
    return lambda signer: signer.raw(
        edit(dumps(signer.header())), dumps(signer.claims())
    )


def text(edit: Callable[[str], Any]) -> Callable[[Signer], Any]:
    """Return what edits a good token after it was signed."""
    return lambda signer: edit(signer.token())


def with_raw(name: str, value: bytes) -> Callable[[Signer], str]:
    """Return what puts bytes in place of a claim's value."""

    def edit(data: bytes) -> bytes:
        members = {**json.loads(data), name: "@@"}
        return dumps(members).replace(b'"@@"', value)

    return payload(edit)


def good(signer: Signer) -> str:
    """Make a good token."""
    return signer.token()


def good_ec(signer: Signer) -> str:
    """Make a good token, signed by the EC key."""
    return signer.ec_token()


def constant(value: Any) -> Callable[[Signer], Any]:
    """Return what makes always the same."""
    return lambda _signer: value


def signed_with_hmac(secret: Callable[[], bytes]) -> Callable[[Signer], str]:
    """Return what makes an HS256 token with public bytes as its secret."""

    def make(signer: Signer) -> str:
        head = dumps(signer.header(alg="HS256"))
        signing_input = f"{b64(head)}.{b64(dumps(signer.claims()))}"
        mac = hmac.digest(secret(), signing_input.encode(), "sha256")
        return f"{signing_input}.{b64(mac)}"

    return make


def public_bytes(encoding: Encoding) -> bytes:
    public = rsa_key().public_key()
    return public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def signature(edit: Callable[[bytes, bytes], bytes]) -> Callable[[Signer], str]:
    """Return what edits the EC token's signature; `edit` gets what was signed too."""

    def make(signer: Signer) -> str:
        signing_input, _, encoded = signer.ec_token().rpartition(".")
        raw = sign_with(ec_key(), "ES256", signing_input.encode())
        assert encoded
        return f"{signing_input}.{b64(edit(raw, signing_input.encode()))}"

    return make


def numbers(r: int | None, s: int | None) -> Callable[[Signer], str]:
    """Return what puts numbers in place of the EC signature's own (None: kept)."""

    def edit(raw: bytes, _signed: bytes) -> bytes:
        first = raw[:32] if r is None else r.to_bytes(32, "big")
        second = raw[32:] if s is None else s.to_bytes(32, "big")
        return first + second

    return signature(edit)


def as_der(raw: bytes, _signed: bytes) -> bytes:
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    return encode_dss_signature(r, s)


def mirrored(raw: bytes, _signed: bytes) -> bytes:
    s = P256_ORDER - int.from_bytes(raw[32:], "big")
    return raw[:32] + s.to_bytes(32, "big")


def forged_with_exponent_1(signer: Signer) -> str:
    head = dumps(signer.header(kid="e-1"))
    signing_input = f"{b64(head)}.{b64(dumps(signer.claims()))}"
    # What the padded hash must be is the signature itself: m^1 = m.
    genuine = sign_with(rsa_key(), "RS256", signing_input.encode())
    public = rsa_key().public_key().public_numbers()
    padded = pow(int.from_bytes(genuine, "big"), public.e, public.n)
    return f"{signing_input}.{b64(padded.to_bytes(256, 'big'))}"


def in_standard_alphabet(signer: Signer) -> str:
    token = with_url_characters(signer)
    head, body, mark = token.split(".")
    return f"{head}.{body}.{mark.replace('-', '+').replace('_', '/')}"


def with_url_characters(signer: Signer) -> str:
    """Make a good token whose signature has characters of base64url alone."""
    for attempt in range(100):
        token = signer.token(claims={"jti": f"t{attempt}"})
        if set("-_") & set(token.rpartition(".")[2]):
            return token
    message = "a hundred signatures without - or _"
    raise AssertionError(message)


def with_stray_bits(token: str) -> str:
    # 256 bytes end in a character that carries 4 bits: of 16 spellings one is right.
    last = token[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(last) + 1]


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def as_json_serialization(token: str) -> str:
    head, body, mark = token.split(".")
    return json.dumps({"protected": head, "payload": body, "signature": mark})


def jwe(**members: Any) -> str:
    return f"{b64(dumps({'alg': 'RSA-OAEP', 'enc': 'A256GCM', **members}))}.e.e.e.e"


def zip_bomb(signer: Signer) -> str:
    packed = zlib.compress(b" " * 1_000_000 + dumps(signer.claims()), 9)
    return signer.raw(dumps(signer.header(zip="DEF")), packed)


def by_attacker(**members: Any) -> Callable[[Signer], str]:
    return lambda signer: signer.token(members, key=rsa_key("attacker"))
