"""A secret is rotated at Keycloak, by an operator's steps, while the service runs."""

import time

import grpc
import pytest

from conformance.callers import AUDIENCE, Caller
from s2sauth import ClientSecret, TokenManager, VerifierUnavailable
from s2sauth.events import TokenFetched, TokenServedWhileRefreshFails
from s2sauth.secret_sources import FileSecret
from s2sauth.server import IntrospectionVerifier

LIFESPAN = 12  # seconds that a token lives: the swap must come before its end


class _Volume:
    """A secret as Kubernetes mounts it: `..data` is a link that's swapped at once."""

    def __init__(self, folder, secret):
        self._folder = folder
        self._count = 0
        self.swap(secret)
        (folder / "secret").symlink_to("..data/secret")
        self.path = folder / "secret"

    def swap(self, secret):
        self._count += 1
        version = self._folder / f"..{self._count}"
        version.mkdir()
        (version / "secret").write_text(secret + "\n")
        link = self._folder / "..new"
        link.symlink_to(version.name)
        link.replace(self._folder / "..data")


@pytest.fixture
def volume(tmp_path):
    """Where the service reads its secret."""
    return _Volume(tmp_path, "first")


def _until(condition):
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def _count(events, kind):
    return sum(isinstance(event, kind) for event in events)


def test_a_secret_is_rotated_while_threads_call(
    realm, provider, payment_http, payment_grpc, volume
):
    """Three times at Keycloak and on disk, under 16 threads: no call fails.

    The second time the file comes late: a refresh was refused meanwhile, and the
    token that lives was served.
    """
    client_id, events = "rotating-service", []
    inner_id = realm.add_client(client_id, "first", "payments:write", lifespan=LIFESPAN)
    with TokenManager(
        provider,
        client_id=client_id,
        credential=ClientSecret(FileSecret(volume.path)),
        observers=[events.append],
    ) as manager:
        with Caller(payment_http, payment_grpc, manager) as caller:
            with caller.calling() as answers:
                for late in (False, True, False):
                    _until_another(events, TokenFetched)
                    secret = realm.rotate_secret(inner_id)
                    if late:
                        _until_another(events, TokenServedWhileRefreshFails)
                    volume.swap(secret)
                _until_another(events, TokenFetched)

    assert {(200, client_id), (grpc.StatusCode.OK, client_id)} == set(answers)
    assert answers.total() > 200
    assert _count(events, TokenFetched) >= 4


def _until_another(events, kind):
    before = _count(events, kind)
    _until(lambda: _count(events, kind) > before)


def test_introspection_goes_on_with_the_new_secret(
    realm, provider, make_client, volume
):
    """Refused with the old one it's a 503, never a 401; swapped, it answers at once."""
    inner_id = realm.add_client("rotating-verifier", "first")
    client = make_client()
    token = client.manager.source(scope="payments:write").get(timeout=20.0).value
    verifier = IntrospectionVerifier(
        provider,
        audience=AUDIENCE,
        client_id="rotating-verifier",
        credential=ClientSecret(FileSecret(volume.path)),
        cache_size=0,
    )
    assert client.client_id == verifier.verify(token).client_id
    secret = realm.rotate_secret(inner_id)
    with pytest.raises(VerifierUnavailable):
        verifier.verify(token)

    volume.swap(secret)

    assert client.client_id == verifier.verify(token).client_id
