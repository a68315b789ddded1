"""What a client registers to prove who it is, from what a test says."""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from s2sauth.errors import ConfigurationError
from s2sauth.testing.client_keys import PublicKey, jwk_of, keys_in, read_certificate
from s2sauth.testing.clients import (
    SECRET_METHODS,
    RegisteredCertificate,
    new_secret,
    strings,
)

__all__ = ["registration"]


def registration(
    *,
    secret: str | None,
    public_key: PublicKey | str | bytes | None,
    jwks: Mapping[str, Any] | None,
    certificate: str | bytes | None,
    subject_dn: str | None,
    workload: tuple[str, str] | None,
    assertion_algorithms: str | Iterable[str],
    auth_methods: str | Iterable[str] | None,
) -> dict[str, Any]:
    """Return the fields of a `Client` that say how it authenticates.

    Args:
        secret: What it shares with the server.
        public_key: The key of its assertions.
        jwks: Several of them.
        certificate: What it shows, or whose key it signs with; PEM.
        subject_dn: Whom its certificate names, as RFC 4514 writes it.
        workload: The `iss` and `sub` of its platform's tokens.
        assertion_algorithms: The `alg`s that assertions may have.
        auth_methods: How it may authenticate; None: as what it registered goes.

    Raises:
        ConfigurationError: An argument can't be; the message names it.
    """
    _check_workload(workload)
    _check_subject(subject_dn)
    shown = None if certificate is None else read_certificate(certificate)
    keys = _keys(public_key, jwks, shown)
    methods = {
        "workload": workload is not None,
        "private_key_jwt": bool(keys) and workload is None,
        "tls_client_auth": subject_dn is not None,
        "self_signed_tls_client_auth": shown is not None,
    }
    usual = [method for method, is_usual in methods.items() if is_usual]
    if secret is not None or not usual:
        usual += SECRET_METHODS
    return {
        "secret": new_secret() if secret is None else secret,
        "keys": keys,
        "certificate": None if shown is None else _registered(shown),
        "subject_dn": subject_dn,
        "workload": workload,
        "assertion_algorithms": strings(
            "assertion_algorithms", assertion_algorithms, None
        ),
        "auth_methods": (
            tuple(usual)
            if auth_methods is None
            else strings("auth_methods", auth_methods, None)
        ),
    }


def _keys(
    public_key: PublicKey | str | bytes | None,
    jwks: Mapping[str, Any] | None,
    certificate: x509.Certificate | None,
) -> tuple[dict[str, str], ...]:
    keys = () if jwks is None else keys_in(jwks)
    if public_key is not None:
        keys = (*keys, jwk_of(public_key))
    if certificate is not None:
        keys = (*keys, jwk_of(certificate.public_key()))  # type: ignore[arg-type]  # it checks
    return keys


def _registered(certificate: x509.Certificate) -> RegisteredCertificate:
    der = certificate.public_bytes(Encoding.DER)
    return RegisteredCertificate(der, certificate.fingerprint(SHA256()))


def _check_workload(workload: object) -> None:
    pair = isinstance(workload, tuple) and len(workload) == len(("iss", "sub"))
    if workload is not None and not (pair and all(map(_is_text, workload))):  # type: ignore[call-overload]  # `pair` says so
        message = "workload must be the iss and the sub of the platform's tokens"
        raise ConfigurationError(message)


def _check_subject(subject_dn: object) -> None:
    try:
        if subject_dn is not None:
            x509.Name.from_rfc4514_string(subject_dn)  # type: ignore[arg-type]  # anything may come
    except (ValueError, TypeError):
        message = "subject_dn must be a name as RFC 4514 writes it, such as CN=a,O=b"
    else:
        return
    raise ConfigurationError(message)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
