"""Without the extra `grpc`: what says so, and what doesn't need it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.grpc


def run_without(hidden, statement):
    """Run a statement in a process that can't import a package."""
    script = f"import sys; sys.modules[{hidden!r}] = None; {statement}"
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "hidden"),
    [
        ("s2sauth.client.grpc", "grpc"),
        ("s2sauth.server.grpc", "grpc"),
        ("s2sauth.server.grpc", "google.rpc"),
    ],
)
def test_a_missing_extra_says_which_and_how_to_get_it(module, hidden):
    """The last line of the traceback is the command to type."""
    done = run_without(hidden, f"import {module}")
    last = done.stderr.splitlines()[-1]
    assert f"ImportError: {module} needs grpcio" in last
    assert last.endswith("pip install 's2sauth[grpc]'")


def test_nobody_pays_for_grpc_who_doesnt_use_it():
    """The SDK, its verifiers and its manager load without grpc and protobuf."""
    done = run_without("grpc", "import s2sauth, s2sauth.server, s2sauth.client.manager")
    assert (0, "") == (done.returncode, done.stderr)
