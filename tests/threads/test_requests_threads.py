"""One session, one source, many threads."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter

from s2sauth.client.flow import BearerFlow
from s2sauth.client.requests import BearerAuth, mount
from support.http_server import Reply, accepting, http_server
from support.sources import MintingSource

THREADS = 64


def by_mount(url, source):
    inner = HTTPAdapter(pool_maxsize=THREADS)
    return mount(requests.Session(), url, source, inner=inner).get


def by_auth(url, source):
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
    auth = BearerAuth(source, origin=url)
    return lambda target, **options: session.get(target, auth=auth, **options)


WAYS = pytest.mark.parametrize("way", [by_mount, by_auth])


def together(call, count=THREADS):
    """Call once from each of `count` threads; return what came back."""
    with ThreadPoolExecutor(count) as pool:
        return [done.result() for done in [pool.submit(call) for _ in range(count)]]


@WAYS
def test_one_token_is_dropped_for_64_refusals(way):
    """64 threads get a 401 for the same token: one other is fetched, all succeed."""
    source, all_here = MintingSource(), threading.Barrier(THREADS)
    judge = accepting("token-2")

    def refuse_together(seen):
        if seen.authorization == "Bearer token-1":
            all_here.wait(30)
        return judge(seen)

    with http_server(refuse_together) as server:
        call = way(server.url, source)
        answers = together(lambda: call(server.url, timeout=30))

    assert [200] * THREADS == [answer.status_code for answer in answers]
    assert (2, 2 * THREADS) == (source.minted, len(server.seen))


@WAYS
def test_api_that_refuses_all_costs_two_tokens(way):
    """64 threads against an API that refuses everything: two tokens, and 401s."""
    source = MintingSource()
    with http_server(accepting()) as server:
        call = way(server.url, source)
        answers = together(
            lambda: [call(server.url, timeout=30).status_code for _ in range(10)]
        )

    assert [[401] * 10] * THREADS == answers
    assert 2 == source.minted


@WAYS
def test_a_session_shared_by_threads_mixes_nothing_up(way):
    """Each thread gets its own answer, and every call bears the token."""
    with http_server(lambda seen: Reply(body=seen.path.encode())) as server:
        call = way(server.url, MintingSource())
        paths = [f"/{number}" for number in range(THREADS * 10)]
        with ThreadPoolExecutor(THREADS) as pool:
            texts = list(
                pool.map(lambda path: call(server.url + path, timeout=30).text, paths)
            )

    assert paths == texts
    assert {"Bearer token-1"} == set(server.authorizations)


class SlowToDrop(MintingSource):
    """A source that takes its time to drop a token, until all have asked for it."""

    def __init__(self, parties):
        super().__init__()
        self.all_here = threading.Barrier(parties)

    def invalidate(self, token):
        self.all_here.wait(30)
        return super().invalidate(token)


def test_nobody_takes_the_refused_token_for_a_new_one():
    """Who is refused while another thread is dropping that token drops it too."""
    source = SlowToDrop(parties=2)
    flow = BearerFlow(source)

    def refused_once():
        steps = flow.steps(lambda: None)
        return next(steps).value, steps.send(True).value

    assert [("token-1", "token-2")] * 2 == together(refused_once, count=2)
    assert 2 == source.minted


class Recalling(MintingSource):
    """A source one of whose observers makes a call of its own, and is refused too."""

    flow: BearerFlow

    def invalidate(self, token):
        dropped = super().invalidate(token)
        if len(self.refused) == 1:
            self.flow.refused(self.get())
        return dropped


def test_an_observer_may_use_the_flow_it_observes():
    """No lock is held while a token is dropped, so a call from there doesn't hang."""
    source = Recalling()
    flow = source.flow = BearerFlow(source)
    done = threading.Thread(target=lambda: flow.refused(source.get()), daemon=True)

    done.start()
    done.join(10)

    assert not done.is_alive()
    assert ["token-1"] == [token.value for token in source.refused]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there's no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_in_the_middle_of_a_refusal_goes_on():
    """The damper's lock, held by a thread of the parent, doesn't stop the child."""
    source = MintingSource()
    flow = BearerFlow(source)
    token = source.get()

    with flow._damper._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            flow.refused(token)
            BearerFlow(MintingSource())
            os._exit(0 if source.get().value == "token-2" else 1)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
