"""The whole road, in its one order."""

from collections.abc import Callable, Iterator
from functools import partial

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.doctor.answering import FirstAnswer, ask_for_token, look_up
from s2sauth.cli.doctor.configured import Patient
from s2sauth.cli.doctor.network import connect, find_names, shake_hands
from s2sauth.cli.judge import Judge, judge_scopes
from s2sauth.cli.steps import NotChecked, Step
from s2sauth.cli.words import in_words
from s2sauth.server.compact import is_jwt
from s2sauth.values import AccessToken

__all__ = ["Road"]

_OPAQUE = "the token is opaque: only the server can read it (introspection)"


class Road:
    """The steps to a token, and through a verifier. For one thread.

    Args:
        patient: Who walks.
    """

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._answer = FirstAnswer(patient)
        self._token: AccessToken | None = None
        self._judge: Judge | None = None

    def steps(self) -> Iterator[Step]:
        """Yield what there is to do; each may need those before it."""
        patient = self._patient
        yield "configuration", patient.introduce
        yield "secret", patient.secret
        yield "DNS", partial(find_names, patient)
        yield "TCP", partial(connect, patient)
        yield "TLS", partial(shake_hands, patient)
        yield "HTTP", self._answer.ask
        yield "clock", self._answer.compare_clocks
        yield "discovery", partial(look_up, patient)
        yield "token", self._get_token
        yield "claims", self._judging(_claims)
        yield "key set", self._judging(self._keys)
        yield "signature", self._judging(self._signature)
        yield "audience", self._judging(Judge.audience)
        yield "scopes", self._scopes

    def close(self) -> None:
        """End what was begun."""
        self._patient.manager.close()
        if self._judge is not None:
            self._judge.close()

    def _get_token(self) -> str:
        patient = self._patient
        token = self._token = ask_for_token(patient)
        if is_jwt(token.value):
            self._judge = Judge(
                token.value,
                patient.provider,
                patient.reach,
                patient.wish.algorithms,
                patient.wish.expected,
            )
        return f"for {in_words(token.expires_at - SYSTEM_CLOCK.wall())}"

    def _judging(self, step: Callable[[Judge], str]) -> Callable[[], str]:
        def take() -> str:
            if self._judge is None:
                raise NotChecked(_OPAQUE)
            return step(self._judge)

        return take

    def _keys(self, judge: Judge) -> str:
        self._need_keys()
        return judge.keys()

    def _signature(self, judge: Judge) -> str:
        self._need_keys()
        return judge.signature()

    def _need_keys(self) -> None:
        if self._patient.provider.jwks_url is None:
            message = "the provider has no jwks_url: no service could verify by keys"
            raise NotChecked(message)

    def _scopes(self) -> str:
        wanted = self._patient.wish.scopes
        if self._judge is not None:
            return self._judge.scopes(wanted)
        granted = frozenset() if self._token is None else self._token.scopes
        return judge_scopes(granted, wanted)


def _claims(judge: Judge) -> str:
    judge.header()
    judge.issuer()
    return f"issuer, times and kind fit; client {judge.identity().client_id}"
