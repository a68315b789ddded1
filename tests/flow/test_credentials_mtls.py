"""Client certificates: where they are shown, and over which connections."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from s2sauth import ClientSecret, TokenManager, discover
from s2sauth._base.http import HttpClient, Request
from s2sauth.credentials import ClientCertificate
from s2sauth.errors import (
    AuthorizationServerUnavailable,
    CredentialUnavailable,
    Unauthenticated,
)
from s2sauth.server import IntrospectionVerifier
from s2sauth.testing import AuthorizationServer
from support.assertions import CONTEXT
from support.http_server import HttpServer, Reply, http_server
from support.key_material import pem_of, private_key, self_signed
from support.tls import make_ca

CLIENT = "order-service"
CA = make_ca()


@pytest.fixture
def context(tmp_path):
    """A server's TLS context that asks for certificates."""
    context = CA.issue("localhost").server_context(tmp_path)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(CA.write(tmp_path))
    return context


@pytest.fixture
def ca(tmp_path):
    """The authority's certificate, on disk."""
    return CA.write(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A client's certificate and key."""
    folder = tmp_path / "client"
    folder.mkdir()
    CA.issue(CLIENT).write(folder, "client")
    return folder


def credential_in(folder):
    return ClientCertificate(folder / "client.pem", folder / "client.key")


@pytest.fixture
def servers(context):
    """An ordinary server, and the one that the aliases name; each counts."""
    with AuthorizationServer() as ordinary, AuthorizationServer(tls=context) as mtls:
        ordinary.add_client(CLIENT, secret="s", auth_methods="basic")
        mtls.add_client(CLIENT, subject_dn=f"CN={CLIENT}")
        yield ordinary, mtls


def metadata(url, ordinary, **aliases):
    names = ("token", "introspection")
    return {
        "issuer": url,
        **{f"{name}_endpoint": ordinary.url(name) for name in names},
        "jwks_uri": ordinary.url("jwks"),
        "revocation_endpoint": ordinary.url("revocation"),
        **aliases,
    }


@contextmanager
def published(document):
    """Serve a metadata document; `document` gets the server's URL."""
    with http_server(lambda _seen: Reply(404)) as server:
        body = json.dumps(document(server.url)).encode()
        server.answer = lambda _seen: Reply(200, {}, body)
        yield server


def aliases_of(mtls):
    return {f"{name}_endpoint": mtls.url(name) for name in ("token", "introspection")}


def test_aliases_are_for_those_who_show_a_certificate(servers, folder, ca):
    """RFC 8705 §5: mtls_endpoint_aliases for a certificate, else the usual endpoints."""
    ordinary, mtls = servers
    aliases = {"mtls_endpoint_aliases": aliases_of(mtls)}
    with published(lambda url: metadata(url, ordinary, **aliases)) as server:
        for credential in (ClientSecret("s"), credential_in(folder)):
            provider = discover(server.url)
            with TokenManager(
                provider, client_id=CLIENT, credential=credential, ca=ca
            ) as manager:
                token = manager.source().get()
            verifier = IntrospectionVerifier(
                provider, audience=None, client_id=CLIENT, credential=credential, ca=ca
            )
            with pytest.raises(Unauthenticated, match="issuer"):
                verifier.verify(token.value)
            verifier.close()
    assert (ordinary.token_requests, mtls.token_requests) == (1, 1)
    assert (ordinary.introspection_requests, mtls.introspection_requests) == (1, 1)


def test_without_an_alias_the_usual_endpoint_is_asked(servers, folder, ca):
    """An endpoint that has none is where it always was."""
    _, mtls = servers
    aliases = {"mtls_endpoint_aliases": {"revocation_endpoint": mtls.url("revocation")}}
    with published(lambda url: metadata(url, mtls, **aliases)) as server:
        provider = discover(server.url)
        assert provider.endpoint("token_url", mtls=True) == mtls.url("token")
        with TokenManager(
            provider, client_id=CLIENT, credential=credential_in(folder), ca=ca
        ) as manager:
            assert manager.source().get()


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        ([], "mtls_endpoint_aliases is no object"),
        ({"token_endpoint": 7}, "token_endpoint is no string"),
        ({"token_endpoint": "http://sso.example.com/token"}, "plain http"),
    ],
)
def test_aliases_that_cannot_be_are_told(servers, aliases, said):
    """Metadata that says nonsense is refused, as elsewhere in it."""
    ordinary, _ = servers
    spoilt = {"mtls_endpoint_aliases": aliases}
    with published(lambda url: metadata(url, ordinary, **spoilt)) as server:
        with pytest.raises(AuthorizationServerUnavailable, match=said):
            discover(server.url).endpoint("token_url")


def test_plain_http_is_refused_before_anything_is_sent(folder):
    """A certificate can't be shown there."""
    with AuthorizationServer() as idp:
        with TokenManager(
            idp.provider, client_id=CLIENT, credential=credential_in(folder)
        ) as manager:
            with pytest.raises(
                CredentialUnavailable, match="can't be shown over plain http"
            ):
                manager.source().get()
        assert idp.token_requests == 0


def test_a_new_certificate_gets_new_connections(context, folder, ca):
    """Same files, same connection; swapped ones never go over the old."""
    credential = credential_in(folder)
    server = HttpServer(lambda _seen: Reply(), context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = HttpClient(ca=ca)

    def send():
        identity = credential.authenticate(CONTEXT).identity
        client.send(Request("GET", server.url, identity=identity), 10)
        return server.seen[-1].connection

    used = [send(), send()]
    CA.issue(CLIENT).write(folder, "client")
    used += [send(), send()]
    client.send(Request("GET", server.url), 10)
    assert [*used, server.seen[-1].connection] == [1, 1, 2, 2, 3]
    client.close()
    server.shutdown()
    server.server_close()


def test_the_embedded_server_tells_why_it_hangs_up(context, folder, ca):
    """A refused certificate: the alert arrives, although the client had sent already."""
    make_ca("strangers").issue(CLIENT).write(folder, "client")
    ours = ssl.create_default_context(cafile=ca)
    ours.load_cert_chain(folder / "client.pem", folder / "client.key")
    with AuthorizationServer(tls=context) as idp:
        with socket.create_connection(("127.0.0.1", idp.port), 10) as plain:
            with ours.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(bytes(60_000))
                threading.Event().wait(0.3)  # a reset would have overtaken the alert
                with pytest.raises(ssl.SSLError, match="ALERT_UNKNOWN_CA"):
                    connection.recv(1)


def test_a_key_that_openssl_refuses_is_told(context, folder, ca):
    """A certificate that can't be shown (RSA of 1024 bits) is the error, not the wire."""
    weak = private_key("rsa1024")
    (folder / "client.key").write_bytes(pem_of(weak))
    (folder / "client.pem").write_bytes(self_signed(weak))
    with AuthorizationServer(tls=context) as idp:
        with TokenManager(
            idp.provider, client_id=CLIENT, credential=credential_in(folder), ca=ca
        ) as manager:
            with pytest.raises(AuthorizationServerUnavailable) as caught:
                manager.source().get()
    assert str(caught.value) == "our certificate can't be shown: EE_KEY_TOO_SMALL"
    assert caught.value.reason == "TLS_FAILED"


def test_a_call_under_way_survives_the_swap(context, folder, ca):
    """The server takes its time; meanwhile the files change and others call."""
    tokens, moment = [], threading.Event()
    with AuthorizationServer(tls=context) as idp:
        idp.add_client(CLIENT, subject_dn=f"CN={CLIENT}")
        manager = TokenManager(
            idp.provider, client_id=CLIENT, credential=credential_in(folder), ca=ca
        )
        with manager:
            idp.delay(0.5)
            slow = threading.Thread(
                target=lambda: tokens.append(manager.source(extra={"a": "1"}).get())
            )
            slow.start()
            while idp.token_requests == 0:
                moment.wait(0.01)
            CA.issue(CLIENT).write(folder, "client")
            tokens.append(manager.source().get())
            slow.join()
        assert (len(tokens), idp.token_requests) == (2, 2)
