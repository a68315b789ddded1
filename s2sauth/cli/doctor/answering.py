"""What the server says: whether it answers, what its clock shows, the token."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth._base.http import Answer, ExchangeFailed, HttpClient, Request
from s2sauth.cli.cures import cure_for
from s2sauth.cli.doctor.configured import Patient
from s2sauth.cli.judge import LEEWAY
from s2sauth.cli.steps import NotChecked, Trouble
from s2sauth.cli.words import in_words
from s2sauth.providers import Provider
from s2sauth.values import AccessToken

__all__ = ["FirstAnswer", "ask_for_token", "look_up"]

_PATIENCE = 10.0  # seconds
_TOKEN_PATIENCE = 25.0  # seconds: longer than a fetch with all its retries takes
_CLOCK_CURE = (
    "Set the one that's wrong: `timedatectl` shows whether this machine is "
    "synchronised (chrony, systemd-timesyncd); in a container or virtual machine, see "
    "its host. Until then tokens count as expired, or as not valid yet."
)


class FirstAnswer:
    """The first answer of the server, whatever it says. For one thread.

    Args:
        patient: Who asks.
    """

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._answer: Answer | None = None
        self._asked_at = 0.0
        self._answered_at = 0.0

    def ask(self) -> str:
        """Ask for something that's harmless; any answer will do."""
        url = self._patient.addresses[-1]  # the key set, where its address is known
        reach = self._patient.reach
        http = HttpClient(ca=reach.ca, allow_insecure=reach.allow_insecure)
        request = Request("GET", url, identity=self._patient.identity())
        self._asked_at = SYSTEM_CLOCK.wall()
        try:
            self._answer = http.send(request, _PATIENCE)
        except ExchangeFailed as error:
            problem, cure = str(error), cure_for(error.reason)
        else:
            self._answered_at = SYSTEM_CLOCK.wall()
            return f"in {self._answered_at - self._asked_at:.2f} s"
        finally:
            http.close()
        raise Trouble(problem, cure)

    def compare_clocks(self) -> str:
        """Hold this machine's clock against the answer's Date (RFC 9110 §6.6.1)."""
        theirs = _moment(self._answer)
        if theirs is None:
            message = "the server says no Date"
            raise NotChecked(message)
        # A Date is cut to whole seconds; it was written while we waited.
        ahead = self._asked_at - (theirs + 1.0)
        behind = theirs - self._answered_at
        skew = max(ahead, behind, 0.0)
        if skew <= LEEWAY:
            return f"{in_words(skew)} apart"
        direction = "ahead of" if ahead > behind else "behind"
        message = f"this machine's clock is {in_words(skew)} {direction} the server's"
        raise Trouble(message, _CLOCK_CURE)


def look_up(patient: Patient) -> str:
    """Find the endpoints, where the configuration doesn't name them."""
    provider = patient.provider
    if type(provider) is Provider:
        return "not needed: the configuration names the endpoints"
    return f"token endpoint {provider.endpoint('token_url')}"


def ask_for_token(patient: Patient) -> AccessToken:
    """Get the token that's wished for.

    Raises:
        TokenError: None can be had.
    """
    return patient.source.get(timeout=_TOKEN_PATIENCE)


def _moment(answer: Answer | None) -> float | None:
    """Return when an answer was written, as its server sees it."""
    headers = {} if answer is None else answer.headers
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    age = headers.get("age", "")
    kept = float(age[:9]) if age.isascii() and age.isdigit() else 0.0  # in a cache
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() + kept
