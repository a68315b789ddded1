"""The payment service of `examples/`, as processes of their own, before a Keycloak."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import trustme

from conformance.admin import Realm

__all__ = ["GrpcService", "HttpService"]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_START_LIMIT = 60.0  # seconds
_STOP_LIMIT = 20.0


class _Service:
    """One process, started and stopped by its own id; it answers at `port`."""

    def __init__(self, realm: Realm, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = folder / f"{type(self).__name__}.log"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(EXAMPLES),
            "S2SAUTH_PROVIDER_URL": realm.url,
            "S2SAUTH_PROVIDER_REALM": realm.name,
        }

    def _start(self, *arguments: str, **environment: str) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=EXAMPLES,
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                message = f"the service didn't start:\n{self.log.read_text()}"
                raise RuntimeError(message)
            time.sleep(0.1)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End it: politely at first."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_LIMIT)


class HttpService(_Service):
    """The payment service in Flask."""

    def __init__(self, realm: Realm, folder: Path) -> None:
        super().__init__(realm, folder)
        self.url = f"http://127.0.0.1:{self.port}"
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        self._start("-m", "flask", "--app", "payment_http", "run", *where)


class GrpcService(_Service):
    """The payment service over gRPC, with TLS by a CA made for it."""

    def __init__(self, realm: Realm, folder: Path) -> None:
        super().__init__(realm, folder)
        self.target = f"localhost:{self.port}"
        authority = trustme.CA()
        issued = authority.issue_cert("localhost")
        self.ca = authority.cert_pem.bytes()
        key, chain = folder / "key.pem", folder / "chain.pem"
        issued.private_key_pem.write_to_path(str(key))
        for part in issued.cert_chain_pems:
            part.write_to_path(str(chain), append=True)
        self._start(
            "payment_grpc.py",
            PAYMENT_KEY=str(key),
            PAYMENT_CERT=str(chain),
            PAYMENT_GRPC_ADDRESS=f"127.0.0.1:{self.port}",
        )
