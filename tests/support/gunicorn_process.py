"""An application under gunicorn: a real process tree, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["gunicorn"]


@contextmanager
def gunicorn(
    folder: Path,
    source: str,
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve `app` of a module's source; give its URL, and end it by its process id.

    Args:
        folder: Where the module and the log are written.
        source: The module.
        options: Of gunicorn, such as `--workers=3`.
        environment: What the application finds there.
    """
    (folder / "service.py").write_text(source, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "service:app", "--no-control-socket"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, f"--bind=127.0.0.1:{port}", *options],
            cwd=folder,
            env={"PYTHONPATH": _search_path(folder), "PATH": "", **(environment or {})},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _search_path(folder: Path) -> str:
    # Whatever tree the tests run against, the service runs against the same.
    return os.pathsep.join([str(folder), *filter(None, [os.getenv("PYTHONPATH")])])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = "gunicorn never listened"
    raise AssertionError(message)
