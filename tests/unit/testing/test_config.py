"""The files of `s2sauth serve --config`."""

import pytest

from s2sauth.errors import ConfigurationError
from s2sauth.testing.config import read_settings
from s2sauth.testing.server import AuthorizationServer

GOOD = """
dialect = "generic"
port = 8080
realm = "shop"
token_lifetime = 60
token_format = "jwt"
signing_algorithm = "ES256"
[clients.order-service]
secret = "dev"
scopes = ["payments:write"]
audiences = ["https://payment-service.internal"]
token_lifetime = 30.5
token_format = "opaque"
auth_methods = ["post"]
"""


def _written(tmp_path, text):
    path = tmp_path / "server.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_whole_file_is_read(tmp_path):
    """Every key of the server and of a client arrives."""
    settings = read_settings(_written(tmp_path, GOOD))

    assert {
        "dialect": "generic",
        "port": 8080,
        "realm": "shop",
        "token_lifetime": 60,
        "token_format": "jwt",
        "signing_algorithm": "ES256",
    } == settings.server(port=None)
    assert {
        "secret": "dev",
        "scopes": ["payments:write"],
        "audiences": ["https://payment-service.internal"],
        "token_lifetime": 30.5,
        "token_format": "opaque",
        "auth_methods": ["post"],
    } == settings.clients["order-service"]
    assert "dev" not in repr(settings)


def test_a_port_given_wins():
    """--port and --dialect win over the file."""
    assert {"port": 0} == read_settings({"port": 8080}).server(port=0)
    assert {"port": 8080} == read_settings({"port": 8080}).server(port=None)
    file = {"dialect": "generic"}
    assert {"dialect": "keycloak"} == read_settings(file).server(dialect="keycloak")


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        ('dialetc = "keycloak"', "dialetc is unknown"),
        ("port = true", "port must be a whole number"),
        ("port = 80.5", "port must be a whole number"),
        ("dialect = 1", "dialect must be a string"),
        ('token_lifetime = "60"', "token_lifetime must be a number"),
        ("clients = 3", "clients must be a table"),
        ("clients.a = 3", "clients.a must be a table"),
        ("[clients.a]", "clients.a.secret is missing"),
        ('[clients.a]\nsecret = "s3cr3t"\nscope = ["x"]', "clients.a.scope is unknown"),
        ("[clients.a]\nsecret = 5", "clients.a.secret must be a string"),
        (
            '[clients.a]\nsecret = "s3cr3t"\nscopes = "x"',
            "clients.a.scopes must be a list",
        ),
        (
            '[clients.a]\nsecret = "s3cr3t"\nscopes = [1]',
            "clients.a.scopes must be a list",
        ),
        ("dialect = ", "is no TOML"),
    ],
)
def test_mistakes_name_the_key_and_the_file(tmp_path, spoilt, named):
    """A spoilt file says where and what, and quotes no secret."""
    path = _written(tmp_path, spoilt)
    with pytest.raises(ConfigurationError) as caught:
        read_settings(path)

    assert (str(path) in str(caught.value), named in str(caught.value)) == (True, True)
    assert "s3cr3t" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """A path that leads nowhere is told."""
    with pytest.raises(ConfigurationError, match=r"none\.toml can't be read"):
        read_settings(tmp_path / "none.toml")


def test_a_file_must_be_utf8(tmp_path):
    """TOML is UTF-8."""
    path = tmp_path / "latin.toml"
    path.write_bytes(b'realm = "\xe9"')
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_settings(path)


def test_a_server_comes_of_it(tmp_path):
    """`from_config` takes a file, a path as text, or a mapping, and starts nothing."""
    path = _written(tmp_path, GOOD)
    for config in (path, str(path), {"port": 8080}):
        server = AuthorizationServer.from_config(config)
        assert 8080 == server.port

    assert 9090 == AuthorizationServer.from_config(path, port=9090).port


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        ('dialect = "nonsense"', "dialect must be one of"),
        ("token_lifetime = -1", "token_lifetime must be"),
        ('realm = "a/b"', "realm must be"),
        ('clients.a = {secret = ""}', "clients.a: secret must be"),
        ('clients.a = {secret = "x", scopes = ["a b"]}', "clients.a: scopes: 'a b'"),
    ],
)
def test_values_that_cannot_be_name_the_file_too(tmp_path, spoilt, named):
    """What fits the type and can't be is refused with the key and the file."""
    path = _written(tmp_path, spoilt)
    with pytest.raises(ConfigurationError) as caught:
        AuthorizationServer.from_config(path)

    assert f"{path}: {named}" in str(caught.value)
