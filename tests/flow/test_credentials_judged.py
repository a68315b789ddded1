"""Assertions, one spoilt thing each: the embedded server refuses every one."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from jose import jws

from s2sauth.testing import AuthorizationServer
from support.key_material import (
    make_key,
    pem_of,
    private_key,
    public_pem,
    self_signed,
    thumbprint,
)

CLIENT = "order-service"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET = "s3cr3t-" * 12
KEY = private_key("p256")


@pytest.fixture(scope="module")
def idp() -> Iterator[AuthorizationServer]:
    """A server with a client that has a key, and one that has a secret."""
    with AuthorizationServer("generic") as server:
        server.add_client(CLIENT, public_key=public_pem(KEY))
        server.add_client("by-secret", secret=SECRET)
        server.add_client("basic-only", secret=SECRET, auth_methods="basic")
        yield server


def claims_for(idp: AuthorizationServer, client: str = CLIENT, **changed: Any) -> Any:
    now = int(time.time())
    claims = {
        "iss": client,
        "sub": client,
        "aud": idp.issuer,
        "jti": base64.b64encode(hashlib.sha256(str(time.time_ns()).encode()).digest()),
        "iat": now,
        "exp": now + 60,
    }
    claims["jti"] = str(claims["jti"])
    claims.update({name: make(now, idp) for name, make in changed.items()})
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: Any, algorithm: str = "ES256", key: Any = KEY, **header: Any) -> str:
    """Sign with python-jose."""
    made: str = jws.sign(claims, pem_of(key), header, algorithm)
    return made


def unsafe(header: Any, claims: Any, secret: bytes | None) -> str:
    """Make what python-jose refuses to make."""
    parts = [json.dumps(part).encode() for part in (header, claims)]
    unsigned = ".".join(map(_encode, parts))
    mac = b"" if secret is None else hmac.digest(secret, unsigned.encode(), "sha256")
    return f"{unsigned}.{_encode(mac)}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def ask(idp: AuthorizationServer, assertion: str | None, **changed: Any) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_assertion_type": BEARER,
        "client_assertion": assertion,
        **changed,
    }
    return requests.post(idp.url("token"), data=form, timeout=10)


def refusal(answer: Any) -> tuple[int, str, str]:
    content = answer.json()
    return (answer.status_code, content["error"], content["error_description"])


def test_the_good_one_is_accepted(idp: AuthorizationServer) -> None:
    """What the spoilt ones below differ from in one thing."""
    assert ask(idp, signed(claims_for(idp))).status_code == 200


def test_the_client_id_may_be_left_out(idp: AuthorizationServer) -> None:
    """RFC 7521 §4.2: sub names the client, too."""
    assert ask(idp, signed(claims_for(idp)), client_id=None).status_code == 200


@pytest.mark.parametrize("name", ["issuer", "token", "list"])
def test_audiences_of_this_server_are_accepted(idp, name):
    """The issuer, or the token URL; a list of one is as good."""
    audience = {"issuer": idp.issuer, "token": idp.url("token"), "list": [idp.issuer]}
    claims = claims_for(idp, aud=lambda *_: audience[name])
    assert ask(idp, signed(claims)).status_code == 200


SPOILT = {
    "exp passed": ({"exp": lambda now, _: now - 1}, "the assertion has expired"),
    "exp missing": ({"exp": lambda *_: None}, "exp is missing"),
    "exp no number": ({"exp": lambda *_: "soon"}, "exp is missing"),
    "exp far": ({"exp": lambda now, _: now + 3600}, "exp lies more than 300 s ahead"),
    "nbf ahead": (
        {"nbf": lambda now, _: now + 30},
        "nbf lies ahead: the assertion isn't valid yet",
    ),
    "iat ahead": (
        {"iat": lambda now, _: now + 30},
        "iat lies ahead: the assertion isn't valid yet",
    ),
    "aud missing": ({"aud": lambda *_: None}, "aud isn't this server"),
    "aud another": ({"aud": lambda *_: "https://evil"}, "aud isn't this server"),
    "aud several": (
        {"aud": lambda _, idp: [idp.issuer, "https://evil"]},
        "aud isn't this server",
    ),
    "jti missing": ({"jti": lambda *_: None}, "jti is missing"),
    "jti empty": ({"jti": lambda *_: ""}, "jti is missing"),
    "iss another": (
        {"iss": lambda *_: "another"},
        "iss and sub must both be the client_id (RFC 7523 §3)",
    ),
    "sub another": (
        {"sub": lambda *_: "another"},
        "iss and sub must both be the client_id (RFC 7523 §3)",
    ),
}


@pytest.mark.parametrize(("changed", "said"), SPOILT.values(), ids=SPOILT)
def test_spoilt_claims_are_refused(idp, changed, said):
    """Each claim is judged; the refusal is invalid_client and says why."""
    answer = ask(idp, signed(claims_for(idp, **changed)))
    assert refusal(answer) == (401, "invalid_client", said)


def test_a_replayed_assertion_is_refused(idp):
    """The same jti, twice: Keycloak's words."""
    assertion = signed(claims_for(idp))
    assert ask(idp, assertion).status_code == 200
    assert refusal(ask(idp, assertion)) == (
        401,
        "invalid_client",
        "Token reuse detected",
    )


def test_of_many_replays_at_once_one_gets_in(idp):
    """Threads that race with one assertion: a single one is accepted."""
    assertion, together = signed(claims_for(idp)), threading.Barrier(8)
    answers = []

    def send():
        together.wait()
        answers.append(ask(idp, assertion).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [401] * 7


def test_another_key_is_refused(idp):
    """A good assertion under a strange key."""
    answer = ask(idp, signed(claims_for(idp), key=make_key("p256")))
    said = "the signature of the assertion doesn't hold"
    assert refusal(answer) == (401, "invalid_client", said)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "ES257"}, {}])
def test_unsigned_and_unknown_algorithms_are_refused(idp, header):
    """No alg but those of the keys registered."""
    answer = ask(idp, unsafe(header, claims_for(idp), None))
    said = "no key of this client is for that alg"
    assert refusal(answer) == (401, "invalid_client", said)


def test_a_public_key_is_no_secret(idp):
    """The old confusion: HS256 with the public key as the secret."""
    forged = unsafe({"alg": "HS256"}, claims_for(idp), public_pem(KEY))
    said = "this client may not authenticate by client_secret_jwt"
    assert refusal(ask(idp, forged)) == (401, "invalid_client", said)


@pytest.mark.parametrize("algorithm", ["HS257", "HS"])
def test_unknown_macs_are_refused(idp, algorithm):
    """Only the three hashes of RFC 7518 §3.2."""
    claims = claims_for(idp, "by-secret")
    forged = unsafe({"alg": algorithm}, claims, SECRET.encode())
    answer = ask(idp, forged, client_id="by-secret")
    said = "alg isn't one that is understood here"
    assert refusal(answer) == (401, "invalid_client", said)


def test_a_client_that_may_only_use_basic_may_not_sign(idp):
    """The method must be among those registered."""
    claims = claims_for(idp, "basic-only")
    good = unsafe({"alg": "HS256"}, claims, SECRET.encode())
    said = "this client may not authenticate by client_secret_jwt"
    assert refusal(ask(idp, good, client_id="basic-only"))[2] == said


def test_critical_extensions_are_refused(idp):
    """RFC 7515 §4.1.11: what isn't understood must be refused."""
    answer = ask(idp, signed(claims_for(idp), crit=["b64"], b64=False))
    assert refusal(answer)[2] == "crit: no extension is understood here"


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "..", "é.é.é", "e30.e30"])
def test_what_is_no_jwt_is_refused(idp, assertion):
    """Neither a crash nor a hint."""
    answer = ask(idp, assertion)
    assert refusal(answer) == (401, "invalid_client", "the assertion is no JWT")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_assertion_type": None},
        {"client_assertion_type": "urn:ietf:params:oauth:x"},
        {"client_assertion": None},
    ],
)
def test_type_and_assertion_belong_together(idp, changed):
    """One without the other, or another type."""
    answer = ask(idp, signed(claims_for(idp)), **changed)
    assert refusal(answer)[:2] == (401, "invalid_client")


def test_an_assertion_and_a_secret_are_one_too_many(idp):
    """RFC 6749 §2.3: one way of authentication in one request."""
    answer = ask(idp, signed(claims_for(idp)), client_secret="x")
    assert refusal(answer)[:2] == (400, "invalid_request")


def test_another_client_id_in_the_form_is_refused(idp):
    """The form may not name another client than the assertion."""
    answer = ask(idp, signed(claims_for(idp)), client_id="by-secret")
    assert refusal(answer)[:2] == (401, "invalid_client")


def test_the_kid_chooses_among_several_keys(idp):
    """With a kid, that key alone counts."""
    keys = {"keys": [_jwk("one", KEY), _jwk("two", make_key("p256"))]}
    idp.add_client("several", jwks=keys)
    for kid, status in (("one", 200), ("two", 401), ("three", 401)):
        assertion = signed(claims_for(idp, "several"), kid=kid)
        assert ask(idp, assertion, client_id="several").status_code == status


def _jwk(kid: str, key: Any) -> dict[str, Any]:
    point = key.public_key().public_numbers()
    x, y = (_encode(number.to_bytes(32)) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig"}


@pytest.mark.parametrize("member", [{"alg": "ES384"}, {"use": "enc"}])
def test_a_key_for_something_else_does_not_verify(idp, member):
    """A JWK's own alg and use are honoured (RFC 7517 §4.2, §4.4)."""
    idp.add_client("other-use", jwks={"keys": [{**_jwk("one", KEY), **member}]})
    answer = ask(idp, signed(claims_for(idp, "other-use")), client_id="other-use")
    assert refusal(answer)[2] == "no key of this client is for that alg"


def test_registered_algorithms_are_the_only_ones(idp):
    """assertion_algorithms narrows what a key may sign with."""
    key = private_key("rsa")
    public = public_pem(key)
    idp.add_client("narrow", public_key=public, assertion_algorithms="RS384")
    for algorithm, status in (("RS384", 200), ("RS256", 401)):
        assertion = signed(claims_for(idp, "narrow"), algorithm, key)
        assert ask(idp, assertion, client_id="narrow").status_code == status


def test_x5t_must_name_the_registered_certificate(idp):
    """x5t#S256, where it's sent, is held against the certificate."""
    certificate = self_signed(KEY)
    idp.add_client("certified", certificate=certificate)
    for digest, status in ((thumbprint(certificate), 200), (bytes(32), 401)):
        assertion = signed(
            claims_for(idp, "certified"), **{"x5t#S256": _encode(digest)}
        )
        assert ask(idp, assertion, client_id="certified").status_code == status


def test_the_metadata_names_every_method(idp):
    """Discovery tells which methods and algorithms there are (RFC 8414 §2)."""
    url = f"{idp.issuer}/.well-known/openid-configuration"
    metadata = requests.get(url, timeout=10).json()
    assert {"client_secret_jwt", "private_key_jwt", "tls_client_auth"} <= set(
        metadata["token_endpoint_auth_methods_supported"]
    )
    algorithms = metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert {"HS256", "PS256", "ES512", "EdDSA"} <= set(algorithms)
    assert "none" not in algorithms


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ("assertion", (400, "invalid_client", "Token reuse detected")),
        (
            "mac",
            (
                400,
                "unauthorized_client",
                "the signature of the assertion doesn't hold",
            ),
        ),
    ],
)
def test_keycloak_refuses_assertions_in_its_own_way(spoilt, expected):
    """Status and code are those that Keycloak 26.4 was seen to answer."""
    with AuthorizationServer("keycloak") as idp:
        idp.add_client(CLIENT, public_key=public_pem(KEY))
        idp.add_client("by-secret", secret=SECRET)
        if spoilt == "assertion":
            assertion = signed(claims_for(idp))
            ask(idp, assertion)
            answer = ask(idp, assertion)
        else:
            forged = unsafe({"alg": "HS256"}, claims_for(idp, "by-secret"), b"x")
            answer = ask(idp, forged, client_id="by-secret")
    assert refusal(answer) == expected
