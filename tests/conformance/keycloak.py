"""A real Keycloak on loopback: fetched, unpacked, started, stopped, started again.

It needs Java 17 and, the first time, Maven. What is missing fails, with words that
say what; nothing is skipped.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import requests

__all__ = ["Keycloak"]

VERSION = "26.4.0"
_ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz"
_ARCHIVE = f"keycloak-quarkus-dist-{VERSION}.tar.gz"
_IN_REPOSITORY = f"org/keycloak/keycloak-quarkus-dist/{VERSION}/{_ARCHIVE}"
_START_LIMIT = 180.0  # seconds; it takes 25 on two idle cores
_STOP_LIMIT = 30.0
_FETCH_LIMIT = 900.0
_JAVA_AT_LEAST = 17

# kc.sh starts java as its child; the wrapper leaves java's own process id behind.
_WRAPPER = """#!/bin/sh
echo $$ > "{pid_file}.new" && mv "{pid_file}.new" "{pid_file}"
exec "{java}" "$@"
"""


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(f"{home}/bin/java" if home else "java")
    if java is None:
        message = f"Keycloak needs Java {_JAVA_AT_LEAST}: install it, or set JAVA_HOME"
        raise RuntimeError(message)
    shown = subprocess.run(
        [java, "-version"], capture_output=True, text=True, check=True
    )
    version = re.search(r'version "(\d+)', shown.stderr)
    if version is None or int(version[1]) < _JAVA_AT_LEAST:
        message = f"Keycloak needs Java {_JAVA_AT_LEAST}; {java} says: {shown.stderr}"
        raise RuntimeError(message)
    return java


def _archive(folder: Path) -> Path:
    """Find the distribution in Maven's local repository, or have Maven fetch it."""
    local = Path.home() / ".m2" / "repository" / _IN_REPOSITORY
    if local.is_file():
        return local
    maven = shutil.which("mvn")
    if maven is None:
        message = f"Keycloak {VERSION} isn't here yet: install Maven, which fetches it"
        raise RuntimeError(message)
    goal = ["dependency:copy", f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={folder}"]
    subprocess.run([maven, "-q", "-B", *goal], check=True, timeout=_FETCH_LIMIT)
    return folder / _ARCHIVE


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Keycloak:
    """One Keycloak with a fresh state, on a free port of 127.0.0.1.

    Args:
        folder: Where it's unpacked; its state and its log lie there too.

    Attributes:
        url: Where it answers once it's started, the same after a restart.
        admin_password: Of the user `admin`, made up for this one.
        pid: The process id of its java, while it runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.admin_password = secrets.token_urlsafe(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "keycloak.log"
        self.pid: int | None = None
        self._pid_file = folder / "java.pid"
        self._wrapper = folder / "java"
        self._process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Unpack the distribution."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _WRAPPER.format(pid_file=self._pid_file, java=_java())
        self._wrapper.write_text(text)
        self._wrapper.chmod(0o700)
        with tarfile.open(_archive(self.folder)) as archive:
            archive.extractall(self.folder, filter="data")

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: It ended, or didn't answer in time; with its last words.
        """
        self._pid_file.unlink(missing_ok=True)
        script = self.folder / f"keycloak-{VERSION}" / "bin" / "kc.sh"
        where = ["--http-host=127.0.0.1", f"--http-port={self.port}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [script, "start-dev", "--cache=local", *where],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
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
        self._signal(signal.SIGTERM)
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            process.kill()
            process.wait(_STOP_LIMIT)
        self.pid = None

    def _signal(self, number: signal.Signals) -> None:
        if self._pid_file.is_file():
            os.kill(int(self._pid_file.read_text()), number)
        elif self._process is not None:
            self._process.send_signal(number)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "JAVA": str(self._wrapper),
            "JAVA_OPTS_APPEND": "-Djava.net.preferIPv4Stack=true",
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
        }

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                words = self.log.read_text(errors="replace")[-3000:]
                message = f"Keycloak didn't start (see {self.log}):\n{words}"
                raise RuntimeError(message)
            time.sleep(0.25)
        self.pid = int(self._pid_file.read_text())

    def _answers(self) -> bool:
        url = f"{self.url}/realms/master/.well-known/openid-configuration"
        try:
            return requests.get(url, timeout=5.0).ok
        except requests.RequestException:
            return False
