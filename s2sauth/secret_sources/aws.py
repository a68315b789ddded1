"""Secrets in AWS Secrets Manager, read by boto3."""

import json
from typing import Any, NoReturn

from s2sauth._base.arguments import check_seconds
from s2sauth._base.clock import SYSTEM_CLOCK, Clock
from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources.memory import SecretMemory

__all__ = ["AwsSecret"]

_REQUESTS = 4  # the most that one look-up makes, its retries included


class AwsSecret:
    """A secret in AWS Secrets Manager.

    It's read when the first fetch needs it, again after `max_age`, and at once when
    the authorization server refused what it gave; the version AWSPREVIOUS is then
    tried, too, so that it may overlap with AWSCURRENT. A Secrets Manager that can't
    be reached is a `CredentialUnavailable`, which harms nobody while a token lives.
    Credentials and region come from where boto3 takes them. Needs the extra `aws`.
    Safe to share between threads, and after a fork; pickling it is an error.

    Args:
        secret_id: The secret's name or ARN.
        field: The key in its JSON object; None: the secret is plain text.
        region: The region; None: as boto3 finds it.
        endpoint_url: Where the service is; None: AWS.
        max_age: Seconds for which the secret is remembered.
        timeout: Seconds for one request: to connect, and to wait for the answer.
        clock: What these are counted by; for tests.

    Raises:
        ConfigurationError: An argument can't be, or the extra is missing.

    Source: AWS Secrets Manager API Reference, GetSecretValue.
    """

    def __init__(
        self,
        secret_id: str,
        *,
        field: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        max_age: float = 300.0,
        timeout: float = 5.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._boto3, self._botocore = _import_boto3()
        for name, value in (("secret_id", secret_id), ("field", field or "-")):
            if not isinstance(value, str) or not value:
                message = f"{name} must be a string that isn't empty"
                raise ConfigurationError(message)
        self._secret_id = secret_id
        self._field = field
        limit = check_seconds("timeout", timeout)
        self._options = {
            "region_name": region,
            "endpoint_url": endpoint_url,
            "config": self._botocore.config.Config(
                connect_timeout=limit,
                read_timeout=limit,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        }
        self._memory = SecretMemory(
            self._ask,
            name=self._name,
            max_age=check_seconds("max_age", max_age, zero=True),
            limit=_REQUESTS * limit,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"AwsSecret({self._secret_id!r}, field={self._field!r})"

    def __call__(self) -> str:
        """Return the secret to prove with now.

        Raises:
            CredentialUnavailable: AWS can't be reached, refuses us, or has no such
                secret or key; the message says which.
        """
        return self._memory.secret()

    def refused(self, secret: str) -> None:
        """Take note that the authorization server refused a secret."""
        self._memory.refused(secret)

    @property
    def _name(self) -> str:
        return f"the AWS secret {self._secret_id!r}"

    def _ask(self, with_previous: bool) -> tuple[str, ...]:  # noqa: FBT001 - as the port says
        try:
            return self._look(with_previous=with_previous)
        except CredentialUnavailable as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 - boto3 raises what its parts raise
            # Their words may quote what was sent or read; ours don't.
            message = f"{self._name} can't be read: {self._in_words(error)}"
        raise CredentialUnavailable(message)

    def _look(self, *, with_previous: bool) -> tuple[str, ...]:
        # A client of its own for each look-up: none is left to a forked child.
        session = self._boto3.session.Session()
        client = session.client("secretsmanager", **self._options)
        try:
            current = self._read(client, "AWSCURRENT")
            before = self._previous(client) if with_previous else None
        finally:
            client.close()
        return (current,) if before is None else (current, before)

    def _previous(self, client: Any) -> str | None:
        """Return the version before, or None where there's none that we can use."""
        try:
            return self._read(client, "AWSPREVIOUS")
        except (self._botocore.exceptions.ClientError, CredentialUnavailable):
            return None

    def _read(self, client: Any, stage: str) -> str:
        answer = client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        text = answer.get("SecretString")
        problem = "is binary, not text"
        if isinstance(text, str):
            value = text if self._field is None else _member(text, self._field)
            if isinstance(value, str) and value:
                return value
            problem = f"is no JSON object with the text {self._field!r}: check field="
            if self._field is None:
                problem = "is empty"
        message = f"{self._name} {problem}"
        raise CredentialUnavailable(message)

    def _in_words(self, error: Exception) -> str:
        if not isinstance(error, self._botocore.exceptions.ClientError):
            return type(error).__name__
        code = str(error.response.get("Error", {}).get("Code"))
        return _ADVICE.get(code, code if code.isalnum() else "refused")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a secret source can't be pickled: make one in each process"
        raise TypeError(message)


_ADVICE = {
    "ResourceNotFoundException": "there's none of that name (check secret_id= and region=)",
    "AccessDeniedException": "access is denied (secretsmanager:GetSecretValue is needed)",
    "DecryptionFailure": "its KMS key can't be used (kms:Decrypt is needed)",
    "InvalidRequestException": "it is marked for deletion, or has no value yet",
    "UnrecognizedClientException": "AWS doesn't know our credentials",
    "ExpiredTokenException": "our AWS credentials have expired",
}


def _member(text: str, name: str) -> object:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content.get(name) if isinstance(content, dict) else None


def _import_boto3() -> tuple[Any, Any]:
    try:
        import boto3.session
        import botocore.config
        import botocore.exceptions
    except ImportError:
        message = "AwsSecret needs boto3: pip install 's2sauth[aws]'"
    else:
        return boto3, botocore
    raise ConfigurationError(message)
