"""The tree keeps to its own rules, read from the source."""

import ast
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_BODY = 45  # lines
MEDIAN_BODY = 6
LONGEST_FILE = 350


def _sources(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "_pb2" not in path.name and not path.is_relative_to(ROOT / "tests/generated")
    )


PACKAGE = _sources("s2sauth")
TESTS = _sources("tests")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name, and how many lines its body has."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{_named(path)}:{node.name}", lines


def _called(path: Path) -> Iterator[str]:
    """Yield what is called in a file, as it's written: `time.sleep`."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_function_is_long():
    """Every function of the package fits a screen."""
    bodies = dict(pair for path in PACKAGE for pair in _functions(path))

    assert {} == {name: n for name, n in bodies.items() if n > LONGEST_BODY}
    assert statistics.median(bodies.values()) <= MEDIAN_BODY


def test_no_file_is_long():
    """Every file of the package holds one idea."""
    lengths = {_named(path): len(path.read_text().splitlines()) for path in PACKAGE}

    assert {} == {name: n for name, n in lengths.items() if n > LONGEST_FILE}


def test_only_the_flow_invalidates_tokens():
    """One place decides that a token was refused: client/flow.py."""
    callers = {
        _named(path)
        for path in PACKAGE
        for name in _called(path)
        if name.endswith(".invalidate") and not name.startswith("super()")
    }

    assert {"s2sauth/client/flow.py"} == callers


def test_only_the_clock_reads_the_time():
    """Everything that judges by time can be given another clock."""
    readers = {
        _named(path)
        for path in PACKAGE
        if any(name == "time" or name.startswith("time.") for name in _imported(path))
        and not path.is_relative_to(ROOT / "s2sauth/cli")
    }

    assert {"s2sauth/_base/clock.py"} == readers


def test_nothing_is_mocked():
    """Fakes are classes that are handed in; nothing is patched under a test's feet."""
    offenders = {
        _named(path)
        for path in TESTS
        if any("mock" in name for name in _imported(path))
        or any(name.endswith("monkeypatch.setattr") for name in _called(path))
    }

    assert set() == offenders


def test_unit_tests_do_not_sleep():
    """A unit test waits for events, never for time to go by."""
    sleepers = {
        _named(path)
        for path in TESTS
        if path.is_relative_to(ROOT / "tests/unit")
        and any(name in ("time.sleep", "sleep") for name in _called(path))
    }

    assert set() == sleepers


def test_unit_tests_mirror_the_package():
    """A folder of unit tests has the name of what it tests."""
    folders = {p.name for p in (ROOT / "tests/unit").iterdir() if p.is_dir()}
    parts = {p.name.lstrip("_") for p in (ROOT / "s2sauth").iterdir() if p.is_dir()}

    assert set() == folders - parts - {"pycache__", "__pycache__"}


def test_every_fault_has_a_test():
    """The list of deliberate faults names files and tests that are there."""
    lists = sorted((ROOT / "tests/mutants").glob("*.toml"))
    faults = [one for path in lists for one in tomllib.loads(path.read_text())["fault"]]
    files = {ROOT / fault["file"] for fault in faults} | {
        ROOT / test.partition("::")[0] for fault in faults for test in fault["tests"]
    }

    assert [] == [_named(path) for path in files if not path.exists()]
