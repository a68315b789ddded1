"""Servers in processes of their own, so that their work isn't counted as ours."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

_SERVERS = Path(__file__).parent.parent / "servers"


@contextmanager
def service(script: str, *arguments: str) -> Iterator[str]:
    """Run a script of `servers/`; gives the line that it prints when it's ready.

    It ends with its standard input, so that it never outlives us.
    """
    process = subprocess.Popen(
        [sys.executable, str(_SERVERS / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()  # closes its input


def run_python(source: str, *arguments: str) -> str:
    """Run some Python in a fresh interpreter, and return what it prints."""
    command = [sys.executable, "-c", source, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Loopback:
    """The HTTP server: a resource, token endpoints with a delay, and a key set."""

    def __init__(self, base: str) -> None:
        self.base = base

    @property
    def resource(self) -> str:
        """Where a small answer is."""
        return f"{self.base}/resource"

    @property
    def jwks_url(self) -> str:
        """Where the key set is."""
        return f"{self.base}/jwks"

    def token_url(self, name: str, delay: float = 0.0) -> str:
        """Return a token endpoint that takes so many seconds, and counts by name."""
        return f"{self.base}/token/{name}?delay={delay}"

    def fetches(self, name: str) -> int:
        """Return how many requests came to the endpoint of that name."""
        return int(requests.get(f"{self.base}/count/{name}", timeout=5).text)

    def publish(self, key_set: bytes) -> None:
        """Set what stands at `jwks_url`."""
        requests.put(self.jwks_url, data=key_set, timeout=5).raise_for_status()


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Run the HTTP server."""
    with service("loopback.py") as port:
        yield Loopback(f"http://127.0.0.1:{port}")
