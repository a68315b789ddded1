"""How much memory a process has, as its system counts it. Run in fresh interpreters."""

import gc
import resource
import sys
from pathlib import Path


def resident() -> int:
    """Return the bytes resident now, after the garbage is gone."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return pages * resource.getpagesize()
