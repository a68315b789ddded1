"""The table as a picture: one panel a family, the best round of each row as a bar."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = ["draw"]

_OURS, _THEIRS = "#1b6ca8", "#b8c4ce"
_BAR = 0.34  # inches for one row
_SHOWN = ("cached_get", "stampede", "refresh", "first_sight", "second_sight", "fetch")


def draw(results: Path, picture: Path) -> None:
    """Draw what a run wrote.

    Args:
        results: The JSON of a run.
        picture: Where the picture goes; its ending says the format.
    """
    document = json.loads(results.read_text(encoding="utf-8"))
    families = [one for one in document["families"] if one["name"] in _SHOWN]
    # The same figures give the same file: no random ids, no date.
    mpl.rcParams["svg.hashsalt"] = "s2sauth"
    heights = [len(family["rows"]) * _BAR + 0.9 for family in families]
    figure = Figure(figsize=(9, sum(heights)), layout="constrained")
    panels = figure.subplots(
        len(families), 1, squeeze=False, height_ratios=heights
    ).ravel()
    for panel, family in zip(panels, families, strict=True):
        _draw_family(panel, family)
    facts = document["machine"]
    figure.suptitle(", ".join(f"{name} {facts[name]}" for name in facts), fontsize=7)
    figure.savefig(picture, metadata={"Date": None})


def _draw_family(panel: Any, family: Mapping[str, Any]) -> None:
    rows: Sequence[Mapping[str, Any]] = family["rows"][::-1]
    ours = ["s2sauth" in row["what"] for row in rows]
    bars = panel.barh(
        [row["what"] for row in rows],
        [row["best"] for row in rows],
        color=[_OURS if mine else _THEIRS for mine in ours],
    )
    labels = [f"{row['best']:.3g} {row['unit']}" for row in rows]
    panel.bar_label(bars, labels, padding=3, fontsize=8)
    panel.set_title(family["title"], loc="left", fontsize=10)
    panel.set_xscale("log")
    panel.margins(x=0.25)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
