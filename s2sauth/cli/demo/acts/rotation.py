"""Act 4: a signing key is rotated while calls go on."""

from s2sauth.cli.demo.order_service import NONE_FAILED, Tally, calling
from s2sauth.cli.demo.rows import Row, Section
from s2sauth.cli.demo.stage import Stage
from s2sauth.events import KeysRefreshed

__all__ = ["rotation"]

_ENOUGH = 30  # calls
_PATIENCE = 5.0  # seconds


def rotation(stage: Stage) -> Section:
    """Rotate while one instance calls; then start another, with the new key's token."""
    workers = stage.scenario.workers // 2
    with stage.order_service() as running, calling(running, workers) as old:
        old.wait_for_more(_ENOUGH, _PATIENCE)
        kid = stage.idp.rotate_keys(keep_old=True)
        with stage.order_service() as started, calling(started, workers) as new:
            new.wait_for_more(_ENOUGH, _PATIENCE)
        old.wait_for_more(_ENOUGH, _PATIENCE)
    refreshed = stage.witness.all(KeysRefreshed)
    fetched = [event for event in refreshed if kid in event.key_ids]
    return Section(
        "A signing key rotated while calls go on",
        (
            _row("tokens of the old key, on and on", old),
            _row("tokens of the new key, at once", new),
            Row(
                what="key fetches, by two verifiers",
                over="both",
                expected="2",
                seen=str(len(fetched)),
                note="the new key was looked up",
            ),
        ),
    )


def _row(what: str, tally: Tally) -> Row:
    return Row(
        what=what,
        over="both",
        expected=NONE_FAILED,
        seen=tally.failures,
        note=f"{tally.served} served",
    )
