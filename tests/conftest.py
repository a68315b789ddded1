"""For all tests: `--bare` leaves out those that need an extra.

Without it a missing extra is an error, as it should be. With it (`tox -e nogrpc`) the
rest shows that the SDK needs none of them.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = (ROOT, ROOT / "tests", ROOT / "tests" / "generated")
EXTRAS = {"grpc", "google", "flask", "werkzeug", "click", "rich", "hvac", "moto"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--bare", action="store_true", help="without any extra installed")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file that can't be imported without an extra."""
    bare = config.getoption("--bare") and collection_path.suffix == ".py"
    return True if bare and _needs_extra(collection_path) else None


@cache
def _needs_extra(path: Path) -> bool:
    names = set(_imported(ast.parse(path.read_text(encoding="utf-8"))))
    if EXTRAS & {name.partition(".")[0] for name in names}:
        return True
    return any(_needs_extra(file) for file in map(_file_of, names) if file)


def _imported(module: ast.Module) -> Iterator[str]:
    """Yield what is imported at the top; what functions import comes only if needed."""
    for node in module.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file_of(module: str) -> Path | None:
    """Return the file of a module of ours."""
    stem = Path(*module.split("."))
    for folder in OURS:
        for file in (folder / stem.with_suffix(".py"), folder / stem / "__init__.py"):
            if file.is_file():
                return file
    return None
