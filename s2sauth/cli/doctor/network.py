"""The way to the server: its name, its port, its certificate."""

import socket
import ssl
from collections.abc import Iterable
from contextlib import closing
from urllib.parse import urlsplit

from s2sauth._base.bounded import make_tls_context
from s2sauth._base.http import HttpClient
from s2sauth.cli.cures import cure_for
from s2sauth.cli.doctor.configured import Patient
from s2sauth.cli.steps import NotChecked, Trouble
from s2sauth.errors import Reason

__all__ = ["connect", "find_names", "shake_hands"]

_PATIENCE = 5.0  # seconds, as for a try at the token endpoint
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DNS_CURE = (
    "Check the name for typing errors. If it's right: ask the same from another "
    "machine (`getent hosts NAME`); if only this one doesn't know it, see its "
    "resolver (/etc/resolv.conf, the pod's DNS policy, a VPN that's down)."
)
_TCP_CURE = (
    "Nothing listens there, or a firewall or network policy stands between. See "
    "that the server runs and the port is right, and that this machine may go out "
    "to it (or needs HTTPS_PROXY)."
)
_NOT_TLS = (
    "Something answers that doesn't speak TLS as we do (1.2 or later): check the "
    "port, and whether the address should begin with http:// for a test server."
)
_CLOCK = "Or this machine's clock is wrong: see `timedatectl`."
# What OpenSSL calls them (X509_V_ERR_…), and what to do about each.
_CERTIFICATE_CURES = {
    9: f"The certificate begins to hold only later. {_CLOCK}",
    10: f"Have the server's certificate renewed: it has ended. {_CLOCK}",
    62: "Call the server by a name that its certificate bears, or have it reissued.",
    64: "Call the server by a name that its certificate bears, or have it reissued.",
}


def find_names(patient: Patient) -> str:
    """Look up the name of every host that we must reach."""
    return ", ".join(_address(host, port) for host, port in _targets(patient))


def connect(patient: Patient) -> str:
    """Open a connection to each."""
    for host, port in _targets(patient):
        _connected(host, port).close()
    return ", ".join(f"{host}:{port}" for host, port in _targets(patient))


def shake_hands(patient: Patient) -> str:
    """Judge each one's certificate."""
    secure = [url for url in patient.addresses if urlsplit(url).scheme == "https"]
    if not secure:
        message = "plain http: for this machine alone, or a network that's trusted"
        raise NotChecked(message)
    if any(_proxy(patient, url) for url in secure):
        message = "through a proxy: the next step sees"
        raise NotChecked(message)
    context = make_tls_context(patient.reach.ca)
    context.sslsocket_class = ssl.SSLSocket  # ours is bound to an exchange of ours
    _show_ours(context, patient)
    hosts = _unique(_host_and_port(url) for url in secure)
    return ", ".join(_shaken(host, port, context) for host, port in hosts)


def _targets(patient: Patient) -> list[tuple[str, int]]:
    """List whom a connection goes to: the hosts, or the proxies before them."""
    urls = (_proxy(patient, url) or url for url in patient.addresses)
    return _unique(map(_host_and_port, urls))


def _unique(targets: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return list(dict.fromkeys(targets))


def _proxy(patient: Patient, url: str) -> str | None:
    reach = patient.reach
    return HttpClient(ca=reach.ca, allow_insecure=True).proxy_for(url)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)


def _address(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no name that DNS could know"
    else:
        addresses = " and ".join(sorted({str(one[4][0]) for one in found}))
        return host if host == addresses else f"{host} is {addresses}"
    message = f"the name {host} can't be looked up: {why}"
    raise Trouble(message, _DNS_CURE)


def _connected(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port), _PATIENCE)
    except TimeoutError:
        why = f"no answer within {_PATIENCE:.0f} s"
    except OSError as error:
        why = (error.strerror or "it failed").lower()
    message = f"no connection to {host}:{port}: {why}"
    raise Trouble(message, _TCP_CURE)


def _show_ours(context: ssl.SSLContext, patient: Patient) -> None:
    identity = patient.identity()
    if identity is None:
        return
    try:
        identity.load_into(context)
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror
    else:
        return
    message = f"our own certificate can't be shown: {why}"
    raise Trouble(message, "See that certificate and key belong together.")


def _shaken(host: str, port: int, context: ssl.SSLContext) -> str:
    with closing(_connected(host, port)) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                return f"{host}: {secure.version()}, until {_end(secure)}"
        except ssl.SSLCertVerificationError as error:
            problem = f"its certificate isn't accepted: {error.verify_message}"
            cure = _CERTIFICATE_CURES.get(
                error.verify_code, cure_for(Reason.TLS_FAILED)
            )
        except TimeoutError:
            problem, cure = f"no handshake within {_PATIENCE:.0f} s", _NOT_TLS
        except OSError as error:
            said = getattr(error, "reason", None) or error.strerror or "it broke off"
            problem, cure = f"the handshake failed ({said})", _NOT_TLS
    message = f"{host}:{port}: {problem}"
    raise Trouble(message, cure)


def _end(secure: ssl.SSLSocket) -> str:
    certificate = secure.getpeercert() or {}
    return str(certificate.get("notAfter", "an unknown day"))
