"""What is installed: light to import, typed, with the .proto where protoc finds it."""

import importlib.metadata
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _modules_after(statement: str) -> set[str]:
    """Return the names of all modules loaded by a statement in a fresh interpreter."""
    program = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


HEAVY = {"grpc", "google.protobuf", "flask", "werkzeug", "click", "rich", "pytest"}


@pytest.mark.parametrize(
    "module",
    ["s2sauth", "s2sauth.client.requests", "s2sauth.server", "s2sauth.policy"],
)
def test_the_core_loads_no_extra(module):
    """Whoever uses requests only pays for nothing else, and needs nothing else."""
    assert set() == HEAVY & _modules_after(f"import {module}")


def test_the_pytest_plugin_loads_no_extra():
    """Every pytest run of everyone who installed s2sauth loads it: it works bare."""
    assert {"pytest"} >= HEAVY & _modules_after("import s2sauth.testing.plugin")


def test_is_typed():
    """Type checkers are told to read our annotations."""
    assert files("s2sauth").joinpath("py.typed").is_file()


def test_the_proto_is_where_protoc_finds_it():
    """`import "s2sauth/v1/auth.proto"` resolves in the folder that holds s2sauth."""
    shipped = files("s2sauth.v1").joinpath("auth.proto")

    source = ROOT / "protos/s2sauth/v1/auth.proto"
    assert source.read_bytes() == shipped.read_bytes()


def test_one_version():
    """The version that's installed is the one that the package says."""
    import s2sauth

    assert importlib.metadata.version("s2sauth") == s2sauth.__version__


def test_the_changelog_has_this_version():
    """What is released is told."""
    import s2sauth

    assert f"\n## {s2sauth.__version__} (" in (ROOT / "CHANGELOG.md").read_text()


def test_entry_points_resolve():
    """The command and the pytest plugin point at something that's there."""
    points = importlib.metadata.distribution("s2sauth").entry_points
    expected = {
        ("console_scripts", "s2sauth", "s2sauth.cli:main"),
        ("pytest11", "s2sauth", "s2sauth.testing.plugin"),
    }

    assert expected == {(point.group, point.name, point.value) for point in points}


def test_every_extra_is_in_all():
    """`all` brings every extra that users may name (`dev` is for us)."""
    metadata = importlib.metadata.metadata("s2sauth")
    extras = set(metadata.get_all("Provides-Extra", []))
    wanted = next(
        requirement
        for requirement in metadata.get_all("Requires-Dist", [])
        if requirement.startswith("s2sauth[") and 'extra == "all"' in requirement
    )
    brought = set(wanted.partition("[")[2].partition("]")[0].split(","))

    assert extras == brought | {"all", "dev"}
