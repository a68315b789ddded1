"""Writes the generated protobuf modules, or checks that they're up to date.

Run it through tox, which gives it the one generator whose code imports cleanly on
protobuf 4.25 to 7 (it pins protobuf below 5, so it has an environment of its own)::

    tox -e protos               # check
    tox -e protos -- --write    # write
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY_TOO = Path("s2sauth/v1")  # the wheel carries these, for others' `protoc -I`


@dataclass(frozen=True)
class Tree:
    """A folder of .proto files, and the folder that what is made of them goes to."""

    protos: Path
    out: Path
    stubs: bool = True  # the *_pb2_grpc.py files too


OURS = Tree(Path("protos"), Path(), stubs=False)
TREES = (
    OURS,
    Tree(Path("tests/protos"), Path("tests/generated")),
    Tree(Path("examples/protos"), Path("examples")),
)


def generate(tree: Tree, out: Path) -> None:
    """Generate everything of `tree` below `out`."""
    folder = ROOT / tree.protos
    sources = sorted(path.relative_to(folder) for path in folder.rglob("*.proto"))
    outs = [f"--python_out={out}", f"--pyi_out={out}"]
    if tree.stubs:
        outs.append(f"--grpc_python_out={out}")
    includes = [f"-I{folder}", f"-I{ROOT / OURS.protos}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", *includes, *outs]
    subprocess.run([*command, *map(str, sources)], check=True)
    for source in sources:
        if source.parent == COPY_TOO:
            shutil.copyfile(folder / source, out / source)


def generate_all(out: Path) -> list[Path]:
    """Generate every tree below `out`; return the files, relative to it."""
    for tree in TREES:
        (out / tree.out).mkdir(parents=True, exist_ok=True)
        generate(tree, out / tree.out)
    return sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())


def is_current(file: Path, fresh: Path) -> bool:
    """Tell whether the committed file has the very bytes of the fresh one."""
    committed = ROOT / file
    return committed.is_file() and committed.read_bytes() == fresh.read_bytes()


def orphans(files: list[Path]) -> list[Path]:
    """Return generated files for which there's no .proto any more."""
    folders = {file.parent for file in files}
    found = {
        path.relative_to(ROOT)
        for folder in folders
        for pattern in ("*_pb2*.py*", "*.proto")
        for path in (ROOT / folder).glob(pattern)
    }
    return sorted(found - set(files))


def write(fresh: Path, file: Path) -> None:
    """Put one fresh file where it belongs."""
    (ROOT / file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(fresh, ROOT / file)


def main() -> int:
    """Return how the process should end: 1 if a check finds anything stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="compare; change nothing")
    mode.add_argument("--write", action="store_true", help="write what is stale")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        files = generate_all(out)
        stale = [file for file in files if not is_current(file, out / file)]
        for file in stale if arguments.write else ():
            write(out / file, file)
    for file in stale:
        print("written:" if arguments.write else "out of date:", file)
    lost = orphans(files)
    for file in lost:
        print("made of no .proto, delete it:", file)
    return int(bool(lost) or (bool(stale) and arguments.check))


if __name__ == "__main__":
    sys.exit(main())
