"""Coverage-guided fuzzing of what reads untrusted bytes; needs atheris.

Only an `AccessError` may come out of any target, and what is accepted must be good
by other means, too. Starts from the corpus that's kept here, and says how many
inputs reached each rule::

    python tests/fuzz/run.py --runs 20000            # each target; as CI does
    python tests/fuzz/run.py verifier --runs 1000000 # one of them, by hand
    python tests/fuzz/run.py --runs 200000 --keep    # adds to the corpus what's new

An input that breaks something is left in `tests/fuzz/found`; put it into the corpus
along with the cure: `tests/unit/server/test_fuzz_corpus.py` runs that every time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
TARGETS = ("parser", "verifier", "keys", "introspection")
LONGEST = 2000  # bytes of one input
LONGEST_KEPT = 600  # bytes of one that's kept in the repository


def fuzz(target: str, runs: int, seed: int, folder: Path) -> dict[str, int] | None:
    """Run one target; return how many inputs reached each rule, None: it broke."""
    (folder / "new").mkdir()
    found = FOLDER / "found"
    found.mkdir(exist_ok=True)
    done = _one(
        target,
        folder,
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-dict={FOLDER / 'words.dict'}",
        f"-artifact_prefix={found}/{target}-",
        "-verbosity=0",
        str(folder / "new"),
        str(FOLDER / "corpus" / target),
    )
    if done.returncode != 0:
        print(done.stdout, done.stderr)
        return None
    report = json.loads((folder / "report").read_text(encoding="utf-8"))
    return {"inputs": report["inputs"], **report["reached"]}


def keep(target: str, folder: Path) -> None:
    """Merge what covers something new into the corpus."""
    kept = FOLDER / "corpus" / target
    before = set(kept.iterdir())
    limit = f"-max_len={LONGEST_KEPT}"
    done = _one(target, folder, "-merge=1", limit, str(kept), str(folder / "new"))
    print(f"{target}: {len(set(kept.iterdir()) - before)} kept, code {done.returncode}")


def _one(
    target: str, folder: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, FOLDER / "one.py", target, folder / "report", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def show(target: str, counts: dict[str, int]) -> None:
    """Print one target's counts, the most frequent first."""
    print(f"{target}: {counts.pop('inputs')} inputs")
    for rule, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        print(f"  {count:>9}  {rule}")


def main() -> int:
    """Return how the process should end: 0 if nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*", default=TARGETS, help="all unless named")
    parser.add_argument("--runs", type=int, default=20_000, help="inputs per target")
    parser.add_argument("--seed", type=int, default=1, help="repeats a run; 0: any")
    parser.add_argument("--keep", action="store_true", help="add to the corpus")
    options = parser.parse_args()
    broken = []
    for target in options.target:
        with tempfile.TemporaryDirectory() as name:
            counts = fuzz(target, options.runs, options.seed, Path(name))
            if counts is None:
                broken.append(target)
                continue
            show(target, counts)
            if options.keep:
                keep(target, Path(name))
    print(f"broken: {', '.join(broken) or 'none'}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
