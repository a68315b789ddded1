"""A strict stand-in for HashiCorp Vault, over a real socket.

Written from Vault's HTTP API documentation (developer.hashicorp.com/vault/api-docs):
KV secrets engine versions 1 and 2, auth methods token, AppRole and Kubernetes, and the
status codes of "HTTP status codes". Whatever isn't asked for as documented is refused.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.http_server import HttpServer, Reply, Seen, http_server

__all__ = ["FakeVault", "running_vault"]

_FORBIDDEN = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"


@dataclass
class FakeVault:
    """What Vault knows, and how it answers.

    Attributes:
        kv: Versions of secrets: `{"secret/order": [{...}, {...}]}`; None: deleted.
        engines: The version of each engine, by its mount.
        tokens: Which tokens live, and the paths that each may read.
        roles: AppRole's roles and their secret ids.
        workloads: Kubernetes' roles and the service account tokens they take.
        sealed: Whether it's sealed.
        logins: How many logins worked.
    """

    engines: dict[str, int] = field(default_factory=lambda: {"secret": 2, "old": 1})
    kv: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    tokens: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    workloads: dict[str, str] = field(default_factory=dict)
    sealed: bool = False
    namespace: str | None = None
    logins: int = 0

    def put(self, path: str, **fields: Any) -> None:
        """Write a new version of a secret."""
        self.kv.setdefault(path, []).append(fields)

    def new_token(self, *paths: str) -> str:
        """Issue a token that may read these paths."""
        token = f"hvs.{secrets.token_urlsafe(24)}"
        self.tokens[token] = set(paths)
        return token

    def revoke_all(self) -> None:
        """End every token, as a revocation or their TTL does."""
        self.tokens.clear()

    def answer(self, seen: Seen) -> Reply:
        """Answer a request as Vault does."""
        if self.sealed:
            return _errors(503, "Vault is sealed")
        if seen.headers.get("x-vault-request") != "true":
            return _errors(412, "required header missing")
        if seen.headers.get("x-vault-namespace") != self.namespace:
            return _errors(404)
        url = urlsplit(seen.path)
        parts = unquote(url.path).split("/")
        if parts[:2] != ["", "v1"]:
            return _errors(404)
        if parts[2] == "auth":
            return self._login(seen, parts[3:])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return self._secret(seen, parts[2], parts[3:], query)

    def _login(self, seen: Seen, parts: list[str]) -> Reply:
        if seen.method != "POST" or len(parts) != 2 or parts[1] != "login":
            return _errors(404)
        given = json.loads(seen.body)
        if parts[0] == "approle":
            role = given.get("role_id")
            if role not in self.roles or self.roles[role] != given.get("secret_id"):
                return _errors(400, "invalid role or secret ID")
        elif parts[0] == "kubernetes":
            role = given.get("role")
            if role not in self.workloads:
                return _errors(400, f'invalid role name "{role}"')
            if self.workloads[role] != given.get("jwt"):
                return _errors(403, "permission denied")
        else:
            return _errors(403, "permission denied")
        self.logins += 1
        auth = {
            "client_token": self.new_token(*self.kv),
            "accessor": secrets.token_hex(8),
            "policies": ["default"],
            "lease_duration": 3600,
            "renewable": True,
        }
        return _ok({"data": None, "auth": auth})

    def _secret(
        self, seen: Seen, mount: str, rest: list[str], query: dict[str, str]
    ) -> Reply:
        if seen.method != "GET":
            return _errors(405)
        version = self.engines.get(mount)
        if version == 2:
            if rest[0] != "data":
                warning = "Invalid path for a versioned K/V secrets engine."
                return _reply(404, {"data": None, "warnings": [warning]})
            rest = rest[1:]
        path = "/".join([mount, *rest])
        readable = self.tokens.get(seen.headers.get("x-vault-token", ""))
        if readable is None or path not in readable:
            return _errors(403, _FORBIDDEN if readable is None else "permission denied")
        if version is None or path not in self.kv:
            return _errors(404)
        versions = self.kv[path]
        if version == 1:
            return _ok({"data": versions[-1], "lease_duration": 2_764_800})
        return _versioned(versions, int(query.get("version", len(versions))))


def _versioned(versions: list[dict[str, Any] | None], number: int) -> Reply:
    if not 1 <= number <= len(versions):
        return _errors(404)
    data = versions[number - 1]
    metadata = {
        "created_time": "2026-01-01T00:00:00.000000000Z",
        "custom_metadata": None,
        "deletion_time": "2026-01-02T00:00:00.000000000Z" if data is None else "",
        "destroyed": False,
        "version": number,
    }
    content = {"data": {"data": data, "metadata": metadata}}
    return _reply(404, content) if data is None else _ok(content)


def _ok(content: dict[str, Any]) -> Reply:
    usual = {"request_id": "r", "lease_id": "", "renewable": False, "warnings": None}
    return _reply(200, {**usual, **content})


def _errors(status: int, *errors: str) -> Reply:
    return _reply(status, {"errors": list(errors)})


def _reply(status: int, content: dict[str, Any]) -> Reply:
    body = json.dumps(content).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)


@contextmanager
def running_vault() -> Iterator[tuple[FakeVault, HttpServer]]:
    """Run one on loopback."""
    vault = FakeVault()
    with http_server(vault.answer) as server:
        yield vault, server
