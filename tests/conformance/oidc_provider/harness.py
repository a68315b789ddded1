"""A real oidc-provider on loopback: installed by npm, started, stopped.

It needs Node.js and npm. What is missing fails, with words that say what; nothing is
skipped.
"""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from support.tls import CertificateAuthority

__all__ = ["OidcProvider"]

_HERE = Path(__file__).resolve().parent
_NEEDED = ("package.json", "package-lock.json", "server.mjs")
_NODE_AT_LEAST = 20
_INSTALL_LIMIT = 300.0  # seconds; it takes 2 once npm has it in its cache
_START_LIMIT = 60.0
_STOP_LIMIT = 10.0


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"oidc-provider needs Node.js {_NODE_AT_LEAST} with npm: no {name}"
        raise RuntimeError(message)
    return found


def _node() -> str:
    node = _program("node")
    shown = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=True
    )
    if int(shown.stdout.strip().lstrip("v").partition(".")[0]) < _NODE_AT_LEAST:
        message = (
            f"oidc-provider needs Node.js {_NODE_AT_LEAST}; {node} is {shown.stdout}"
        )
        raise RuntimeError(message)
    return node


class OidcProvider:
    """One oidc-provider over https, on a free port of 127.0.0.1.

    Args:
        folder: Outside the tree: where it's installed; its log lies there too.
        authority: Issues its certificate, and is trusted with clients'.

    Attributes:
        issuer: Where it answers once it's started.
        ca: The path of the authority's certificate.
    """

    def __init__(self, folder: Path, authority: CertificateAuthority) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.issuer = f"https://127.0.0.1:{self.port}"
        self.ca = authority.write(folder)
        self.log = folder / "node.log"
        self._cert, self._key = authority.issue("localhost").write(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Have npm fetch what package-lock.json names, and nothing else.

        Raises:
            RuntimeError: There's no npm, or it failed; with its last words.
        """
        for name in _NEEDED:
            shutil.copy(_HERE / name, self.folder)
        quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
        done = subprocess.run(
            [_program("npm"), "ci", *quiet],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_LIMIT,
            check=False,
        )
        if done.returncode:
            message = f"npm couldn't install oidc-provider:\n{done.stderr[-3000:]}"
            raise RuntimeError(message)

    def start(self, **settings: Any) -> None:
        """Start it, and wait until it answers.

        Args:
            settings: What server.mjs reads: `clients`, `jwks`, `scopes`, `resources`.

        Raises:
            RuntimeError: It ended, or didn't answer in time; with its last words.
        """
        tls = {"key": str(self._key), "cert": str(self._cert), "ca": str(self.ca)}
        said = self.folder / "settings.json"
        said.write_text(json.dumps({"issuer": self.issuer, "tls": tls, **settings}))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [_node(), "server.mjs", said.name],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it by its own process id, politely at first."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_LIMIT)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not self._listens():
            if process.poll() is not None or time.monotonic() > deadline:
                words = self.log.read_text(errors="replace")[-3000:]
                message = f"oidc-provider didn't start (see {self.log}):\n{words}"
                raise RuntimeError(message)
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
