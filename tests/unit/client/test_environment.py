"""from_env: one documented set of variables, each error names its variable."""

from pathlib import Path

import pytest

from s2sauth import ClientSecret, ConfigurationError, TokenManager, keycloak
from s2sauth.client.environment import configuration_from

GOOD = {
    "S2SAUTH_PROVIDER": "keycloak",
    "S2SAUTH_PROVIDER_URL": "https://sso.example.com",
    "S2SAUTH_PROVIDER_REALM": "mycompany",
    "S2SAUTH_CLIENT_ID": "order-service",
    "S2SAUTH_CLIENT_SECRET": "s3cr3t",
}


def test_keycloak_and_a_secret() -> None:
    """The variables say the same as the constructors."""
    found = configuration_from(GOOD)
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


def test_a_secret_file(tmp_path: Path) -> None:
    """S2SAUTH_CLIENT_SECRET_FILE is read at each fetch, its last line end stripped."""
    path = tmp_path / "secret"
    path.write_text("s3cr3t\n", encoding="utf-8")
    environ = {**GOOD, "S2SAUTH_CLIENT_SECRET_FILE": str(path)}
    del environ["S2SAUTH_CLIENT_SECRET"]
    version = configuration_from(environ).credential.version()
    assert version == ClientSecret("s3cr3t").version()


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
def test_a_missing_variable_is_named(name: str) -> None:
    """Leaving one out names it."""
    environ = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(ConfigurationError, match=name):
        TokenManager.from_env(environ)


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ({"S2SAUTH_ISSUER": "https://x"}, "S2SAUTH_ISSUER and S2SAUTH_PROVIDER"),
        ({"S2SAUTH_CLIENT_SECRET_FILE": "/x"}, "S2SAUTH_CLIENT_SECRET_FILE"),
        ({"S2SAUTH_PROVIDER": "nobody"}, "S2SAUTH_PROVIDER"),
    ],
)
def test_a_contradiction_is_named(added: dict[str, str], named: str) -> None:
    """Two variables that disagree are named, and no secret is."""
    with pytest.raises(ConfigurationError, match=named) as caught:
        TokenManager.from_env({**GOOD, **added})
    assert "s3cr3t" not in str(caught.value)


def test_options_reach_the_manager() -> None:
    """Whatever the constructor takes may be said beside the variables."""
    with pytest.raises(ConfigurationError, match="timeout"):
        TokenManager.from_env(GOOD, timeout=-1)
    TokenManager.from_env(GOOD, timeout=1).close()
