"""Applies small deliberate faults, one at a time, and demands that a test sees each.

A test that can't fail holds nothing. The TOML files beside this one list what must
be seen, and by which tests; this copies the tree, checks that those tests pass there, applies each
fault in turn, and fails where a fault survives::

    python tests/mutants/run.py             # all of them
    python tests/mutants/run.py bearer      # those whose file or reason has the word
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
COPIED = ("s2sauth", "tests", "protos", "examples", "setup.cfg", "README.md")
WORKERS = 2
LIMIT = 30  # seconds for one test; a fault may make it hang
_ALL_PASSED, _SOME_FAILED = 0, 1  # pytest's exit codes; others mean that none ran


@dataclass(frozen=True)
class Fault:
    """One fault: in `file`, `old` (there exactly once) becomes `new`.

    Args:
        file: Relative to the tree.
        old: The exact text.
        new: What stands there instead.
        tests: The pytest node ids that must go red.
        why: What the fault would do to users, in a line.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str


def read_faults(path: Path) -> list[Fault]:
    """Read the list; an unknown or missing field is an error."""
    entries = tomllib.loads(path.read_text())["fault"]
    return [Fault(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def all_faults() -> list[Fault]:
    """Read every list beside this file."""
    return [
        fault for path in sorted(FOLDER.glob("*.toml")) for fault in read_faults(path)
    ]


def copy_tree(folder: Path) -> Path:
    """Copy what the tests need, so that the working tree is never touched."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.is_file():
            shutil.copyfile(source, folder / name)
    return folder


def run_tests(tree: Path, tests: Iterable[str]) -> "subprocess.CompletedProcess[str]":
    """Run some tests against the copy, which comes before any installed package."""
    options = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "--no-header",
        f"--timeout={LIMIT}",
    ]
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *options, *tests],
        cwd=tree,
        env={**_environment(), "PYTHONPATH": str(tree)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20 * LIMIT,
        check=False,
    )


def _environment() -> dict[str, str]:
    # PYTHONSAFEPATH is tox's; here it's the copy that must be imported.
    return {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}


def problem_of(fault: Fault, tree: Path) -> str | None:
    """Apply a fault, run its tests, undo it; return what is wrong, if anything."""
    path = tree / fault.file
    text = path.read_text()
    if text.count(fault.old) != 1:
        return f"its old text stands there {text.count(fault.old)} times, not once"
    path.write_text(text.replace(fault.old, fault.new))
    try:
        code = run_tests(tree, fault.tests).returncode
    except subprocess.TimeoutExpired:
        return None  # the test hangs: it's seen
    finally:
        path.write_text(text)
    if code == _ALL_PASSED:
        return "SURVIVED: its tests still pass"
    return None if code == _SOME_FAILED else f"pytest ran no test (exit code {code})"


def judge(faults: list[Fault], folder: Path) -> list[tuple[Fault, str]]:
    """Apply every fault, a few at a time, each in a copy that no other uses."""
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(WORKERS):
        (folder / str(number)).mkdir()
        trees.put(copy_tree(folder / str(number)))

    def one(fault: Fault) -> str | None:
        tree = trees.get()
        try:
            return problem_of(fault, tree)
        finally:
            trees.put(tree)

    with ThreadPoolExecutor(WORKERS) as pool:
        problems = list(pool.map(one, faults))
    pairs = zip(faults, problems, strict=True)
    return [(fault, problem) for fault, problem in pairs if problem is not None]


def check_unharmed(faults: list[Fault], folder: Path) -> bool:
    """Tell whether every test named passes as long as nothing is broken."""
    tests = sorted({test for fault in faults for test in fault.tests})
    done = run_tests(copy_tree(folder), tests)
    if done.returncode != _ALL_PASSED:
        print(
            "without any fault, these tests fail already:\n", done.stdout, done.stderr
        )
    return done.returncode == _ALL_PASSED


def main() -> int:
    """Return how the process should end: 0 if every fault was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("word", nargs="?", default="", help="only faults with this")
    word = parser.parse_args().word
    faults = [f for f in all_faults() if word in f.file or word in f.why]
    if not faults:
        print(f"no fault has {word!r} in it")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "unharmed").mkdir()
        if not check_unharmed(faults, folder / "unharmed"):
            return 1
        survivors = judge(faults, folder)
    for fault, problem in survivors:
        print(f"{fault.file}: {fault.why}\n    {problem}: {', '.join(fault.tests)}")
    print(f"{len(faults) - len(survivors)} of {len(faults)} faults were seen")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
