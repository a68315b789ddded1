"""Judges a token one rule at a time, where `JwtVerifier` judges all at once.

The rules are the verifier's own; only their order and their number differ, so that
each may be told by itself.
"""

from collections.abc import Iterable
from typing import Any

from s2sauth._base.clock import SYSTEM_CLOCK
from s2sauth.cli.options import Reach
from s2sauth.cli.steps import NotChecked, Trouble
from s2sauth.cli.cures import cure_for
from s2sauth.errors import AccessError, Reason
from s2sauth.providers import GENERIC, Provider
from s2sauth.server import JwtVerifier
from s2sauth.server.arguments import expected_header
from s2sauth.server.claims import ClaimRules
from s2sauth.server.compact import read_header, read_segment, split
from s2sauth.values import Identity

__all__ = ["LEEWAY", "Judge"]

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

    Raises:
        ConfigurationError: An algorithm that can't be allowed.
    """

    def __init__(
        self,
        token: str,
        provider: Provider | None,
        reach: Reach,
        algorithms: Iterable[str],
    ) -> None:
        self._token = token
        self._provider = provider
        self._reach = reach
        self._expected = expected_header(algorithms, None)
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
        try:
            self._rules(None).check_issuer(claims)
        except AccessError as error:
            reason = error.reason
        else:
            return str(claims["iss"])
        message = (
            f"iss is {claims.get('iss')!r}, but the issuer trusted is "
            f"{self._provider.issuer!r}"
        )
        raise Trouble(message, cure_for(reason))

    def identity(self, audience: frozenset[str] | None = None) -> Identity:
        """Judge the claims, all but issuer and audience.

        Args:
            audience: The called service's, where scopes depend on that.
        """
        claims = self.claims()
        rules = self._rules(_own_audience(claims), audience)
        return rules.judge(claims, SYSTEM_CLOCK.wall())[0]

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

    def _rules(
        self, own: frozenset[str] | None, audience: frozenset[str] | None = None
    ) -> ClaimRules:
        provider = self._provider
        return ClaimRules(
            issuer="" if provider is None else provider.issuer,
            other_issuers=() if provider is None else provider.other_issuers,
            audience=own if own is None or audience is None else own | audience,
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
