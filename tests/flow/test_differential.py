"""Against the peers: what we accept, PyJWT and joserfc accept too."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.errors import AccessError
from s2sauth.server import JwtVerifier
from s2sauth.testing import FakeClock
from support.tokens import (
    AUDIENCE,
    PROVIDER,
    WITHOUT,
    FakeKeys,
    Signer,
    ec_key,
    ed_key,
    jwk_of,
    rsa_key,
)

HOW_MANY = 2000
LEEWAY = 30
KEYS: dict[str, Any] = {
    **dict.fromkeys(["RS256", "RS512", "PS256"], rsa_key()),
    "ES256": ec_key(),
    "ES384": ec_key(curve="P-384"),
    "EdDSA": ed_key(),
}
JWKS = {name: jwk_of(key, kid=name, alg=name) for name, key in KEYS.items()}

# Of each: what's usual more often, since one fault is enough. No time lies within ten
# seconds of a limit: a slow machine may take a while over a token.
HEADERS: dict[str, list[Any]] = {
    "typ": [*["JWT"] * 8, "at+jwt", WITHOUT, "dpop+jwt", 7],
    "kid": [*[None] * 12, WITHOUT, "nobody", "RS256"],  # None: the key's own
    "crit": [*[WITHOUT] * 30, [], ["x"]],
    "b64": [*[WITHOUT] * 30, False, True],
    # Small: joserfc takes no header over 512 bytes.
    "jwk": [*[WITHOUT] * 9, jwk_of(ed_key("attacker"))],
}


def claims_at(now: int) -> dict[str, list[Any]]:
    """Return the values to draw from; each token has its own now, as PyJWT has."""
    return {
        "exp": [
            *[now + 600] * 20,
            now - 10,
            now + 600.5,
            now - 60,
            WITHOUT,
            "1",
            None,
            True,
        ],
        "nbf": [*[WITHOUT] * 20, now, now + 10, now + 90, now - 600.5, "1", None],
        "iat": [*[now] * 20, WITHOUT, now + 10, now + 90, now - 9.5, "1", None, []],
        "iss": [
            *[PROVIDER.issuer] * 20,
            PROVIDER.issuer + "/",
            WITHOUT,
            [PROVIDER.issuer],
        ],
        "aud": [
            *[AUDIENCE] * 12,
            [AUDIENCE],
            ["a", AUDIENCE],
            "a",
            [],
            WITHOUT,
            [1],
            None,
        ],
        "sub": [*["a"] * 20, WITHOUT, "", 7],
        "jti": [*["a"] * 20, WITHOUT, 7],
        "cnf": [*[WITHOUT] * 20, {"jkt": "a"}],
        "scope": [*["a b"] * 12, WITHOUT, ["a"], 7],
        "azp": [*["orders"] * 12, WITHOUT, 7],
        "extra": [*[WITHOUT] * 6, {"a": [1, 2.5, None]}, "\u00fc\U0001f600", [[]] * 3],
    }


def drawn(choice: random.Random, table: dict[str, list[Any]]) -> dict[str, Any]:
    """Draw one value for each name."""
    return {name: choice.choice(values) for name, values in table.items()}


def random_token(choice: random.Random, signer: Signer) -> tuple[str, str]:
    """Return an algorithm and a well-formed token, sometimes by another key."""
    algorithm = choice.choice(list(KEYS))
    header = {**drawn(choice, HEADERS), "alg": algorithm}
    header["kid"] = algorithm if header["kid"] is None else header["kid"]
    key = rsa_key("attacker") if choice.random() < 0.05 else KEYS[algorithm]
    if key is not KEYS[algorithm] and not algorithm.endswith("S256"):
        key = KEYS[algorithm]
    claims = drawn(choice, claims_at(int(SYSTEM_CLOCK.wall())))
    return algorithm, signer.token(header, claims, key=key)


def pyjwt_accepts(algorithm: str, token: str) -> bool:
    """Tell whether PyJWT accepts a token, told what we know."""
    try:
        pyjwt.decode(
            token,
            pyjwt.PyJWK(JWKS[algorithm]),
            algorithms=[algorithm],
            audience=AUDIENCE,
            issuer=PROVIDER.issuer,
            leeway=LEEWAY,
            options={"require": ["exp"]},
        )
    except pyjwt.PyJWTError:
        return False
    return True


def joserfc_accepts(algorithm: str, token: str) -> bool:
    """Tell whether joserfc accepts a token, told what we know."""
    rules = joserfc_jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        exp={"essential": True},
        iss={"essential": True, "value": PROVIDER.issuer},
        aud={"essential": True, "value": AUDIENCE},
    )
    key = JWKRegistry.import_key(JWKS[algorithm])
    try:
        decoded = joserfc_jwt.decode(token, key, algorithms=[algorithm])
        rules.validate(decoded.claims)
    except (JoseError, ValueError, TypeError):
        return False
    return True


PEERS: dict[str, Callable[[str, str], bool]] = {
    "PyJWT": pyjwt_accepts,
    "joserfc": joserfc_accepts,
}


@pytest.fixture(scope="module")
def verifier():
    """Ours, with each peer's knowledge."""
    with_keys = JwtVerifier(
        PROVIDER,
        audience=AUDIENCE,
        algorithms=tuple(KEYS),
        leeway=LEEWAY,
        fetch_keys=FakeKeys({"keys": list(JWKS.values())}),
    )
    yield with_keys
    with_keys.close()


def accepts(verifier: JwtVerifier, token: str) -> bool:
    """Tell whether we accept a token."""
    try:
        verifier.verify(token)
    except AccessError:
        return False
    return True


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # joserfc's, of RFC 9864
def test_what_we_accept_they_accept(verifier, capsys):
    """Of thousands of well-formed tokens we accept none that a peer refuses."""
    choice = random.Random(7519)
    signer = Signer(FakeClock(wall=SYSTEM_CLOCK.wall()))
    counts: Counter[str] = Counter()
    wrong = []
    for _ in range(HOW_MANY):
        algorithm, token = random_token(choice, signer)
        ours = accepts(verifier, token)
        counts["accepted" if ours else "refused"] += 1
        for name, peer in PEERS.items():
            theirs = peer(algorithm, token)
            counts[f"refused by us, accepted by {name}"] += theirs and not ours
            if ours and not theirs:
                wrong.append((name, token))
    with capsys.disabled():
        print(f"\n{dict(counts)}")
    assert [] == wrong
    assert counts["accepted"] >= 300
    assert counts["refused"] >= 300
