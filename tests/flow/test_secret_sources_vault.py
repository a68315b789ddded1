"""VaultSecret by the real hvac, against a stand-in over a real socket."""

import json
import pickle
import socket
import threading

import pytest

from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import (
    AppRoleLogin,
    EnvSecret,
    FileSecret,
    KubernetesLogin,
    TokenLogin,
    VaultSecret,
)
from s2sauth.testing import FakeClock
from support.canary import shown
from support.http_server import Reply
from support.vault import running_vault

pytestmark = pytest.mark.vault

PATHS = ["secret/order-service", "old/order-service"]


@pytest.fixture
def running():
    """A Vault with a secret in each version of the KV engine."""
    with running_vault() as (vault, server):
        for path in PATHS:
            vault.put(path, client_secret="f1rst", other="x", number=7)
        yield vault, server


def login_for(vault, kind, tmp_path):
    if kind == "token":
        return TokenLogin(vault.new_token(*PATHS))
    if kind == "approle":
        vault.roles["role"] = "s3cret-id"
        return AppRoleLogin("role", "s3cret-id")
    token = tmp_path / "token"
    token.write_text("eyJ-account\n")
    vault.workloads["orders"] = "eyJ-account"
    return KubernetesLogin("orders", token)


LOGINS = pytest.mark.parametrize("kind", ["token", "approle", "kubernetes"])
ENGINES = pytest.mark.parametrize(("path", "version"), [(PATHS[0], 2), (PATHS[1], 1)])


def source_for(vault, server, path=PATHS[0], **options):
    options.setdefault("login", TokenLogin(vault.new_token(*PATHS)))
    return VaultSecret(server.url, path, **{"field": "client_secret", **options})


@LOGINS
@ENGINES
def test_a_field_is_read(running, tmp_path, kind, path, version):
    """Each login, each version of the engine; nothing is asked at construction."""
    vault, server = running
    login = login_for(vault, kind, tmp_path)
    source = source_for(vault, server, path, kv_version=version, login=login)
    assert server.seen == []
    assert source() == "f1rst"


@LOGINS
def test_a_wrong_login_is_told(running, tmp_path, kind):
    """Which login was refused, and nothing of what was sent."""
    vault, server = running
    login = login_for(vault, kind, tmp_path)
    vault.revoke_all()
    vault.roles["role"] = "another"
    vault.workloads["orders"] = "another"
    with pytest.raises(CredentialUnavailable) as caught:
        source_for(vault, server, login=login)()
    said = {
        "token": "doesn't let us read secret/order-service (403)",
        "approle": "refused our login: check the AppRoleLogin",
        "kubernetes": "refused our login: check the KubernetesLogin",
    }
    assert str(caught.value).endswith(said[kind])
    assert str(caught.value).startswith(f"Vault at 127.0.0.1:{server.server_port} ")
    assert not [
        x for x in ("s3cret-id", "eyJ-account", "hvs.") if x in shown(caught.value)
    ]


@pytest.mark.parametrize("kind", ["approle", "kubernetes"])
def test_an_ended_token_is_replaced(running, tmp_path, kind):
    """Vault's token ended, or was revoked: one new login, and the secret is read."""
    vault, server = running
    clock = FakeClock()
    login = login_for(vault, kind, tmp_path)
    source = source_for(vault, server, login=login, clock=clock)
    assert source() == "f1rst"
    vault.revoke_all()
    clock.advance(300)
    assert source() == "f1rst"
    assert vault.logins == 2


def test_a_token_is_kept_while_it_lives(running, tmp_path):
    """One login serves many look-ups."""
    vault, server = running
    clock = FakeClock()
    login = login_for(vault, "approle", tmp_path)
    source = source_for(vault, server, login=login, clock=clock)
    for _ in range(3):
        source()
        clock.advance(300)
    assert vault.logins == 1


def test_a_renewed_token_file_is_read_again(running, tmp_path):
    """Vault's agent writes a new token; it's read when the old one is refused."""
    vault, server = running
    file, clock = tmp_path / "vault-token", FakeClock()
    file.write_text(vault.new_token(*PATHS) + "\n")
    source = source_for(vault, server, login=TokenLogin(FileSecret(file)), clock=clock)
    assert source() == "f1rst"
    vault.revoke_all()
    file.write_text(vault.new_token(*PATHS))
    clock.advance(300)
    assert source() == "f1rst"


def test_the_token_comes_from_the_variable(running, monkeypatch):
    """Without login= it's VAULT_TOKEN, as for Vault's own tools."""
    vault, server = running
    monkeypatch.setenv("VAULT_TOKEN", vault.new_token(*PATHS))
    assert VaultSecret(server.url, PATHS[0], field="client_secret")() == "f1rst"
    monkeypatch.delenv("VAULT_TOKEN")
    with pytest.raises(CredentialUnavailable, match="VAULT_TOKEN is not set"):
        VaultSecret(server.url, PATHS[0], field="client_secret")()


def test_the_secret_is_remembered_for_a_while(running):
    """Asked lazily, once in `max_age`, however often it's needed."""
    vault, server = running
    clock = FakeClock()
    source = source_for(vault, server, max_age=60, clock=clock)
    assert [source() for _ in range(5)] == ["f1rst"] * 5
    assert len(server.seen) == 1
    vault.put(PATHS[0], client_secret="s3cond")
    clock.advance(59)
    assert source() == "f1rst"
    clock.advance(1)
    assert source() == "s3cond"


def test_many_threads_cost_one_request(running):
    """Threads that need it at once share one look-up."""
    vault, server = running
    together, got = threading.Barrier(16), []
    source = source_for(vault, server)

    def ask():
        together.wait()
        got.append(source())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["f1rst"] * 16
    assert len(server.seen) == 1


def test_a_refused_secret_is_asked_for_anew(running):
    """The server refused what's remembered: the current one comes at once."""
    vault, server = running
    source = source_for(vault, server)
    first = source()
    vault.put(PATHS[0], client_secret="s3cond")
    source.refused(first)
    assert source() == "s3cond"


def test_the_previous_version_is_tried_during_an_overlap(running):
    """Vault has the new secret, the server only the old one yet; later it's the new."""
    vault, server = running
    vault.put(PATHS[0], client_secret="s3cond")
    source = source_for(vault, server)
    assert source() == "s3cond"
    source.refused("s3cond")
    assert source() == "f1rst"
    source.refused("f1rst")
    assert source() == "s3cond"


@pytest.mark.parametrize("gap", [None, {"other": "x"}])
def test_a_previous_version_that_is_gone_is_none(running, gap):
    """Deleted, or without the field: the current one is all there is."""
    vault, server = running
    vault.kv[PATHS[0]] = [gap, {"client_secret": "s3cond"}]
    source = source_for(vault, server)
    source.refused(source())
    assert source() == "s3cond"


def test_kv_1_has_no_previous(running):
    """The first version of the engine knows one value only."""
    vault, server = running
    source = source_for(vault, server, PATHS[1], kv_version=1)
    source.refused(source())
    assert source() == "f1rst"


def test_a_first_version_has_no_previous(running):
    """Version 1 of a secret has none before it."""
    vault, server = running
    source = source_for(vault, server)
    source.refused(source())
    assert source() == "f1rst"
    assert len(server.seen) == 2


WRONG = {
    "no such field": ({"field": "secret"}, "the field 'secret' of {} isn't there"),
    "no text": ({"field": "number"}, "the field 'number' of {} is no text"),
    "no such secret": ({"path": "secret/nothing"}, "(403)"),
    "the API's path": ({"path": "secret/data/order-service"}, "(403)"),
    "version 1 for 2": (
        {"kv_version": 1},
        "has no {}: check path=, or pass kv_version=2",
    ),
    "another namespace": (
        {"namespace": "team"},
        "has no {}: check path= (without data/)",
    ),
}


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_there_is_told(running, changed, said):
    """The message names Vault and what's wrong, and nothing of the secret."""
    vault, server = running
    options = {"field": "client_secret", **changed}
    source = source_for(vault, server, **options)
    with pytest.raises(CredentialUnavailable) as caught:
        source()
    assert said.format(PATHS[0]) in str(caught.value)
    assert "f1rst" not in shown(caught.value)
    assert "hvs." not in shown(caught.value)
    assert caught.value.__context__ is None


def test_a_readable_secret_that_is_missing_is_told(running):
    """A path that we may read, and where nothing is."""
    vault, server = running
    login = TokenLogin(vault.new_token("secret/nothing"))
    with pytest.raises(CredentialUnavailable, match="has no secret/nothing"):
        source_for(vault, server, "secret/nothing", login=login)()


def test_a_deleted_secret_is_told(running):
    """The current version was deleted: an error, not the version before."""
    vault, server = running
    vault.kv[PATHS[0]].append(None)
    with pytest.raises(CredentialUnavailable, match="has no secret/order-service"):
        source_for(vault, server)()


def test_a_namespace_is_named(running):
    """Vault Enterprise's header goes along."""
    vault, server = running
    vault.namespace = "team"
    assert source_for(vault, server, namespace="team")() == "f1rst"


def test_a_sealed_vault_is_told_and_asked_again(running):
    """Sealed: an error that says so; unsealed, the next need brings the secret."""
    vault, server = running
    source = source_for(vault, server)
    vault.sealed = True
    with pytest.raises(CredentialUnavailable, match=r"is sealed.*\(503\)"):
        source()
    vault.sealed = False
    assert source() == "f1rst"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(429), "slow down"),
        (Reply(500), "failed"),
        (Reply(501), "not initialized"),
        (Reply(200, {}, b"<html>"), "no secret"),
        (Reply(200, {}, b"[]"), "no secret"),
        (Reply(200, {}, json.dumps({"data": {"data": 1}}).encode()), "no secret"),
        (Reply(307, {"Location": "https://elsewhere"}), "no secret"),
        (Reply(cut=True, body=b"x" * 100), "can't be reached"),
    ],
)
def test_strange_answers_are_told(running, reply, said):
    """Whatever comes, a CredentialUnavailable says what it was; redirects aren't followed."""
    vault, server = running
    server.answer = lambda _seen: reply
    with pytest.raises(CredentialUnavailable, match=said):
        source_for(vault, server)()


def test_a_vault_that_is_down_is_told():
    """Nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    source = VaultSecret(url, PATHS[0], field="f", login=TokenLogin("t"))
    with pytest.raises(CredentialUnavailable, match=r"can't be reached \("):
        source()


def test_a_vault_that_hangs_is_given_up(running):
    """The limit holds in total."""
    vault, server = running
    gone = threading.Event()
    server.answer = lambda _seen: Reply(before=lambda: gone.wait(10))
    with pytest.raises(CredentialUnavailable, match=r"can't be reached|did not answer"):
        source_for(vault, server, timeout=0.2)()
    gone.set()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"url": "http://vault.example.com"}, "url is plain http"),
        ({"url": "vault"}, "url must be"),
        ({"path": ""}, "path"),
        ({"path": "secret"}, "path must name the engine and the secret"),
        ({"field": ""}, "field"),
        ({"kv_version": 3}, "kv_version"),
        ({"mount": ""}, "mount"),
        ({"login": "hvs.t0ken"}, "login"),
        ({"max_age": -1}, "max_age"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_arguments_are_checked(changed, named):
    """At construction, by name, and without a token that was passed by mistake."""
    arguments = {"url": "https://v", "path": PATHS[0], "field": "f", **changed}
    with pytest.raises(ConfigurationError, match=named) as caught:
        VaultSecret(arguments.pop("url"), arguments.pop("path"), **arguments)
    assert "t0ken" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TokenLogin(""),
        lambda: AppRoleLogin("", "x"),
        lambda: AppRoleLogin("x", ""),
        lambda: KubernetesLogin(""),
        lambda: KubernetesLogin("x", mount=""),
    ],
)
def test_logins_are_checked(make):
    """Empty names and secrets are refused at once."""
    with pytest.raises(ConfigurationError, match="must be a string that isn't empty"):
        make()


def test_a_mount_with_slashes_is_named_apart(running):
    """mount= is for engines whose path has several parts."""
    vault, server = running
    vault.engines["team"] = 1
    vault.put("team/kv/order", client_secret="d33p")
    login = TokenLogin(vault.new_token("team/kv/order"))
    source = source_for(
        vault, server, "order", mount="team/kv", kv_version=1, login=login
    )
    assert source() == "d33p"


def test_nothing_shows_and_nothing_is_pickled(running):
    """Neither the secret nor a token is in a repr."""
    vault, server = running
    source = source_for(vault, server)
    source()
    assert repr(source) == (
        f"VaultSecret({server.url!r}, 'secret/order-service', field='client_secret')"
    )
    assert (
        repr(AppRoleLogin("r", "s3cret"))
        == "AppRoleLogin(role_id='r', mount='approle')"
    )
    assert repr(TokenLogin(EnvSecret("A"))) == "TokenLogin()"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(source)
