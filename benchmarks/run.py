"""Measures s2sauth beside its peers, in one run: `python benchmarks/run.py --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # PYTHONSAFEPATH leaves it out

from harness.command import main

if __name__ == "__main__":
    sys.exit(main())
