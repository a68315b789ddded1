"""Judges a token one rule at a time, where `JwtVerifier` judges all at once.

The rules are the verifier's own; only their order and their number differ, so that
each may be told by itself.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.cures import cure_for
from s2sauth.cli.options import Reach
from s2sauth.cli.steps import NotChecked, Trouble
from s2sauth.errors import AccessError, Reason
from s2sauth.providers import GENERIC, Provider
from s2sauth.server import JwtVerifier
from s2sauth.server.arguments import expected_header
from s2sauth.server.claims import ClaimRules
from s2sauth.server.compact import read_header, read_segment, split
from s2sauth.values import Identity

__all__ = ["LEEWAY", "Judge", "judge_scopes"]

LEEWAY = 30.0  # seconds: a verifier's own, where nothing else is said
_PATIENCE = 10.0  # seconds for the key set
_ABOUT_SIGNATURES = (
    Reason.TOKEN_SIGNATURE,
    Reason.KEY_UNKNOWN,
    Reason.TOKEN_ALGORITHM,
    Reason.KEYS_UNAVAILABLE,
)


class Judge:
    """Judges one token. For one thread.

    Args:
        token: What to judge; neither shown nor kept longer than this object.
        provider: Who should have issued it; None: nobody says.
        reach: How the provider is reached.
        algorithms: What the verifier allows.
        audience: The called service's own, or None.

    Raises:
        ConfigurationError: An algorithm that can't be allowed.
    """

    def __init__(
        self,
        token: str,
        provider: Provider | None,
        reach: Reach,
        algorithms: Iterable[str],
        audience: str | None = None,
    ) -> None:
        self._token = token
        self._provider = provider
        self._reach = reach
        self._expected = expected_header(algorithms, None)
        self._audience = None if audience is None else frozenset({audience})
        self._verifier: JwtVerifier | None = None

    def __repr__(self) -> str:
        return "<Judge>"

    def header(self) -> str:
        """Judge the header: the algorithm, and the kind of token."""
        _, header, _, _ = split(self._token)
        read = read_header(header, self._expected)
        return f"{read.algorithm}, key {read.key_id or 'without a name'}"

    def claims(self) -> dict[str, Any]:
        """Return what the token says, unjudged."""
        return read_segment(split(self._token)[2], "payload")

    def issuer(self) -> str:
        """Judge who says to have issued it."""
        claims = self.claims()
        if self._provider is None:
            message = f"{claims.get('iss')}; --issuer says whom to trust"
            raise NotChecked(message)
        with suppress(AccessError):
            self._rules(None).check_issuer(claims)
            return str(claims["iss"])
        message = (
            f"iss is {claims.get('iss')!r}, but the issuer trusted is "
            f"{self._provider.issuer!r}"
        )
        raise Trouble(message, cure_for(Reason.ISSUER), Reason.ISSUER)

    def identity(self) -> Identity:
        """Judge the claims, all but issuer and audience."""
        claims = self.claims()
        own = _own_audience(claims)
        if self._audience is not None:
            # Some issuers' scopes are read by the called service's audience.
            with suppress(AccessError):
                return self._judged(self._audience)
        return self._judged(own)

    def audience(self) -> str:
        """Judge whether the token is for the called service."""
        named = ", ".join(self.identity().audience) or "none"
        if self._audience is None:
            message = f"{named}; --audience says what the called service wants"
            raise NotChecked(message)
        wanted = ", ".join(self._audience)
        if self._provider is not None:
            self._provider.dialect.check_audience(self._audience)
        if self._audience.isdisjoint(self.identity().audience):
            message = f"the token is for {named}, but the called service is {wanted}"
            raise Trouble(message, cure_for(Reason.AUDIENCE), Reason.AUDIENCE)
        return wanted

    def scopes(self, needed: Iterable[str]) -> str:
        """Judge whether the scopes suffice.

        Args:
            needed: What's called wants these.
        """
        return judge_scopes(self.identity().scopes, needed)

    def keys(self) -> str:
        """Get the issuer's keys."""
        verifier = self._get_verifier()
        verifier.warm_up(_PATIENCE)
        names = verifier.status().key_ids
        return f"{len(names)} usable: {', '.join(name or '(no kid)' for name in names)}"

    def signature(self) -> str:
        """Judge the signature, whatever the claims say."""
        verifier = self._get_verifier()
        try:
            self.header()
            self._rules(None).check_issuer(self.claims())
        except AccessError:
            message = "the verifier refuses the token before it comes to that"
            raise NotChecked(message) from None
        try:
            verifier.verify(self._token)
        except AccessError as error:
            # Claims come after the signature: what fails there has a good one.
            if error.reason in _ABOUT_SIGNATURES:
                raise
        return "it holds"

    def close(self) -> None:
        """End what the verifier has begun."""
        if self._verifier is not None:
            self._verifier.close()

    def _judged(self, audience: frozenset[str] | None) -> Identity:
        now = SYSTEM_CLOCK.wall()
        return self._rules(audience).judge(self.claims(), now)[0]

    def _rules(self, audience: frozenset[str] | None) -> ClaimRules:
        provider = self._provider
        return ClaimRules(
            issuer="" if provider is None else provider.issuer,
            other_issuers=() if provider is None else provider.other_issuers,
            audience=audience,
            dialect=GENERIC if provider is None else provider.dialect,
            leeway=LEEWAY,
        )

    def _get_verifier(self) -> JwtVerifier:
        if self._provider is None:
            message = "no keys: --issuer or --config says whose"
            raise NotChecked(message)
        if self._verifier is None:
            own = {name for name in _own_audience(self.claims()) or () if name}
            self._verifier = JwtVerifier(
                self._provider,
                audience=own or None,
                algorithms=self._expected.algorithms,
                ca=self._reach.ca,
                allow_insecure=self._reach.allow_insecure,
            )
        return self._verifier


def _own_audience(claims: dict[str, Any]) -> frozenset[str] | None:
    """Return the token's own audience, for rules that shall judge all the rest."""
    named = claims.get("aud")
    if isinstance(named, str):
        return frozenset({named})
    if isinstance(named, list) and all(isinstance(one, str) for one in named):
        return frozenset(named)
    return None


def judge_scopes(granted: frozenset[str], needed: Iterable[str]) -> str:
    """Return what's granted, if it suffices.

    Raises:
        NotChecked: Nothing is needed.
        Trouble: One is missing.
    """
    named = " ".join(sorted(granted)) or "none"
    # Entra's `/.default` asks for all that's granted: no token bears it.
    wanted = {one for one in needed if not one.endswith("/.default")}
    if not wanted:
        message = f"{named}; --scope says what's needed"
        raise NotChecked(message)
    missing = " ".join(sorted(wanted - granted))
    if not missing:
        return named
    message = f"the token lacks {missing}; granted: {named}"
    reason = Reason.INSUFFICIENT_SCOPE
    raise Trouble(message, cure_for(reason), reason)
