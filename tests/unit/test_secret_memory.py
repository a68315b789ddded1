"""What slow sources gave: remembered, asked anew, current and previous in turn."""

import pickle
import sys
import threading

import pytest

from s2sauth.credentials import ClientSecret, ClientSecretJwt, renewed_version
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import (
    AwsSecret,
    CachedSecret,
    FileSecret,
    RenewableSource,
    VaultSecret,
)
from s2sauth.testing import FakeClock


class Vault:
    """A source that counts, and may be down."""

    def __init__(self, *secrets):
        self.secrets = list(secrets)
        self.asked = 0
        self.down = False

    def __call__(self):
        self.asked += 1
        if self.down:
            message = "down: s3cr3t"
            raise OSError(message)
        return self.secrets[-1]

    def previous(self):
        return self.secrets[-2]


@pytest.fixture
def clock():
    """Time stands still."""
    return FakeClock()


def test_it_is_asked_lazily_and_once(clock):
    """Not at construction; then once in max_age."""
    vault = Vault("a")
    source = CachedSecret(vault, max_age=60, clock=clock)
    assert vault.asked == 0
    assert [source() for _ in range(5)] == ["a"] * 5
    assert vault.asked == 1
    clock.advance(60)
    source()
    assert vault.asked == 2


def test_max_age_0_asks_each_time(clock):
    """Nothing is remembered longer than it takes."""
    vault = Vault("a")
    source = CachedSecret(vault, max_age=0, clock=clock)
    assert [source(), source()] == ["a", "a"]
    assert vault.asked == 2


def test_a_source_that_is_down_is_told_by_its_kind(clock):
    """Its words may hold the secret; and the next need asks again."""
    vault = Vault("a")
    source = CachedSecret(vault, clock=clock)
    vault.down = True
    with pytest.raises(CredentialUnavailable) as caught:
        source()
    assert str(caught.value) == "the secret source failed (OSError)"
    vault.down = False
    assert source() == "a"


def test_a_remembered_secret_outlives_its_source(clock):
    """A source that's down harms nobody while its answer is young."""
    vault = Vault("a")
    source = CachedSecret(vault, max_age=60, clock=clock)
    source()
    vault.down = True
    clock.advance(59)
    assert source() == "a"


def test_a_source_that_hangs_is_given_up():
    """It may take `timeout` seconds; who asks next asks anew."""
    gone = threading.Event()
    source = CachedSecret(lambda: str(gone.wait(30)), timeout=0.05)
    with pytest.raises(CredentialUnavailable, match=r"did not answer within 0\.05 s"):
        source()
    gone.set()
    assert source() == "True"


def test_a_refusal_asks_anew_at_once(clock):
    """Whatever max_age says."""
    vault = Vault("a")
    source = CachedSecret(vault, clock=clock)
    source()
    vault.secrets.append("b")
    source.refused("a")
    assert source() == "b"


def test_a_stale_refusal_drops_nothing(clock):
    """Another flight has renewed already: what it got stays."""
    vault = Vault("a")
    source = CachedSecret(vault, clock=clock)
    source()
    vault.secrets.append("b")
    source.refused("a")
    source()
    source.refused("a")
    assert source() == "b"
    assert vault.asked == 2


def test_the_two_take_turns_during_an_overlap(clock):
    """Each refusal gives way to the one whose own refusal is longest ago."""
    vault = Vault("a", "b")
    source = CachedSecret(vault, previous=vault.previous, clock=clock)
    given = [source()]
    for _ in range(3):
        source.refused(given[-1])
        given.append(source())
    assert given == ["b", "a", "b", "a"]


def test_a_third_secret_goes_first(clock):
    """After a refusal long ago, the next rotation starts with the current one."""
    vault = Vault("a", "b")
    source = CachedSecret(vault, previous=vault.previous, clock=clock)
    source.refused(source())
    assert source() == "a"
    vault.secrets.append("c")
    source.refused("a")
    assert source() == "c"
    source.refused("c")
    assert source() == "b"


def test_a_previous_source_that_fails_is_none(clock):
    """The overlap is over: its file is gone."""
    source = CachedSecret(
        Vault("b"), previous=FileSecret("/nowhere/previous"), clock=clock
    )
    source.refused(source())
    assert source() == "b"


def test_the_previous_one_is_not_asked_before_a_refusal(clock):
    """It costs nothing while all is well."""
    previous = Vault("a")
    source = CachedSecret(Vault("b"), previous=previous, clock=clock)
    source()
    assert previous.asked == 0


def test_threads_share_one_look_up():
    """However many need it at once."""
    together, started, got = threading.Barrier(9), threading.Event(), []
    calls = []

    def slow():
        calls.append(1)
        started.wait(10)
        return "a"

    source = CachedSecret(slow)

    def ask():
        together.wait()
        got.append(source())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    together.wait()
    started.set()
    for thread in threads:
        thread.join()
    assert (got, len(calls)) == (["a"] * 8, 1)


@pytest.mark.parametrize("credential", [ClientSecret, ClientSecretJwt])
def test_credentials_renew_their_source(clock, credential):
    """The port's renew: a refused version asks the source, a stale one doesn't."""
    vault = Vault("a" * 40)
    credential = credential(CachedSecret(vault, clock=clock))
    before = credential.version()
    vault.secrets.append("b" * 40)
    after = renewed_version(credential, before)
    assert after != before
    assert renewed_version(credential, before) == after
    assert vault.asked == 2


def test_plain_sources_have_nothing_to_renew():
    """A file is read each time anyhow; a string stays what it is."""
    credential = ClientSecret("a")
    assert renewed_version(credential, credential.version()) == credential.version()
    assert isinstance(CachedSecret(lambda: "a"), RenewableSource)
    assert not isinstance(FileSecret("x"), RenewableSource)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("s3cr3t",), "source"),
        ((str,), None),
        ((str, "s3cr3t"), "previous"),
    ],
)
def test_arguments_are_checked(arguments, named):
    """By name; a secret passed by mistake isn't repeated."""
    names = dict(zip(["previous"], arguments[1:], strict=False))
    if named is None:
        assert CachedSecret(arguments[0])
    else:
        with pytest.raises(ConfigurationError, match=named) as caught:
            CachedSecret(arguments[0], **names)
        assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("value", [-1, "60", True, float("nan"), float("inf"), None])
@pytest.mark.parametrize("name", ["max_age", "timeout"])
def test_seconds_are_checked(name, value):
    """A number that time can have."""
    with pytest.raises(ConfigurationError, match=name):
        CachedSecret(str, **{name: value})


@pytest.mark.parametrize(
    ("module", "extra", "make"),
    [
        ("hvac", "vault", lambda: VaultSecret("https://v", "secret/x", field="f")),
        ("boto3.session", "aws", lambda: AwsSecret("x")),
    ],
)
def test_a_missing_extra_is_named(monkeypatch, module, extra, make):
    """Which one, and the command."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"pip install 's2sauth\[{extra}\]'"):
        make()


def test_it_is_not_pickled():
    """Each process makes its own."""
    source = CachedSecret(FileSecret("x"))
    assert repr(source) == "CachedSecret(FileSecret(path='x'))"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(source)
