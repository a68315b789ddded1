"""The benchmarks: that they run and write what they found; how fast is no test."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from math import isfinite
from pathlib import Path

import pytest

import s2sauth

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_FAMILIES = sorted(
    path.stem
    for path in (_BENCHMARKS / "families").glob("*.py")
    if path.stem != "__init__"
)
_PEERS = {
    "google-auth": "google.auth",
    "Authlib": "authlib",
    "requests-oauth2client": "requests_oauth2client",
    "PyJWT": "jwt",
    "joserfc": "joserfc",
    "jwcrypto": "jwcrypto",
}

pytestmark = pytest.mark.grpc  # its servers speak gRPC, too


def _run(results, *arguments):
    """Run the command as people do, on the s2sauth under test."""
    home = str(Path(s2sauth.__file__).parents[1])
    return subprocess.run(
        [sys.executable, _BENCHMARKS / "run.py", "--json", results, *arguments],
        env={**os.environ, "PYTHONPATH": home},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _missing():
    return {
        name
        for name, module in _PEERS.items()
        if find_spec(module.partition(".")[0]) is None or find_spec(module) is None
    }


@pytest.mark.grpc
def test_a_quick_run_measures_every_family_and_writes_what_it_found(tmp_path):
    """A quick run ends well, with rows of finite figures for every family."""
    results = tmp_path / "results.json"
    ended = _run(results, "--quick")
    assert (0, "") == (ended.returncode, ended.stderr)
    families = json.loads(results.read_text(encoding="utf-8"))["families"]
    assert _FAMILIES == sorted(one["name"] for one in families if one["rows"])
    figures = [row["best"] for family in families for row in family["rows"]]
    assert all(isfinite(figure) for figure in figures)


def test_peers_that_are_not_installed_are_named_and_left_out(tmp_path):
    """Without a peer a run says so, goes on, and has no row of it."""
    results = tmp_path / "results.json"
    ended = _run(results, "--quick", "--only", "second_sight")
    assert (0, "") == (ended.returncode, ended.stderr)
    document = json.loads(results.read_text(encoding="utf-8"))
    assert _missing() == set(document["missing"])
    assert all(name in ended.stdout.partition("second_sight")[0] for name in _missing())
    (family,) = document["families"]
    rows = [row["what"].partition(":")[0] for row in family["rows"]]
    assert "s2sauth" in rows
    assert not _missing() & set(rows)


def test_a_target_is_judged_by_what_was_measured(tmp_path):
    """What is written says of each target whether its figure keeps the limit."""
    results = tmp_path / "results.json"
    assert 0 == _run(results, "--quick", "--only", "cached_get").returncode
    (family,) = json.loads(results.read_text(encoding="utf-8"))["families"]
    targets = [row["target"] for row in family["rows"] if row["target"]]
    assert ["≤ 0.2 µs"] == [target["text"] for target in targets]
    assert [t["measured"] <= t["limit"] for t in targets] == [t["met"] for t in targets]
