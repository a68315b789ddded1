"""A token that the platform puts into a file for us."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth._base.strict import NotStrict, decode_base64url, parse_object
from s2sauth.credentials._assertion import JWT_BEARER, assertion_authentication
from s2sauth.credentials._shared import Unpicklable, fingerprint
from s2sauth.credentials.credential import Authentication, AuthenticationContext
from s2sauth.errors import ConfigurationError, CredentialUnavailable

__all__ = ["WorkloadToken"]

_JWT_SEGMENTS = 3
_YEAR_9999 = 253_402_300_799  # beyond it, `exp` is no date


@dataclass(frozen=True, slots=True)
class WorkloadToken(Unpicklable):
    """A token from a projected file, as our assertion (RFC 7523 §2.2).

    Kubernetes and SPIFFE helpers replace the file before its token ends; it's read
    anew at each fetch. Whitespace around the token is stripped. Its repr shows no
    token, and pickling it is an error. Safe to share between threads.

    Args:
        path: The file.
        assertion_type: What the server calls such tokens; SPIFFE's own is
            `urn:ietf:params:oauth:client-assertion-type:jwt-spiffe`.
        clock: What its end is judged by; for tests.

    Raises:
        ConfigurationError: An argument can't be.
    """

    path: str | os.PathLike[str]
    assertion_type: str = JWT_BEARER
    clock: Clock = field(default=SYSTEM_CLOCK, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)) or not os.fspath(self.path):
            message = "path must be the path of the file that holds the token"
            raise ConfigurationError(message)
        if not isinstance(self.assertion_type, str) or not self.assertion_type:
            message = "assertion_type must be a string that isn't empty"
            raise ConfigurationError(message)

    def authenticate(self, context: AuthenticationContext) -> Authentication:
        """Return the token as it stands in the file now.

        Raises:
            CredentialUnavailable: The file can't be read, is empty, holds no token,
                or one that has ended; the message names the file and the time.
        """
        token = self._read()
        return assertion_authentication(context, token, self.assertion_type)

    def version(self) -> str:
        """Name the token as it is now, by a digest that only this process knows.

        Raises:
            CredentialUnavailable: As for `authenticate`.
        """
        return fingerprint(self._read().encode("ascii"))

    def _read(self) -> str:
        try:
            content = Path(self.path).read_bytes()
        except OSError as error:
            problem = f"can't be read: {error.strerror}"
        except ValueError:
            problem = "can't be read: this can't be a path"
        else:
            token = content.strip().decode("latin-1")
            problem = self._problem(token)
            if not problem:
                return token
            del content, token
        message = f"the workload token file {os.fspath(self.path)!r} {problem}"
        raise CredentialUnavailable(message)

    def _problem(self, token: str) -> str:
        if not token:
            return "is empty"
        if any(not "!" <= character <= "~" for character in token):
            return "holds no single token: there are spaces or odd characters in it"
        end = _end_of(token)
        if end is not None and self.clock.wall() >= end:
            moment = datetime.fromtimestamp(end, UTC)
            return (
                f"holds a token that ended at {moment:%Y-%m-%dT%H:%M:%SZ}: see why "
                "whoever renews the file doesn't"
            )
        return ""


def _end_of(token: str) -> float | None:
    """Return a JWT's `exp`; None where there's none, or it's no JWT.

    The server judges the token; this only says sooner, and clearer, what it would.
    """
    segments = token.split(".")
    if len(segments) != _JWT_SEGMENTS:
        return None
    try:
        end = parse_object(decode_base64url(segments[1].encode("ascii"))).get("exp")
    except NotStrict:
        return None
    if isinstance(end, bool) or not isinstance(end, (int, float)):
        return None
    return min(max(float(end), 0.0), _YEAR_9999)
