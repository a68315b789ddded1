"""Plays the acts one after the other."""

from collections.abc import Callable

from s2sauth.cli.demo.acts.allowed import allowed
from s2sauth.cli.demo.acts.one_fetch import one_fetch
from s2sauth.cli.demo.acts.outage import outage
from s2sauth.cli.demo.acts.refused import refused
from s2sauth.cli.demo.acts.rotation import rotation
from s2sauth.cli.demo.rows import Report, Section
from s2sauth.cli.demo.stage import Scenario, Stage
from s2sauth.testing import AuthorizationServer

__all__ = ["run_demo"]

_ACTS = (allowed, refused, one_fetch, rotation, outage)


def _tell_nobody(_section: Section) -> None:
    pass


def run_demo(
    scenario: Scenario | None = None,
    *,
    idp: AuthorizationServer | None = None,
    tell: Callable[[Section], None] = _tell_nobody,
) -> Report:
    """Play the demo, and return what was expected and seen.

    Args:
        scenario: What it's played with; None: as it should go.
        idp: The authorization server, not started yet; None: a new one.
        tell: Called with each section as soon as it's there.
    """
    sections = []
    server = AuthorizationServer("keycloak", realm="demo") if idp is None else idp
    with Stage(scenario or Scenario(), server) as stage:
        for act in _ACTS:
            section = act(stage)
            tell(section)
            sections.append(section)
    return Report(tuple(sections))
