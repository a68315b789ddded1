"""Why no whole answer came: what urllib3 and the socket say, in one line of ours."""

import socket
import ssl

import urllib3

from s2sauth.errors import Reason

__all__ = ["ExchangeFailed", "failure_of"]


class ExchangeFailed(Exception):
    """No whole answer came.

    Attributes:
        reason: SERVER_UNAVAILABLE, TLS_FAILED or INVALID_RESPONSE.
        retryable: Whether the same request may work in a moment.
    """

    def __init__(self, message: str, *, reason: Reason, retryable: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable


def failure_of(error: Exception, host: str | None, timeout: float) -> ExchangeFailed:
    """Put what urllib3 and the socket say into one line of ours.

    Args:
        error: What they said.
        host: To whom we spoke.
        timeout: Seconds that the exchange had.
    """
    certificate = _certificate_problem(error)
    if certificate is not None:
        message = f"the certificate of {host} is not accepted: {certificate}"
        return ExchangeFailed(message, reason=Reason.TLS_FAILED, retryable=False)
    alert = _alert(error)
    if alert is not None:
        message = f"{host} refused the TLS handshake, or our certificate: {alert}"
        return ExchangeFailed(message, reason=Reason.TLS_FAILED, retryable=False)
    return ExchangeFailed(
        f"no answer from {host}: {_cause_in_words(error, timeout)}",
        reason=Reason.SERVER_UNAVAILABLE,
        retryable=True,
    )


def _chain(error: BaseException | None) -> list[BaseException]:
    """List an error and everything it was raised from or around."""
    found: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None)]
            todo += one.args
    return found


def _certificate_problem(error: Exception) -> str | None:
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return one.verify_message or "verification failed"
    return None


def _alert(error: Exception) -> str | None:
    """Return the other side's words about certificates (RFC 8446 §6.2), if any."""
    for one in _chain(error):
        if isinstance(one, ssl.SSLError):
            said = (one.reason or "").lower()
            if "_alert_" in said and ("certificate" in said or "unknown_ca" in said):
                return said.partition("_alert_")[2].replace("_", " ")
    return None


def _cause_in_words(error: Exception, timeout: float) -> str:
    chain = _chain(error)
    timeouts = (TimeoutError, urllib3.exceptions.ReadTimeoutError)
    # The order counts: urllib3 calls every failure to connect a timeout, too.
    for kind, words in (
        ((socket.gaierror,), "unknown name (DNS)"),
        ((ConnectionRefusedError,), "the connection was refused"),
        (timeouts, f"none within {timeout:.3g} s"),
        ((ssl.SSLError, urllib3.exceptions.SSLError), "the TLS handshake failed"),
        ((ConnectionError, urllib3.exceptions.ProtocolError), "the connection broke"),
        ((urllib3.exceptions.ProxyError,), "the proxy failed"),
    ):
        if any(isinstance(one, kind) for one in chain):
            return words
    return f"the exchange failed ({type(error).__name__})"
