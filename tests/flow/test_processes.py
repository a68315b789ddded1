"""Forks under load, and interpreters that end at any moment: real processes."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from s2sauth.testing import AuthorizationServer

PATIENCE = 60.0

SETUP = """
import os, sys, threading, time, warnings
from s2sauth import ClientSecret, Provider, TokenManager
provider = Provider(issuer=sys.argv[1], token_url=sys.argv[2])
manager = TokenManager(provider, client_id="c", credential=ClientSecret("s"))
"""


@pytest.fixture
def idp() -> Iterator[AuthorizationServer]:
    """A running authorization server with one client."""
    with AuthorizationServer(dialect="keycloak") as server:
        server.add_client("c", secret="s", scopes=[f"s{n}" for n in range(200)])
        yield server


def run(
    idp: AuthorizationServer, script: str, *options: str, patience: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run a script as a process of its own, and give it a minute."""
    return subprocess.run(
        [
            sys.executable,
            *options,
            "-c",
            SETUP + textwrap.dedent(script),
            idp.issuer,
            idp.url("token"),
        ],
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )


def test_100_forks_under_load(idp: AuthorizationServer) -> None:
    """Children forked while 8 threads fetch keep the token and get new ones."""
    done = run(
        idp,
        """
        kept = manager.source(scope="s0").get()
        over = threading.Event()
        def load(n):
            while not over.is_set():
                source = manager.source(scope=f"s{n}")
                source.invalidate(source.get())
        threads = [threading.Thread(target=load, args=(n,)) for n in range(1, 9)]
        for thread in threads: thread.start()
        failed = 0
        for number in range(100):
            pid = os.fork()
            if pid == 0:
                try:
                    same = manager.source(scope="s0").get(timeout=10) is kept
                    new = manager.source(scope=f"s{100 + number % 50}").get(timeout=10)
                    busy = manager.source(scope=f"s{1 + number % 8}").get(timeout=10)
                    os._exit(0 if same and new and busy else 3)
                except BaseException as error:
                    os.write(2, repr(error).encode())
                    os._exit(4)
            failed += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0
        over.set()
        for thread in threads: thread.join()
        print("failed", failed)
        """,
        "-W",
        "ignore::DeprecationWarning",  # 3.12 warns of every fork with threads: our point
    )
    assert (done.stdout, done.stderr, done.returncode) == ("failed 0\n", "", 0)


def test_no_thread_of_ours_before_the_first_token(idp: AuthorizationServer) -> None:
    """A process that forks before its first token has started no thread of ours."""
    done = run(
        idp,
        """
        source = manager.source(scope="s0")
        assert threading.active_count() == 1
        pid = os.fork()
        if pid == 0:
            os._exit(0 if source.get().value else 3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        print(bool(source.get().value))
        """,
        "-W",
        "error",
    )
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_background_refresh_works_in_the_child(idp: AuthorizationServer) -> None:
    """A child refreshes an ageing token by itself, without waiting."""
    idp.add_client("c", secret="s", token_lifetime=4)
    done = run(
        idp,
        """
        source = manager.source()
        first = source.get()
        if os.fork() == 0:
            end = time.monotonic() + 10
            while source.get() is first and time.monotonic() < end:
                time.sleep(0.01)
            left = first.expires_at - time.time()
            os._exit(0 if left > 0 else 3)  # replaced while it was still alive
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        """,
    )
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr


@pytest.mark.parametrize("ending", ["", "manager.close()", "del manager, source"])
def test_the_interpreter_ends_while_a_refresh_is_under_way(
    idp: AuthorizationServer, ending: str
) -> None:
    """Neither a hang nor a traceback, whatever is still on the wire."""
    idp.add_client("c", secret="s", token_lifetime=4)
    idp.delay(1.0, endpoint="token")
    done = run(
        idp,
        f"""
        source = manager.source()
        while not manager.status() or not manager.status()[0].refreshing:
            source.get()
            time.sleep(0.001)
        {ending}
        print("end")
        """,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


def test_the_interpreter_ends_while_a_caller_gave_up(idp: AuthorizationServer) -> None:
    """A fetch that nobody waits for any more doesn't hold the interpreter."""
    idp.delay(20.0, endpoint="token")
    done = run(
        idp,
        """
        begun = time.monotonic()
        try:
            manager.source().get(timeout=0.2)
        except TimeoutError as error:
            print(type(error).__name__, time.monotonic() - begun < 5)
        """,
        patience=12.0,  # a fetch would go on for 20 s
    )
    assert (done.stdout, done.stderr, done.returncode) == ("TokenTimeout True\n", "", 0)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(idp: AuthorizationServer, method: str) -> None:
    """Workers of multiprocessing get tokens, however they are started."""
    done = run(
        idp,
        f"""
        import multiprocessing, subprocess
        if {method!r} == "fork":
            manager.source(scope="s0").get()
            def work(n):
                return len(manager.source(scope=f"s{{n}}").get(timeout=10).value) > 0
            with multiprocessing.get_context("fork").Pool(4) as pool:
                print(all(pool.map(work, range(20))))
        else:
            # A spawned worker imports its module: the classes must be importable
            # and a manager be made there.
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                print(pool.apply(eval, ("__import__('s2sauth').TokenManager("
                    "__import__('s2sauth').Provider(issuer='x', token_url=url),"
                    "client_id='c', credential=__import__('s2sauth').ClientSecret('s'))"
                    ".source(scope='s1').get(timeout=10).value > ''",
                    {{"url": sys.argv[2]}})))
        """,
        "-W",
        "ignore::DeprecationWarning",
    )
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


def test_forked_siblings_draw_different_moments(idp: AuthorizationServer) -> None:
    """Children forked in one moment spread their refreshes like strangers."""
    done = run(
        idp,
        """
        from s2sauth.client.lifetime import refresh_moment
        refresh_moment(300.0, 300.0, 60.0)      # the parent's generator is in use
        read, write = os.pipe()
        for _ in range(100):
            if os.fork() == 0:
                os.write(write, f"{refresh_moment(300.0, 300.0, 60.0)}\\n".encode())
                os._exit(0)
        for _ in range(100): os.wait()
        os.close(write)
        moments = [float(line) for line in os.fdopen(read)]
        thirds = [sum(180 + 20 * n <= m < 200 + 20 * n for m in moments) for n in range(3)]
        print(len(moments), len(set(moments)), min(thirds) > 10)
        """,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("100 100 True\n", "", 0)


def test_a_slow_resolver_holds_nobody_up(idp: AuthorizationServer) -> None:
    """A resolver that takes 3 s doesn't stretch a caller's 0.3 s."""
    done = run(
        idp,
        """
        import socket
        real = socket.getaddrinfo
        def slow(*args, **kwargs):
            time.sleep(3.0)
            return real(*args, **kwargs)
        socket.getaddrinfo = slow       # in this process only
        begun = time.monotonic()
        try:
            manager.source().get(timeout=0.3)
        except TimeoutError as error:
            print(type(error).__name__, time.monotonic() - begun < 1.5)
        limited = TokenManager(provider, client_id="c", credential=ClientSecret("s"),
                               timeout=0.3, flight_timeout=0.5)
        begun = time.monotonic()
        try:
            limited.source().get()
        except Exception as error:
            print(type(error).__name__, time.monotonic() - begun < 2.0)
        """,
    )
    assert (done.stdout, done.stderr, done.returncode) == (
        "TokenTimeout True\nAuthorizationServerUnavailable True\n",
        "",
        0,
    )


def test_billiard_workers_as_celery_forks_them(idp: AuthorizationServer) -> None:
    """Workers of Celery's own fork of multiprocessing get and keep tokens."""
    done = run(
        idp,
        """
        import billiard
        kept = manager.source(scope="s0").get().value
        def work(n):
            same = manager.source(scope="s0").get(timeout=10).value == kept
            return same and bool(manager.source(scope=f"s{n}").get(timeout=10))
        with billiard.get_context("fork").Pool(4) as pool:
            print(all(pool.map(work, range(20))))
        """,
        "-W",
        "ignore",  # billiard's own warnings on new Pythons
    )
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
