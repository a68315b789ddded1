"""Canaries from get() and over gRPC: whatever goes wrong, nobody gets to see them."""

import json
import logging
import socket
import ssl
from contextlib import ExitStack, closing

import grpc
import pytest

from s2sauth import ClientSecret, Provider, TokenError, TokenManager
from s2sauth.client.grpc import intercept, secure_channel
from s2sauth.errors import AccessError, TokenRequestRefused
from s2sauth.policy import Policy, Rule
from s2sauth.server import JwtVerifier
from s2sauth.server.grpc import AuthInterceptor
from s2sauth.testing import AuthorizationServer, StaticTokenSource
from shop.v1 import payments_pb2_grpc
from support.canary import our_tokens, secret_forms, shown
from support.grpc_shop import ARITIES, Shop, call_all, open_shop, serving
from support.raw_server import raw_server, read_request, simple_answer
from support.tls import make_ca

pytestmark = pytest.mark.grpc

SECRET = "s3cr3t c4n4ry+/%&=é"
TOKEN = "t0k3n-c4n4ry"
FORMS = secret_forms("order-service", SECRET)
CANARIES = [TOKEN, *FORMS]
HOME = "https://payment-service.internal"


@pytest.fixture(autouse=True)
def logs(caplog):
    """Every logger at DEBUG, urllib3's and grpc's included."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture(scope="module")
def authority():
    """A certificate authority for all tests here."""
    return make_ca()


def seen_in(*things, canaries=()):
    """Name the canaries that show anywhere in these things."""
    text = shown(*things)
    return [one for one in (*CANARIES, *canaries) if one in text]


def test_every_canary_can_be_seen(logs):
    """The search finds each of them, in each of the places where one could be."""
    for canary in CANARIES:
        error = TokenError("x")
        vars(error)["words"] = canary
        chained = TokenError("x")
        chained.__context__ = ValueError(canary)
        logs.clear()
        logging.getLogger("grpc").debug("%s", canary)
        for place in (TokenError(canary), error, chained, logs.records):
            assert canary in seen_in(place)


# -- getting a token -----------------------------------------------------------------


def says(body, *headers, status="200 OK"):
    """Answer with this body; ECHO in it becomes all that the client sent."""

    def talk(_server, connection):
        request = read_request(connection).decode("latin-1")
        echo = json.dumps(" ".join([request, *FORMS]))[1:-1]
        whole = body.replace("ECHO", echo).encode()
        connection.sendall(simple_answer(whole, *headers, status=status))

    return talk


def raw(data):
    """Answer with these bytes."""

    def talk(_server, connection):
        read_request(connection)
        connection.sendall(data)

    return talk


def hangs(server, connection):
    """Take the request, and never answer."""
    read_request(connection)
    server.over.wait(30)


def refused(code):
    return f'{{"error":"{code}","error_description":"no: ECHO"}}'


def granted(**members):
    return json.dumps({"access_token": TOKEN, "token_type": "Bearer", **members})


FAILURES = {
    "wrong secret, echoed": says(refused("invalid_client"), status="401 No"),
    "refused, echoed": says(refused("invalid_scope"), status="400 No"),
    "echoed as the code": says('{"error":"ECHO"}', status="400 No"),
    "401 in HTML": says("<html>ECHO", f"WWW-Authenticate: {TOKEN}", status="401 No"),
    "403": says("ECHO", status="403 No"),
    "503": says("ECHO", f"Retry-After: {TOKEN}", status="503 Oh"),
    "429": says(refused("slow_down"), status="429 Slow"),
    "redirect": says("ECHO", f"Location: /{TOKEN}", status="302 Found"),
    "reason phrase": says("ECHO", status=f"500 {TOKEN}"),
    "garbage": says("<html>ECHO"),
    "no whole JSON": says(granted()[:-1]),
    "a list": says(f"[{granted()}]"),
    "token of the wrong type": says(granted(access_token=[TOKEN])),
    "token with a newline": says(granted(access_token=f"{TOKEN}\n")),
    "token that's no ASCII": says(granted(access_token=f"{TOKEN}é")),
    "another type": says(granted(token_type=TOKEN)),
    "lifetime": says(granted(expires_in=TOKEN)),
    "scope of a wrong type": says(granted(scope=[TOKEN])),
    "member twice": says(f'{{"{TOKEN}":1,"{TOKEN}":2}}'),
    "expired on arrival": says(granted(expires_in=-1)),
    "expired at once": says(granted(expires_in=0)),
    "not all granted": says(granted(scope="b", expires_in=300)),
    "bad status line": raw(f"HTTP/1.1 {TOKEN}\r\n\r\n".encode()),
    "no HTTP": raw(f"{TOKEN}\r\n\r\n".encode()),
    "bad header": raw(f"HTTP/1.1 500 Oh\r\n{TOKEN}\r\n\r\n".encode()),
    "bad length": raw(f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n".encode()),
    "bad chunk": raw(
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}\r\n".encode()
    ),
    "cut": raw(simple_answer(granted().encode())[:-3]),
    "hangs": hangs,
}


def made(url, told, secret=SECRET, **options):
    """Make a manager without patience."""
    return TokenManager(
        Provider(issuer="https://x", token_url=url),
        client_id="order-service",
        credential=ClientSecret(secret, **options),
        timeout=0.3,
        flight_timeout=0.5,
        observers=[told.append],
    )


def check_failure(manager, told, logs, timeout=5.0):
    """Fail to get a token, twice, and look everywhere that this leads to."""
    source = manager.source(scope="a", require_granted=True)
    errors = []
    for seconds in (timeout, 0.0):
        with pytest.raises(TokenError) as caught:
            source.get(timeout=seconds)
        errors.append(caught.value)
    things = (*errors, *told, *logs.records, logs.text)
    things += (manager.status(), [repr(manager), repr(source)])

    assert [] == seen_in(*things)
    assert [] == our_tokens(*errors)
    return errors[0]


@pytest.mark.parametrize("method", ["basic", "post"])
@pytest.mark.parametrize("failure", FAILURES)
def test_what_the_server_answers(failure, method, logs):
    """However a server answers, and whatever it echoes, no canary shows."""
    told = []
    with (
        raw_server(FAILURES[failure]) as server,
        made(f"http://127.0.0.1:{server.port}/t", told, method=method) as manager,
    ):
        check_failure(manager, told, logs)
    assert told


@pytest.mark.parametrize("method", ["basic", "post"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", ["invalid_client", "invalid_scope"])
def test_a_server_that_tells_the_secret_back(code, form, method, logs):
    """In whichever form it's echoed, it's cut out of the server's words."""
    told = []
    body = {"error": code, "error_description": f"no: <{form}>"}
    with (
        raw_server(says(json.dumps(body), status="400 No")) as server,
        made(f"http://127.0.0.1:{server.port}/t", told, method=method) as manager,
    ):
        error = check_failure(manager, told, logs)
    assert "no: <[removed" in error.error_description


def test_a_secret_that_stands_in_its_own_encoding():
    """Nothing is left of the long form where the short one stands within it."""
    form = secret_forms("order-service", "b3")[-1]
    assert form.startswith("b3")
    body = json.dumps({"error": "invalid_scope", "error_description": f"<{form}>"})
    with (
        raw_server(says(body, status="400 No")) as server,
        made(f"http://127.0.0.1:{server.port}/t", [], secret="b3") as manager,
        pytest.raises(TokenRequestRefused) as caught,
    ):
        manager.source().get(timeout=5)
    assert "<[removed]>" == caught.value.error_description


def test_a_callers_own_time_runs_out(logs):
    """A caller that gives up sees nothing of the fetch that goes on."""
    told = []
    with (
        raw_server(hangs) as server,
        made(f"http://127.0.0.1:{server.port}/t", told) as manager,
    ):
        error = check_failure(manager, told, logs, timeout=0.05)
    assert "TOKEN_TIMEOUT" == error.reason


def test_nobody_listens(logs):
    """A refused connection shows nothing of what would have been sent."""
    told = []
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with made(f"http://127.0.0.1:{bound.getsockname()[1]}/t", told) as manager:
            error = check_failure(manager, told, logs)
    assert "SERVER_UNAVAILABLE" == error.reason


def test_a_certificate_that_nobody_knows(authority, logs, tmp_path):
    """A TLS failure shows nothing of what would have been sent."""
    told = []
    context: ssl.SSLContext = authority.issue("localhost").server_context(tmp_path)
    with (
        raw_server(hangs, context) as server,
        made(f"https://127.0.0.1:{server.port}/t", told) as manager,
    ):
        error = check_failure(manager, told, logs)
    assert "TLS_FAILED" == error.reason


def wordy():
    """Fail with the secret in the words, and in those of the cause."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        message = f"can't read {SECRET} {TOKEN}"
        raise OSError(message) from error


@pytest.mark.parametrize("source", [wordy, SECRET.encode, lambda: [SECRET]])
def test_a_secret_source_that_fails(source, logs):
    """A source that tells the secret, or gives it as no text, isn't quoted."""
    told = []
    with made("http://127.0.0.1:1/t", told, secret=source) as manager:
        error = check_failure(manager, told, logs)
    assert "SECRET_UNAVAILABLE" == error.reason


def test_a_manager_that_is_closed(logs):
    """After a good token, a closed manager shows nothing of it."""
    told = []
    good = says(granted(expires_in=300, scope="a"))
    with raw_server(good) as server:
        manager = made(f"http://127.0.0.1:{server.port}/t", told)
        source = manager.source(scope="a")
        assert TOKEN == source.get().value
        assert [] == seen_in(source.get(), source.status(), *told, *logs.records)
        manager.close()
        with pytest.raises(TokenError) as caught:
            source.get()
    assert "CLOSED" == caught.value.reason
    assert [] == seen_in(caught.value, *told, *logs.records, logs.text)
    assert [] == our_tokens(caught.value)


# -- gRPC: the client ----------------------------------------------------------------


def ended(call):
    """Return the error that a call ends in."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def check_call(channel, arity, logs, timeout=10.0, metadata=None):
    stub = payments_pb2_grpc.PaymentsStub(channel)
    error = ended(call_all(stub, timeout=timeout, metadata=metadata)[arity])
    words = [error.details(), error.debug_error_string(), error.trailing_metadata()]

    assert [] == seen_in(error, words, *logs.records, logs.text)
    assert [] == our_tokens(error)
    return error.code()


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED"])
def test_the_service_refuses(arity, code, authority, logs):
    """A refused call shows no token, whether it was sent again or not."""
    status = grpc.StatusCode[code]
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    source = StaticTokenSource(tokens=[f"{TOKEN}1", f"{TOKEN}2"])
    shop = Shop(f"{TOKEN}1", f"{TOKEN}2", code=status)
    with (
        serving(shop, authority=authority) as target,
        secure_channel(target, source, roots) as channel,
    ):
        assert status is check_call(channel, arity, logs)
    assert TOKEN in str(shop.tokens)


@pytest.mark.parametrize("arity", ARITIES)
def test_the_service_hangs(arity, authority, logs):
    """A call whose time runs out on the wire shows no token."""
    roots = grpc.ssl_channel_credentials(authority.cert_pem)
    shop = Shop()
    shop.gate.clear()
    with (
        serving(shop, authority=authority) as target,
        secure_channel(target, StaticTokenSource(TOKEN), roots) as channel,
    ):
        code = check_call(channel, arity, logs, timeout=0.5)
        shop.gate.set()
    assert grpc.StatusCode.DEADLINE_EXCEEDED is code


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("known", [True, False], ids=["refused", "TLS"])
def test_the_service_is_out_of_reach(arity, known, authority, logs):
    """Neither a refused connection nor a wrong certificate shows the token."""
    roots = grpc.ssl_channel_credentials(make_ca().cert_pem)
    with ExitStack() as opened:
        target = "localhost:1"
        if not known:
            target = opened.enter_context(serving(Shop(), authority=authority))
        source = StaticTokenSource(TOKEN)
        channel = opened.enter_context(secure_channel(target, source, roots))
        assert grpc.StatusCode.UNAVAILABLE is check_call(channel, arity, logs)


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("fault", ["insecure", "own metadata", "unicode", "newline"])
def test_a_call_that_is_not_sent(arity, fault, logs):
    """What can't be sent isn't quoted by whoever would have sent it."""
    token = TOKEN + {"unicode": "\N{SNOWMAN}", "newline": "\r\n"}.get(fault, "")
    mine = [("authorization", TOKEN)] if fault == "own metadata" else None
    with (
        serving(Shop()) as target,
        intercept(
            grpc.insecure_channel(target),
            StaticTokenSource(token),
            allow_insecure=fault != "insecure",
        ) as channel,
    ):
        check_call(channel, arity, logs, metadata=mine)


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("closed", [False, True])
def test_no_token_for_a_call(arity, closed, logs):
    """A call without a token shows nothing of the fetch that failed."""
    told = []
    with (
        raw_server(FAILURES["wrong secret, echoed"]) as server,
        made(f"http://127.0.0.1:{server.port}/t", told) as manager,
    ):
        source = manager.source()
        if closed:
            manager.close()
        bare = grpc.insecure_channel("localhost:1")
        with intercept(bare, source, allow_insecure=True) as channel:
            check_call(channel, arity, logs)
    assert [] == seen_in(*told)


# -- gRPC: the server ----------------------------------------------------------------


class Foreign:
    """A verifier of a user's own, that quotes what it refuses."""

    def __init__(self, kind):
        self.kind = kind

    def verify(self, token, *, presentation=None):
        """Refuse in words that hold the token."""
        message = f"I don't like {token}"
        raise self.kind(message) from ValueError(token)


@pytest.fixture(scope="module")
def idp():
    """An authorization server with one service."""
    with AuthorizationServer(dialect="keycloak") as server:
        server.add_client("order-service", secret=SECRET, audiences=[HOME])
        yield server


BAD_TOKENS = {
    "malformed": lambda idp: TOKEN,
    "no JSON": lambda idp: f"{TOKEN}.{TOKEN}.{TOKEN}",
    "expired": lambda idp: idp.mint("order-service", expires_in=-600),
    "elsewhere": lambda idp: idp.mint("order-service", aud=f"https://{TOKEN}"),
    "claims": lambda idp: idp.mint("order-service", exp=TOKEN),
    "issuer": lambda idp: idp.mint("order-service", iss=TOKEN),
    "key": lambda idp: idp.mint("order-service", headers={"kid": "another"}),
    "algorithm": lambda idp: idp.mint("order-service", headers={"alg": TOKEN}),
    "kind": lambda idp: idp.mint("order-service", headers={"typ": TOKEN}),
}


def check_door(verifier, token, arity, authority, logs):
    """Have a token refused, and look at both ends."""
    told = []
    policy = Policy({"/shop.v1.Payments/*": Rule(all_scopes="payments:write")})
    door = AuthInterceptor(verifier, policy, observers=[told.append])
    with open_shop(Shop(), authority, door) as stub:
        metadata = (("authorization", f"Bearer {token}"),)
        error = ended(call_all(stub, metadata=metadata)[arity])
    words = [error.details(), error.debug_error_string(), error.trailing_metadata()]
    signature = token.rpartition(".")[2]

    # The caller's own frames aren't ours: what it's told is looked at.
    things = (str(error), words, *told, *logs.records, logs.text)
    assert [] == seen_in(*things, canaries=[token, signature])
    return error.code()


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_the_door_refuses(bad, arity, idp, authority, logs):
    """Neither the caller, nor observers, nor the log see the token or its parts."""
    token = BAD_TOKENS[bad](idp)
    with closing(JwtVerifier(idp.provider, audience=HOME)) as verifier:
        code = check_door(verifier, token, arity, authority, logs)
    assert grpc.StatusCode.UNAUTHENTICATED is code


@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_the_verifiers_own_error(bad, idp, logs):
    """What `verify` raises leads to no token, and to no part of one."""
    token = BAD_TOKENS[bad](idp)
    with closing(JwtVerifier(idp.provider, audience=HOME)) as verifier:
        with pytest.raises(AccessError) as caught:
            verifier.verify(token)
    things = (caught.value, repr(verifier), *logs.records, logs.text)
    assert [] == seen_in(*things, canaries=[token, token.rpartition(".")[2]])


@pytest.mark.parametrize("arity", ARITIES)
@pytest.mark.parametrize(
    ("kind", "code"),
    [(RuntimeError, "INTERNAL"), (AccessError, "UNAUTHENTICATED")],
)
def test_a_verifier_of_anothers_quotes_the_token(kind, code, arity, authority, logs):
    """A foreign verifier's words and traceback go nowhere."""
    seen = check_door(Foreign(kind), TOKEN, arity, authority, logs)
    assert grpc.StatusCode[code] is seen
