"""Commands as processes of their own: started, read, and ended by their id."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import s2sauth

__all__ = ["EXAMPLES", "ROOT", "Finished", "Running", "run", "s2sauth_command"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
_PACKAGE = Path(s2sauth.__file__).resolve().parents[1]
_PATIENCE = 30.0  # seconds


def s2sauth_command(*arguments: str) -> list[str]:
    """Return the command line of `s2sauth`, whether it's installed or not."""
    return [sys.executable, "-m", "s2sauth.cli", *arguments]


def environment(
    extra: Mapping[str, str] | None = None, paths: Sequence[Path] = ()
) -> dict[str, str]:
    """Return this process's environment, without settings of s2sauth's, and more."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("S2SAUTH_")}
    found = os.pathsep.join(map(str, (_PACKAGE, *paths)))
    alone = {"no_proxy": "*", "NO_PROXY": "*", "PYTHONUNBUFFERED": "1"}
    return {**kept, **alone, "PYTHONPATH": found, **(extra or {})}


class Finished:
    """What a command came to.

    Attributes:
        code: Its exit code.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    paths: Sequence[Path] = (),
    cwd: Path = ROOT,
) -> Finished:
    """Run a command to its end."""
    return Finished(
        subprocess.run(
            command,
            env=environment(env, paths),
            cwd=cwd,
            check=False,
            capture_output=True,
            text=True,
            timeout=2 * _PATIENCE,
        )
    )


class Running:
    """A command that goes on until it's ended; stdout and stderr are one.

    Args:
        command: Its words.
        env: More environment variables.
        paths: More folders that Python finds modules in.
        cwd: Where it runs.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        paths: Sequence[Path] = (),
        cwd: Path = ROOT,
    ) -> None:
        self._process = subprocess.Popen(
            command,
            env=environment(env, paths),
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._changed = threading.Condition()  # guards the two below
        self.output = ""
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.output += line
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def find(self, pattern: str) -> str:
        """Wait for a line with `pattern`, and return its first group."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or re.search(pattern, self.output), _PATIENCE
            )
            found = re.search(pattern, self.output)
        assert found is not None, f"{pattern!r} isn't in:\n{self.output}"
        return found.group(1)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait, and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        code = self._process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()
