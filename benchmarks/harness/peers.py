"""The libraries that s2sauth is measured beside, where they are installed."""

from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec

MODULES = {  # by distribution
    "google-auth": "google.auth",
    "Authlib": "authlib",
    "requests-oauth2client": "requests_oauth2client",
    "PyJWT": "jwt",
    "joserfc": "joserfc",
    "jwcrypto": "jwcrypto",
    "python-jose": "jose",
}


def installed(distribution: str) -> bool:
    """Tell whether a peer can be imported."""
    parent, _, _ = MODULES[distribution].rpartition(".")
    if parent and find_spec(parent) is None:
        return False
    return find_spec(MODULES[distribution]) is not None


def missing(distributions: Iterable[str] = tuple(MODULES)) -> tuple[str, ...]:
    """Return those that aren't installed."""
    return tuple(name for name in distributions if not installed(name))


def versions() -> dict[str, str]:
    """Return the versions of all that takes part."""
    names = [name for name in MODULES if installed(name)]
    names += ["cryptography", "requests", "urllib3", "grpcio"]
    return {name: version(name) for name in names}
