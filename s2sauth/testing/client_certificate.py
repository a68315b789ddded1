"""Certificates shown in the TLS handshake, held against what's registered."""

from cryptography import x509

from s2sauth.testing.client_assertion import Doubtful
from s2sauth.testing.clients import Client

__all__ = ["judge_certificate"]


def judge_certificate(shown: bytes, client: Client) -> None:
    """Judge what a client showed; the TLS handshake has checked its authority.

    Args:
        shown: The certificate, as DER.
        client: Who it says it is.

    Raises:
        Doubtful: It isn't this client's (RFC 8705 §2.1.2, §2.2.2).
    """
    if client.subject_dn is not None:
        wanted = x509.Name.from_rfc4514_string(client.subject_dn)
        if x509.load_der_x509_certificate(shown).subject != wanted:
            problem = "the certificate names somebody else than this client"
            raise Doubtful(problem)
    elif client.certificate is None or shown != client.certificate.der:
        problem = "this isn't the certificate registered for this client"
        raise Doubtful(problem)
