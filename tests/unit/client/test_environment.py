"""from_env: one documented set of variables and one file; errors name who said it."""

import inspect
from pathlib import Path
from typing import Any

import pytest

import s2sauth.credentials
import s2sauth.secret_sources
from s2sauth import (
    ClientSecret,
    ConfigurationError,
    Provider,
    TokenManager,
    auth0,
    cognito,
    entra,
    keycloak,
    okta,
)
from s2sauth.client.configuration import (
    CREDENTIALS,
    PROVIDERS,
    SECRET_SOURCES,
)
from s2sauth.client.environment import configuration_from
from s2sauth.secret_sources import EnvSecret, FileSecret

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
GOOD = {
    "S2SAUTH_PROVIDER": "keycloak",
    "S2SAUTH_PROVIDER_URL": "https://sso.example.com",
    "S2SAUTH_PROVIDER_REALM": "mycompany",
    "S2SAUTH_CLIENT_ID": "order-service",
    "S2SAUTH_CLIENT_SECRET": "s3cr3t",
}
FILE = """
client_id = "order-service"
[provider]
kind = "keycloak"
url = "https://sso.example.com"
realm = "mycompany"
[credential]
kind = "ClientSecret"
secret = { kind = "FileSecret", path = "/run/secrets/s2s" }
"""


def _found(**variables: str) -> Any:
    return configuration_from({**GOOD, **variables})


def _file(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "client.toml"
    path.write_text(text, encoding="utf-8")
    return {"S2SAUTH_CONFIG": str(path)}


def _without(*names: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key not in names}


def test_keycloak_and_a_secret() -> None:
    """The variables say the same as the constructors."""
    found = _found()
    assert found.provider == keycloak("https://sso.example.com", realm="mycompany")
    assert found.client_id == "order-service"
    assert found.credential == ClientSecret("s3cr3t")


def test_an_issuer_is_discovered_later() -> None:
    """S2SAUTH_ISSUER makes a provider that looks nothing up yet."""
    found = configuration_from(
        {
            "S2SAUTH_ISSUER": "https://sso.example.com/realms/x",
            "S2SAUTH_CLIENT_ID": "order-service",
            "S2SAUTH_CLIENT_SECRET": "s3cr3t",
        }
    )
    assert repr(found.provider) == "discover('https://sso.example.com/realms/x')"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"": "auth0", "DOMAIN": "acme.auth0.com"}, auth0("acme.auth0.com")),
        (
            {"": "auth0", "DOMAIN": "acme.auth0.com", "PERMISSIONS": "True"},
            auth0("acme.auth0.com", permissions=True),
        ),
        (
            {"": "entra", "TENANT_ID": TENANT, "ASSERTION_AUDIENCE": "urn:x"},
            entra(TENANT, assertion_audience="urn:x"),
        ),
        (
            {"": "cognito", "REGION": "eu-west-1", "USER_POOL_ID": "eu-west-1_x"},
            cognito(region="eu-west-1", user_pool_id="eu-west-1_x"),
        ),
        ({"": "okta", "DOMAIN": "acme.okta.com"}, okta("acme.okta.com")),
        (
            {"": "Provider", "ISSUER": "https://x", "TOKEN_URL": "https://x/t"},
            Provider(issuer="https://x", token_url="https://x/t"),
        ),
        (
            {"": "keycloak", "URL": "https://x", "REALM": "r", "ROLES": "realm"},
            keycloak("https://x", realm="r", roles="realm"),
        ),
    ],
)
def test_every_provider_by_its_arguments(arguments, expected) -> None:
    """A provider function's arguments are variables behind its own."""
    environ = {
        "S2SAUTH_CLIENT_ID": "order-service",
        "S2SAUTH_CLIENT_SECRET": "s3cr3t",
        **{
            f"S2SAUTH_PROVIDER_{name}" if name else "S2SAUTH_PROVIDER": value
            for name, value in arguments.items()
        },
    }
    assert expected == configuration_from(environ).provider


def test_a_secret_file(tmp_path: Path) -> None:
    """S2SAUTH_CLIENT_SECRET_FILE is read at each fetch, its last line end stripped."""
    path = tmp_path / "secret"
    path.write_text("s3cr3t\n", encoding="utf-8")
    environ = {**GOOD, "S2SAUTH_CLIENT_SECRET_FILE": str(path)}
    del environ["S2SAUTH_CLIENT_SECRET"]
    version = configuration_from(environ).credential.version()
    assert version == ClientSecret("s3cr3t").version()


def test_a_secret_source_of_any_kind() -> None:
    """S2SAUTH_SECRET names one; its arguments stand behind."""
    environ = {
        **_without("S2SAUTH_CLIENT_SECRET"),
        "S2SAUTH_SECRET": "EnvSecret",
        "S2SAUTH_SECRET_NAME": "MY_SECRET",
    }
    found = configuration_from(environ).credential
    assert found == ClientSecret(EnvSecret("MY_SECRET"))


def test_a_credential_of_any_kind() -> None:
    """S2SAUTH_CREDENTIAL names one; its arguments stand behind."""
    found = _found(
        S2SAUTH_CREDENTIAL="ClientSecret",
        S2SAUTH_CREDENTIAL_METHOD="post",
        S2SAUTH_CREDENTIAL_FORM_ENCODE="false",
    )
    expected = ClientSecret("s3cr3t", method="post", form_encode=False)
    assert found.credential == expected


def test_every_kind_that_is_exported_can_be_configured() -> None:
    """Kinds are looked up by name: what's exported tomorrow works without an edit."""
    providers, credentials = PROVIDERS.names(), CREDENTIALS.names()
    sources = SECRET_SOURCES.names()

    assert {"auth0", "cognito", "discover", "entra", "keycloak", "okta"} <= set(
        providers
    )
    assert {"ClientSecret"} <= set(credentials) <= set(s2sauth.credentials.__all__)
    assert {"EnvSecret", "FileSecret"} <= set(sources)
    assert not {"Credential", "Authentication", "SecretSource"} & {
        *credentials,
        *sources,
    }
    for catalog in (CREDENTIALS, SECRET_SOURCES):
        for name in catalog.names():
            assert inspect.isclass(catalog.find(name))


def test_a_file_says_the_same(tmp_path: Path) -> None:
    """S2SAUTH_CONFIG names a file; its tables are kinds and their arguments."""
    found = configuration_from(_file(tmp_path, FILE))
    assert found.provider == keycloak("https://sso.example.com", realm="mycompany")
    assert found.client_id == "order-service"
    assert found.credential == ClientSecret(FileSecret("/run/secrets/s2s"))


def test_a_file_by_its_path(tmp_path: Path) -> None:
    """A path does what the variable does; two different files are an error."""
    named = _file(tmp_path, FILE)
    path = named["S2SAUTH_CONFIG"]
    assert configuration_from({}, path=path).client_id == "order-service"
    assert configuration_from(named, path=path).client_id == "order-service"
    with pytest.raises(ConfigurationError, match="S2SAUTH_CONFIG names another file"):
        configuration_from(named, path="other.toml")


def test_a_file_and_variables_complete_each_other(tmp_path: Path) -> None:
    """What one doesn't say, the other may; both may say the same."""
    text = FILE.replace('client_id = "order-service"\n', "").replace(
        'kind = "ClientSecret"\n', "form_encode = false\n"
    )
    named = _file(tmp_path, text)
    found = configuration_from(
        {
            **named,
            "S2SAUTH_CLIENT_ID": "order-service",
            "S2SAUTH_PROVIDER_REALM": "mycompany",
            "S2SAUTH_CREDENTIAL_FORM_ENCODE": "False",
        }
    )
    assert found.credential == ClientSecret(
        FileSecret("/run/secrets/s2s"), form_encode=False
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"S2SAUTH_CLIENT_ID": "x"}, "S2SAUTH_CLIENT_ID and .*: client_id"),
        ({"S2SAUTH_PROVIDER_REALM": "x"}, "_REALM and .*: provider.realm"),
        ({"S2SAUTH_PROVIDER": "auth0"}, "S2SAUTH_PROVIDER and .*: provider.kind"),
        ({"S2SAUTH_ISSUER": "https://x"}, "S2SAUTH_ISSUER and .*: provider.kind"),
        (
            {"S2SAUTH_CLIENT_SECRET": "s3cr3t"},
            "S2SAUTH_CLIENT_SECRET and .*: credential.secret.kind",
        ),
        (
            {"S2SAUTH_CLIENT_SECRET_FILE": "/s3cr3t"},
            "S2SAUTH_CLIENT_SECRET_FILE and .*: credential.secret.path",
        ),
        ({"S2SAUTH_SECRET": "EnvSecret"}, "S2SAUTH_SECRET and .*: credential.secret"),
    ],
)
def test_a_variable_and_a_file_that_disagree(tmp_path, variables, words) -> None:
    """Both are named, and no value is."""
    with pytest.raises(ConfigurationError, match=f"{words}.* disagree") as caught:
        configuration_from({**_file(tmp_path, FILE), **variables})
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('client_id = "order-service"', "", "client_id is missing.*S2SAUTH_CLIENT_ID"),
        ('client_id = "order-service"', "client_id = 5", "client_id must be a string"),
        ('client_id = "order', 'clientid = "order', "clientid .*mean client_id"),
        ('kind = "keycloak"\n', "", "provider.kind is missing.*S2SAUTH_PROVIDER"),
        ('kind = "keycloak"', 'kind = "keyclock"', "provider.kind .*mean keycloak"),
        ('kind = "keycloak"', "kind = 7", "provider.kind .*known are .*okta"),
        (
            'realm = "my',
            'relm = "my',
            "provider.relm .*unknown to keycloak.*mean realm",
        ),
        ('realm = "mycompany"', "", "provider.realm is missing.*_PROVIDER_REALM"),
        ('realm = "mycompany"', "realm = 5", "provider.realm must be a string"),
        ('realm = "mycompany"', 'realm = "a/b"', "provider.realm: realm must"),
        ('realm = "mycompany"', "realm = []", "provider.realm must be a string"),
        ('kind = "ClientSecret"', 'kind = "Secret"', "credential.kind .*ClientSecret"),
        ('kind = "ClientSecret"', 'method = "get"', "credential.method: method"),
        ('kind = "ClientSecret"', "form_encode = 1", "form_encode must be true or"),
        ('"FileSecret"', '"FileSecrets"', "credential.secret.kind .*FileSecret"),
        ('"FileSecret"', '"read_secret"', "credential.secret.kind .*known"),
        (', path = "/run/secrets/s2s"', "", "credential.secret.path is missing"),
        (', path = "/run', ', file = "/run', "credential.secret.file is unknown"),
        ("[credential]", "[credentials]", "credentials .*mean credential"),
        ("[provider]", "provider = 5\n[x]", "provider must be a table|x is unknown"),
        ("[provider]", "[provider", "is no TOML"),
    ],
)
def test_a_file_that_is_wrong(tmp_path, old, new, words) -> None:
    """The file and the key are named, with the way out."""
    assert old in FILE
    named = _file(tmp_path, FILE.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=words) as caught:
        configuration_from(named)
    assert "client.toml" in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It's named, with the reason."""
    with pytest.raises(ConfigurationError, match=r"none.toml can't be read \(No such"):
        configuration_from({"S2SAUTH_CONFIG": str(tmp_path / "none.toml")})
    path = tmp_path / "latin.toml"
    path.write_bytes(b'client_id = "\xe9"')
    with pytest.raises(ConfigurationError, match=r"latin\.toml is not UTF-8"):
        configuration_from({"S2SAUTH_CONFIG": str(path)})


@pytest.mark.parametrize(
    "name",
    [
        "S2SAUTH_PROVIDER",
        "S2SAUTH_PROVIDER_URL",
        "S2SAUTH_PROVIDER_REALM",
        "S2SAUTH_CLIENT_ID",
        "S2SAUTH_CLIENT_SECRET",
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_a_missing_variable_is_named(name: str, empty: bool) -> None:
    """Leaving one out, or empty, names it."""
    environ = {**_without(name), **({name: ""} if empty else {})}
    with pytest.raises(ConfigurationError, match=f"{name} is not set"):
        TokenManager.from_env(environ)


def test_nothing_at_all() -> None:
    """The first error says by what a provider can be named."""
    with pytest.raises(ConfigurationError, match="S2SAUTH_ISSUER, nor S2SAUTH_CONFIG"):
        configuration_from({"HOME": "/root", "S2SAUTH_OTHER": "x"})


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ({"S2SAUTH_ISSUER": "https://x"}, "S2SAUTH_ISSUER and S2SAUTH_PROVIDER"),
        ({"S2SAUTH_CLIENT_SECRET_FILE": "/x"}, "S2SAUTH_CLIENT_SECRET_FILE"),
        ({"S2SAUTH_CREDENTIAL_SECRET": "x"}, "S2SAUTH_CLIENT_SECRET and"),
        ({"S2SAUTH_SECRET": "EnvSecret"}, "S2SAUTH_CLIENT_SECRET and S2SAUTH_SECRET"),
        ({"S2SAUTH_PROVIDER": "nobody"}, "S2SAUTH_PROVIDER names no provider"),
        ({"S2SAUTH_PROVIDER": "Keycloak"}, "mean keycloak"),
        ({"S2SAUTH_PROVIDER_RELM": "x"}, "S2SAUTH_PROVIDER_RELM .*mean realm"),
        ({"S2SAUTH_PROVIDER_URL": "sso"}, "S2SAUTH_PROVIDER_URL: url must"),
        ({"S2SAUTH_CREDENTIAL": "s3cr3t"}, "S2SAUTH_CREDENTIAL names no credential"),
        ({"S2SAUTH_CREDENTIAL_METHODS": "x"}, "_CREDENTIAL_METHODS .*mean method"),
        ({"S2SAUTH_CREDENTIAL_METHOD": "s3cr3t"}, "S2SAUTH_CREDENTIAL_METHOD: method"),
        (
            {"S2SAUTH_CREDENTIAL_FORM_ENCODE": "s3cr3t"},
            "FORM_ENCODE must be true or false",
        ),
    ],
)
def test_a_contradiction_is_named(added: dict[str, str], named: str) -> None:
    """What's wrong, or two that disagree, are named, and no value is."""
    with pytest.raises(ConfigurationError, match=named) as caught:
        TokenManager.from_env({**GOOD, **added})
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_error_holds_no_secret() -> None:
    """Neither do the frames of its traceback that are ours."""
    with pytest.raises(ConfigurationError) as caught:
        configuration_from({**GOOD, "S2SAUTH_CREDENTIAL_FORM_ENCODE": "x"})
    ours = [
        entry.frame.f_locals
        for entry in caught.traceback
        if "s2sauth" in str(entry.path) and "tests" not in str(entry.path)
    ]

    assert ours
    assert "s3cr3t" not in repr(ours)


@pytest.mark.vault
def test_a_source_within_a_source(tmp_path: Path) -> None:
    """What a source itself takes, such as Vault's login, is a table of its own."""
    text = FILE.replace(
        '{ kind = "FileSecret", path = "/run/secrets/s2s" }',
        '{ kind = "VaultSecret", url = "https://vault.example.com", path = "secret/s2s"'
        ', field = "value", kv_version = 1, login = { kind = "TokenLogin", secret = '
        '{ kind = "FileSecret", path = "/vault/token" } } }',
    )
    found = configuration_from(_file(tmp_path, text)).credential
    assert isinstance(found, ClientSecret)
    assert "VaultSecret" in type(found.secret).__name__


@pytest.mark.parametrize("name", ["clock", "dialect"])
def test_what_cannot_be_said_in_words(name: str) -> None:
    """An argument that takes an object is unknown to variables and files."""
    environ = {
        "S2SAUTH_ISSUER": "https://x",
        "S2SAUTH_CLIENT_ID": "c",
        "S2SAUTH_CLIENT_SECRET": "s",
        f"S2SAUTH_PROVIDER_{name.upper()}": "x",
    }
    with pytest.raises(ConfigurationError, match=f"{name.upper()} is unknown to disc"):
        configuration_from(environ)


def test_numbers_come_from_text_too() -> None:
    """A variable's text is made what its argument wants, or refused."""
    environ = {
        "S2SAUTH_ISSUER": "https://x",
        "S2SAUTH_CLIENT_ID": "c",
        "S2SAUTH_CLIENT_SECRET": "s",
    }
    assert configuration_from({**environ, "S2SAUTH_PROVIDER_TIMEOUT": "2.5"})
    with pytest.raises(ConfigurationError, match="_TIMEOUT must be a number"):
        configuration_from({**environ, "S2SAUTH_PROVIDER_TIMEOUT": "soon"})


def test_discovery_gets_the_managers_own_options() -> None:
    """Plain http beyond loopback needs the same word as in the constructor."""
    environ = {**GOOD, "S2SAUTH_ISSUER": "http://sso.example.com"}
    for name in ("S2SAUTH_PROVIDER", "S2SAUTH_PROVIDER_URL", "S2SAUTH_PROVIDER_REALM"):
        del environ[name]
    with pytest.raises(ConfigurationError, match="S2SAUTH_ISSUER: issuer_url is plain"):
        TokenManager.from_env(environ)
    TokenManager.from_env(environ, allow_insecure=True).close()


def test_options_reach_the_manager() -> None:
    """Whatever the constructor takes may be said beside the variables."""
    with pytest.raises(ConfigurationError, match="timeout"):
        TokenManager.from_env(GOOD, timeout=-1)
    TokenManager.from_env(GOOD, timeout=1).close()
