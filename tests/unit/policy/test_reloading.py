"""A policy file that changes while the service runs."""

import pytest

from s2sauth.errors import AccessError, ConfigurationError, Reason
from s2sauth.policy import Policy, PolicyFile, Rule
from s2sauth.server.decision import Door
from s2sauth.testing import StaticVerifier

CHARGE = "POST /charge"
FIRST = '[rules."POST /charge"]\nall_scopes = ["write"]\n'
SECOND = 'denied_clients = ["mallory"]\n' + FIRST.replace("write", "admin")
BROKEN = [
    "[rules",
    '[rules."POST /charge"]\nall_scope = ["x"]\n',
    SECOND + "[rules.nonsense]\n",
    b"\xff",
]


@pytest.fixture
def path(tmp_path):
    """A policy file."""
    path = tmp_path / "policy.toml"
    path.write_text(FIRST)
    return path


def reason(door: Door) -> Reason | None:
    """Return why a call is refused, or None."""
    try:
        door.admit(CHARGE, door.rule_for(CHARGE), ["Bearer test-token"])
    except AccessError as error:
        return error.reason
    return None


def door(policy: Policy, client_id: str = "orders") -> Door:
    """Return a door for one client that may write."""
    verifier = StaticVerifier(client_id=client_id, scopes="write")
    return Door(verifier, policy, transport="http")


def test_as_any_policy(path):
    """It's the policy of the file, in every respect."""
    policy, plain = PolicyFile(path), Policy.from_file(path)

    assert plain == policy == policy.current
    assert plain.rules == policy.rules
    assert plain.describe() == policy.describe()
    assert repr(plain) == repr(policy)
    assert (policy | Policy({"GET /x": Rule()})).rule_for("GET /x") == Rule()


def test_reload_holds_at_once(path):
    """A door in use judges by the new rules as soon as they're read, and not before."""
    policy = PolicyFile(path)
    orders, mallory = door(policy), door(policy, "mallory")

    path.write_text(SECOND)

    assert [None, None] == [reason(orders), reason(mallory)]
    assert policy.reload()
    assert Reason.INSUFFICIENT_SCOPE is reason(orders)
    assert Reason.DENIED is reason(mallory)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_changes_nothing(path, text):
    """It's refused by name, and the old policy is kept whole; a good one then holds."""
    policy = PolicyFile(path)
    before = policy.current
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigurationError, match=r"policy\.toml"):
        policy.reload()

    assert before is policy.current
    path.write_text(SECOND)
    assert policy.reload()
    assert frozenset({"mallory"}) == policy.denied_clients


def test_a_file_that_is_gone_changes_nothing(path):
    """As if it were broken."""
    policy = PolicyFile(path)
    path.unlink()

    with pytest.raises(ConfigurationError, match=r"policy\.toml"):
        policy.reload()

    assert Policy({CHARGE: Rule(all_scopes="write")}) == policy


def test_the_same_text_changes_nothing(path):
    """Every rule stays the same object, so that nothing made for it is made anew."""
    policy = PolicyFile(path)
    before = policy.rule_for(CHARGE)

    assert not policy.reload()
    assert before is policy.rule_for(CHARGE)


def test_it_is_in_no_set(path):
    """What changes has no hash."""
    with pytest.raises(TypeError):
        hash(PolicyFile(path))


def test_broken_at_the_start(path):
    """There's no policy to keep: the service doesn't start."""
    path.write_text("[rules")

    with pytest.raises(ConfigurationError, match=r"policy\.toml"):
        PolicyFile(path)
