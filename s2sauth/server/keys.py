"""One JWK made into a key that's bound to its algorithms, or refused with a reason.

Every rule stands here that a key must meet before it may verify anything
(RFC 7517 §4, RFC 7518 §6): python-jose would take nearly all that's refused.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from jose.backends.base import Key

from s2sauth._base.strict import NotStrict, decode_base64url
from s2sauth.server.algorithms import SUPPORTED, Algorithm
from s2sauth.server.weak_points import is_weak_point
from s2sauth.server.weak_rsa import is_roca

__all__ = ["MAX_KEY_ID", "BoundKey", "KeyUnusable", "PublicKey", "read_jwk"]

MAX_KEY_ID = 256  # characters; longer ones are neither kept nor looked for

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS = range(2048, 16384 + 1)
_MAX_EXPONENT = 2**64
_COORDINATE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66, "Ed25519": 32}


class KeyUnusable(ValueError):
    """A JWK can't be used; the message says why."""


Members: TypeAlias = Mapping[str, str]


class PublicKey:
    """What a JWK says, checked and reduced to what counts. Immutable.

    Attributes:
        key_id: Its `kid`, or None.
        members: The public members; equal ones are the same key.
        algorithms: Every algorithm that it fits.
        signature_length: Bytes of each signature made with it.
    """

    __slots__ = ("algorithms", "key_id", "members", "signature_length")

    def __init__(
        self,
        key_id: str | None,
        members: Members,
        algorithms: tuple[Algorithm, ...],
        signature_length: int,
    ) -> None:
        self.key_id = key_id
        self.members = members
        self.algorithms = algorithms
        self.signature_length = signature_length

    def is_same(self, other: "PublicKey") -> bool:
        """Tell whether nothing that counts has changed."""
        return (
            self.key_id == other.key_id
            and self.members == other.members
            and self.algorithms == other.algorithms
        )


class BoundKey:
    """A key, ready to verify under the algorithms that it's bound to.

    Compared by identity. Safe to share between threads.

    Args:
        public: What its JWK says.
        allowed: The algorithms that the verifier allows.

    Attributes:
        key_id: Its `kid`, or None.
        public: What its JWK says.

    Raises:
        KeyUnusable: The numbers are no key, such as a point off its curve.
    """

    __slots__ = ("_signature_length", "_verify", "key_id", "public")

    def __init__(self, public: PublicKey, allowed: Collection[str]) -> None:
        self.public = public
        self.key_id = public.key_id
        self._signature_length = public.signature_length
        self._verify: dict[str, Callable[[bytes, bytes], bool]] = {
            algorithm.name: _build(algorithm, public.members).verify
            for algorithm in public.algorithms
            if algorithm.name in allowed
        }

    @property
    def algorithms(self) -> Collection[str]:
        """The allowed algorithms that it fits."""
        return self._verify.keys()

    @property
    def usable(self) -> bool:
        """Whether any allowed algorithm fits."""
        return bool(self._verify)

    def fits(self, algorithm: str) -> bool:
        """Tell whether the key may verify under `algorithm`."""
        return algorithm in self._verify

    def verifies(self, algorithm: str, signing_input: bytes, signature: bytes) -> bool:
        """Tell whether a signature holds (RFC 7515 §5.2): the signature step, whole.

        Args:
            algorithm: One that `fits`.
            signing_input: The header and payload segments with their dot.
            signature: Decoded.
        """
        if len(signature) != self._signature_length:
            return False
        try:
            return self._verify[algorithm](signing_input, signature) is True
        except Exception:  # noqa: BLE001 - whatever the mathematics minds, it's no signature
            return False


def _build(algorithm: Algorithm, members: Members) -> Key:
    try:
        return algorithm.build(members)
    except Exception:  # noqa: BLE001 - python-jose and cryptography raise many kinds
        message = "its numbers are no public key, or a point off the curve"
    raise KeyUnusable(message)


def read_jwk(jwk: object) -> PublicKey:
    """Check one member of a key set.

    Args:
        jwk: Parsed JSON, from anyone.

    Raises:
        KeyUnusable: It may not verify signatures; the message says why.
    """
    if type(jwk) is not dict:
        message = "it's no JSON object"
        raise KeyUnusable(message)
    key_id = _key_id(jwk)
    _check_purpose(jwk)
    members, signature_length = _members(jwk)
    return PublicKey(key_id, members, _algorithms(jwk), signature_length)


def _key_id(jwk: dict[str, Any]) -> str | None:
    key_id = jwk.get("kid")
    if key_id is None:
        return None
    if type(key_id) is not str or len(key_id) > MAX_KEY_ID:
        message = f"its kid is no string of at most {MAX_KEY_ID} characters"
        raise KeyUnusable(message)
    return key_id


def _check_purpose(jwk: dict[str, Any]) -> None:
    if jwk.get("kty") == "oct":
        message = "it's a symmetric key, which a key set must never hold"
        raise KeyUnusable(message)
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        message = "it holds private members: the issuer leaked it"
        raise KeyUnusable(message)
    if jwk.get("use", "sig") != "sig":
        message = "its use isn't sig"
        raise KeyUnusable(message)
    operations = jwk.get("key_ops", ["verify"])
    if type(operations) is not list or "verify" not in operations:
        message = "its key_ops don't name verify"
        raise KeyUnusable(message)


def _members(jwk: dict[str, Any]) -> tuple[Members, int]:
    """Return the members that count, and the length of its signatures."""
    key_type = jwk.get("kty")
    if key_type == "RSA":
        modulus_bytes = _check_rsa(jwk)
        return {name: jwk[name] for name in ("kty", "n", "e")}, modulus_bytes
    if key_type in ("EC", "OKP"):
        names = _check_point(jwk)
        return {name: jwk[name] for name in names}, 2 * _COORDINATE_BYTES[jwk["crv"]]
    message = "its kty is none that we know"
    raise KeyUnusable(message)


def _check_rsa(jwk: dict[str, Any]) -> int:
    modulus, exponent = (
        int.from_bytes(_octets(jwk, name), "big") for name in ("n", "e")
    )
    bits = modulus.bit_length()
    if bits not in _RSA_BITS or modulus % 2 == 0:
        message = f"its modulus has {bits} bits or is even; it takes 2048 and odd"
        raise KeyUnusable(message)
    if exponent % 2 == 0 or not 1 < exponent < _MAX_EXPONENT:
        message = "its exponent is even, 1, or absurdly large"
        raise KeyUnusable(message)
    if is_roca(modulus):
        message = "its modulus was made by a faulty generator (ROCA, CVE-2017-15361)"
        raise KeyUnusable(message)
    return (bits + 7) // 8


def _check_point(jwk: dict[str, Any]) -> tuple[str, ...]:
    curve = jwk.get("crv")
    if type(curve) is not str or curve not in _COORDINATE_BYTES:
        message = "its crv is none that we know"
        raise KeyUnusable(message)
    coordinates = ("x", "y") if jwk["kty"] == "EC" else ("x",)
    for name in coordinates:
        if len(_octets(jwk, name)) != _COORDINATE_BYTES[curve]:
            message = f"its {name} isn't as long as {curve} wants (RFC 7518 §6.2.1.2)"
            raise KeyUnusable(message)
    if curve == "Ed25519" and is_weak_point(_octets(jwk, "x")):
        message = "its point is of small order: anyone could sign for it"
        raise KeyUnusable(message)
    return ("kty", "crv", *coordinates)


def _octets(jwk: dict[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if type(value) is str and value.isascii():
        try:
            return decode_base64url(value.encode("ascii"))
        except NotStrict:
            del value
    message = f"its {name} is missing or no base64url"
    raise KeyUnusable(message)


def _algorithms(jwk: dict[str, Any]) -> tuple[Algorithm, ...]:
    """Return the algorithms that fit `kty`, `crv` and `alg` (RFC 7517 §4.4)."""
    named = jwk.get("alg")
    fitting = tuple(
        algorithm
        for algorithm in SUPPORTED.values()
        if algorithm.key_type == jwk["kty"]
        and algorithm.curve == (None if jwk["kty"] == "RSA" else jwk["crv"])
        and (named is None or named == algorithm.name)
    )
    if not fitting:
        message = "its alg is no signature algorithm that fits its kty and crv"
        raise KeyUnusable(message)
    return fitting
