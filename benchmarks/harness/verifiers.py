"""The libraries that verify tokens, each used as its documentation says.

All check signature, algorithm, issuer, audience and expiry, with a key that was built
before. Each returns what it read, so that nothing is left undone.
"""

import warnings
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from harness import peers
from harness.tokens import AUDIENCE, ISSUER, SigningKey, parts, signing_key
from s2sauth import Provider
from s2sauth.server import JwtVerifier
from s2sauth.server.jwks_endpoint import FetchedKeys

Verify = Callable[[str], object]
SignatureStep = Callable[[tuple[bytes, bytes]], object]

OTHERS = ("PyJWT", "joserfc", "Authlib", "jwcrypto", "python-jose")


def verifier_for(key: SigningKey, **options: Any) -> JwtVerifier:
    """Return a verifier of ours that has its keys already: two, as while they rotate."""
    other = {**signing_key("ES256").jwk, "kid": "the-one-before"}
    document = {"keys": [other, key.jwk]}

    def fetch(deadline: float, *, patient: bool) -> FetchedKeys:
        del deadline, patient
        return FetchedKeys(document)

    verifier = JwtVerifier(
        Provider(issuer=ISSUER),
        audience=AUDIENCE,
        algorithms=(key.algorithm,),
        fetch_keys=fetch,
        **options,
    )
    verifier.warm_up()
    return verifier


def signature_step(key: SigningKey) -> tuple[str, SignatureStep]:
    """Return the signature alone: python-jose's Key.verify, or else cryptography's."""
    if key.algorithm in {"RS256", "ES256"}:
        from jose import jwk

        verify = jwk.construct(key.jwk, key.algorithm).verify
        return "python-jose: Key.verify alone", lambda pair: verify(*pair)
    if key.algorithm == "EdDSA":
        step = key.public.verify
        return "cryptography: verify alone", lambda pair: step(pair[1], pair[0])
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    return "cryptography: verify alone", lambda pair: key.public.verify(
        pair[1], pair[0], scheme, hashes.SHA256()
    )


def others(key: SigningKey) -> dict[str, Verify]:
    """Return every peer that's installed and knows the algorithm."""
    makers: dict[str, Callable[[SigningKey], dict[str, Verify]]] = {
        "PyJWT": _pyjwt,
        "joserfc": _joserfc,
        "Authlib": _authlib,
        "jwcrypto": _jwcrypto,
        "python-jose": _python_jose,
    }
    found: dict[str, Verify] = {}
    for name in OTHERS:
        if peers.installed(name):
            found |= makers[name](key)
    return found


def _pyjwt(key: SigningKey) -> dict[str, Verify]:
    import jwt

    built = jwt.PyJWK(key.jwk)
    return {
        "PyJWT: jwt.decode": lambda token: jwt.decode(
            token, built, [key.algorithm], audience=AUDIENCE, issuer=ISSUER
        )
    }


def _joserfc(key: SigningKey) -> dict[str, Verify]:
    from joserfc import jwt
    from joserfc.errors import SecurityWarning
    from joserfc.jwk import KeySet

    # It calls EdDSA, as RFC 9864 does, too wide a name; it verifies it all the same.
    warnings.simplefilter("ignore", SecurityWarning)
    built = KeySet.import_key_set({"keys": [key.jwk]})
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
    )

    def verify(token: str) -> object:
        decoded = jwt.decode(token, built, algorithms=[key.algorithm])
        claims.validate(decoded.claims)
        return decoded.claims

    return {"joserfc: jwt.decode, validate": verify}


def _authlib(key: SigningKey) -> dict[str, Verify]:
    from authlib.deprecate import AuthlibDeprecationWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # of authlib.jose
        from authlib.jose import JsonWebKey, JsonWebToken
    codec = JsonWebToken([key.algorithm])
    built = JsonWebKey.import_key(key.jwk)
    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
        "exp": {"essential": True},
    }

    def verify(token: str) -> object:
        claims = codec.decode(token, built, claims_options=options)
        claims.validate()
        return claims

    return {"Authlib: JsonWebToken.decode, validate": verify}


def _jwcrypto(key: SigningKey) -> dict[str, Verify]:
    import json

    from jwcrypto import jwk, jwt

    built = jwk.JWK(**key.jwk)
    wanted = {"iss": ISSUER, "aud": AUDIENCE, "exp": None}

    def verify(token: str) -> object:
        read = jwt.JWT(
            jwt=token,
            key=built,
            algs=[key.algorithm],
            check_claims=wanted,
            expected_type="JWS",
        )
        return json.loads(read.claims)

    return {"jwcrypto: JWT(jwt=, key=)": verify}


def _python_jose(key: SigningKey) -> dict[str, Verify]:
    if key.algorithm not in {"RS256", "ES256"}:
        return {}
    from jose import jwk, jwt

    built = jwk.construct(key.jwk, key.algorithm)
    return {
        f"python-jose: jwt.decode, {what}": lambda token, given=given: jwt.decode(
            token, given, [key.algorithm], audience=AUDIENCE, issuer=ISSUER
        )
        for what, given in (("a JWK", key.jwk), ("a Key", built))
    }


__all__ = [
    "OTHERS",
    "Verify",
    "others",
    "parts",
    "signature_step",
    "verifier_for",
]
