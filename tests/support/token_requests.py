"""Token requests, good and spoilt, for the embedded authorization server."""

import base64
import socket
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import requests

__all__ = [
    "ACCEPTED",
    "ENCODED",
    "NAME",
    "REFUSED",
    "SECRET",
    "SPOILT",
    "Ask",
    "basic",
    "exchange",
    "get_token",
    "introspect",
    "published_keys",
    "register",
    "spoil",
]

SECRET = "s3cr3t+/%&=é"
NAME = "order:service+1"  # a colon and a plus: they too need form-urlencoding
# Raw, each would pass in a decoder that is less than strict.
ODD_SECRETS = {
    "percent": "100%",
    "accent": "é",
    "replaced": "\N{REPLACEMENT CHARACTER}",
}
FORM = "application/x-www-form-urlencoded"
REFUSED = {"keycloak": (401, "unauthorized_client"), "generic": (401, "invalid_client")}
UNKNOWN = dict.fromkeys(REFUSED, (401, "invalid_client"))
INVALID = dict.fromkeys(REFUSED, (400, "invalid_request"))
TYPE = {
    "keycloak": (415, "HTTP 415 Unsupported Media Type"),
    "generic": (400, "invalid_request"),
}


def register(idp):
    idp.add_client(NAME, secret=SECRET, scopes=["a", "b"], audiences=["https://pay"])
    idp.add_client("poster", secret=SECRET, auth_methods=["post"])
    for name, secret in ODD_SECRETS.items():
        idp.add_client(name, secret=secret)
    return idp


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


ENCODED = basic(quote_plus(NAME), quote_plus(SECRET))


@dataclass(frozen=True)
class Ask:
    """A token request, good as it stands."""

    method: str = "POST"
    authorization: tuple[str, ...] = (ENCODED,)
    content_type: str = FORM
    fields: tuple[tuple[str, str], ...] = (("grant_type", "client_credentials"),)
    query: str = ""
    body: bytes | None = None

    def send(self, url):
        """Send it over a bare socket, as HTTP libraries mend or refuse some of it."""
        parts = urlsplit(url)
        body = urlencode(self.fields).encode() if self.body is None else self.body
        lines = [
            f"{self.method} {parts.path}{self.query} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"Authorization: {value}" for value in self.authorization),
        ]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return exchange(parts, head + body)


def exchange(parts, data):
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def spoil(**changes):
    return replace(Ask(), **changes)


def with_fields(*more):
    return spoil(fields=(*Ask.fields, *more))


def posted(name=NAME, secret=SECRET, *more):
    return replace(
        with_fields(("client_id", name), ("client_secret", secret), *more),
        authorization=(),
    )


ACCEPTED = {
    "basic": Ask(),
    "basic, scheme in lower case": spoil(authorization=(ENCODED.replace("B", "b", 1),)),
    "basic, encoded with %20 and lower-case digits": spoil(
        authorization=(basic(quote(NAME, safe="").lower(), quote(SECRET, safe="")),)
    ),
    "basic and the same client_id": with_fields(("client_id", NAME)),
    **{
        f"the secret of {name}": spoil(authorization=(basic(name, quote_plus(secret)),))
        for name, secret in ODD_SECRETS.items()
    },
    "post": posted(),
    "post for one who may only post": posted("poster"),
    "charset in the content type": spoil(content_type=f"{FORM}; charset=UTF-8"),
    "a parameter without a value": with_fields(("scope", "")),
    "an unknown parameter": with_fields(("vendor", "x")),
    "a query that means nothing here": spoil(query="?tenant=x"),
    "an empty client_secret beside basic": with_fields(("client_secret", "")),
}

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SPOILT = {
    "secret raw in basic": (
        spoil(authorization=(basic(quote_plus(NAME), SECRET),)),
        REFUSED,
    ),
    "name raw in basic": (
        spoil(authorization=(basic(NAME, quote_plus(SECRET)),)),
        UNKNOWN,
    ),
    "secret encoded twice": (
        spoil(authorization=(basic(quote_plus(NAME), quote_plus(quote_plus(SECRET))),)),
        REFUSED,
    ),
    "secret not UTF-8": (
        spoil(
            authorization=(
                basic(quote_plus(NAME), quote_plus(SECRET, encoding="latin-1")),
            )
        ),
        REFUSED,
    ),
    **{
        f"the secret of {name}, raw": (
            spoil(authorization=(basic(name, secret),)),
            REFUSED,
        )
        for name, secret in ODD_SECRETS.items()
    },
    "bytes that are no UTF-8 for one that stands for them": (
        spoil(authorization=(basic("replaced", "%E9"),)),
        REFUSED,
    ),
    "wrong secret in basic": (
        spoil(authorization=(basic(quote_plus(NAME), "wrong"),)),
        REFUSED,
    ),
    "no secret in basic": (
        spoil(authorization=(basic(quote_plus(NAME), ""),)),
        REFUSED,
    ),
    "unknown client": (spoil(authorization=(basic("nobody", "wrong"),)), UNKNOWN),
    "no colon in basic": (spoil(authorization=("Basic cG9zdGVy",)), UNKNOWN),
    "no base64 in basic": (spoil(authorization=("Basic ***",)), UNKNOWN),
    "junk in base64": (spoil(authorization=(ENCODED + "!",)), UNKNOWN),
    "base64url in basic": (
        spoil(authorization=("Basic _-__",)),
        UNKNOWN,
    ),
    "another scheme": (
        spoil(authorization=(ENCODED.replace("Basic", "Digest"),)),
        UNKNOWN,
    ),
    "two Authorization headers": (spoil(authorization=(ENCODED, ENCODED)), INVALID),
    "no credential": (spoil(authorization=()), UNKNOWN),
    "client_id alone": (
        replace(with_fields(("client_id", NAME)), authorization=()),
        UNKNOWN,
    ),
    "wrong secret in the form": (posted(secret="wrong"), REFUSED),
    "secret without a name": (
        replace(with_fields(("client_secret", SECRET)), authorization=()),
        INVALID,
    ),
    "form-encoded twice in the form": (posted(secret=quote_plus(SECRET)), REFUSED),
    "both methods at once": (replace(posted(), authorization=(ENCODED,)), INVALID),
    "another client_id beside basic": (with_fields(("client_id", "poster")), INVALID),
    "basic for one who may only post": (
        spoil(authorization=(basic("poster", quote_plus(SECRET)),)),
        REFUSED,
    ),
    "an assertion, which no client here has": (
        replace(
            with_fields(
                ("client_assertion_type", ASSERTION), ("client_assertion", "x")
            ),
            authorization=(),
        ),
        UNKNOWN,
    ),
    "credential in the URI": (
        spoil(authorization=(), query=f"?client_id={NAME}&client_secret=x"),
        INVALID,
    ),
    "no grant_type": (spoil(fields=()), INVALID),
    "empty grant_type": (spoil(fields=(("grant_type", ""),)), INVALID),
    "another grant_type": (
        spoil(fields=(("grant_type", "password"),)),
        dict.fromkeys(REFUSED, (400, "unsupported_grant_type")),
    ),
    "a parameter twice": (with_fields(("grant_type", "client_credentials")), INVALID),
    "scope twice": (with_fields(("scope", "a"), ("scope", "b")), INVALID),
    "a scope that it may not have": (
        with_fields(("scope", "a c")),
        dict.fromkeys(REFUSED, (400, "invalid_scope")),
    ),
    "JSON": (
        spoil(content_type="application/json", body=b'{"grant_type": "x"}'),
        TYPE,
    ),
    "no content type": (spoil(content_type=""), TYPE),
    "a broken escape": (spoil(body=b"grant_type=client_credentials&x=%"), INVALID),
    "no UTF-8": (spoil(body=b"grant_type=client_credentials&x=%E9"), INVALID),
    "raw UTF-8": (spoil(body="grant_type=client_credentials&x=é".encode()), INVALID),
}


def get_token(idp, **fields):
    form = {"grant_type": "client_credentials", **fields}
    answer = requests.post(
        idp.provider.token_url,
        data=form,
        headers={"Authorization": ENCODED},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json()["access_token"]


def introspect(idp, token):
    return requests.post(
        idp.provider.introspection_url,
        data={"token": token, "client_id": NAME, "client_secret": SECRET},
        timeout=10,
    ).json()


def published_keys(idp):
    return {
        key["kid"]: key
        for key in requests.get(idp.provider.jwks_url, timeout=10).json()["keys"]
    }
