"""Secrets from files, variables and callables."""

from pathlib import Path

import pytest

from s2sauth import ClientSecret, ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import EnvSecret, FileSecret, read_secret


def test_a_file_is_read_each_time(tmp_path: Path) -> None:
    """A changed file gives the changed secret; line ends behind it are stripped."""
    path = tmp_path / "secret"
    source = FileSecret(path)
    path.write_bytes(b"one\r\n")
    assert source() == "one"
    path.write_bytes(b" two \n\n")
    assert source() == " two "


def test_a_symlink_swap_is_followed(tmp_path: Path) -> None:
    """Kubernetes swaps a symlink; the next read sees the new target."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    link = tmp_path / "current"
    link.symlink_to(tmp_path / "a")
    source = FileSecret(link)
    assert source() == "a"
    link.unlink()
    link.symlink_to(tmp_path / "b")
    assert source() == "b"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is missing, empty or no text is named with what is wrong."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CredentialUnavailable, match=said) as caught:
        FileSecret(path)()
    assert str(path) in str(caught.value)
    assert caught.value.__context__ is None


def test_a_variable_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unset variable is named; a set one is the secret."""
    source = EnvSecret("S2SAUTH_TEST_SECRET")
    with pytest.raises(CredentialUnavailable, match="S2SAUTH_TEST_SECRET"):
        source()
    monkeypatch.setenv("S2SAUTH_TEST_SECRET", "s")
    assert source() == "s"


@pytest.mark.parametrize("given", [None, "", 7, b"bytes"])
def test_a_source_that_gives_no_text_is_refused(given: object) -> None:
    """Whatever isn't text can't be a secret."""
    with pytest.raises(CredentialUnavailable, match="gave no text"):
        read_secret(lambda: given)  # type: ignore[arg-type,return-value]  # wrong on purpose


@pytest.mark.parametrize("secret", ["", None, 7, b"bytes"])
def test_a_secret_that_is_none_is_refused_at_once(secret: object) -> None:
    """A credential without a secret can't be made."""
    with pytest.raises(ConfigurationError, match="secret"):
        ClientSecret(secret)  # type: ignore[arg-type]  # wrong on purpose


def test_an_unknown_method_is_refused() -> None:
    """The method is basic or post."""
    with pytest.raises(ConfigurationError, match="method"):
        ClientSecret("s", method="digest")  # type: ignore[arg-type]  # wrong on purpose


def test_versions_name_the_secret_and_dont_show_it() -> None:
    """Equal secrets have equal versions, others don't, and none holds the secret."""
    assert ClientSecret("a").version() == ClientSecret(lambda: "a").version()
    assert ClientSecret("a").version() != ClientSecret("b").version()
    assert "secret-text" not in ClientSecret("secret-text").version()
