"""Lines and dots by design and target: measured dots, modelled lines with their band."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from analysis.labels import Label, label_ends
from analysis.theme import TARGET_LINES, colour, marker

MARKS = {"local": {"mfc": None}, "aws": {"mfc": "none", "mew": 2.0}}


def against_items(axes: Axes, sizes: pd.DataFrame) -> None:
    """Draw `low`, `middle`, `high` against `items`, for each design and target."""
    for (design, target), own in sizes.groupby(["design", "target"], sort=False):
        own = own.sort_values("items")
        if target == "model":
            _modelled(axes, design, own)
        else:
            _measured(axes, design, target, own)


def label_designs(panels: Mapping[Axes, pd.DataFrame], column: str = "middle") -> None:
    """Write each design's name beside its last point, in every panel."""
    labels = {}
    for axes, sizes in panels.items():
        last = sizes.sort_values("items").groupby("design").tail(1)
        labels[axes] = [
            Label(y, design, colour(design))
            for design, y in zip(last["design"], last[column], strict=True)
        ]
    label_ends(labels)


def _modelled(axes: Axes, design: str, own: pd.DataFrame) -> None:
    """A line; with several runs a point, a band. One size alone is shown as a dash."""
    axes.fill_between(own["items"], own["low"], own["high"], color=colour(design), alpha=0.25, lw=0)
    marker = "_" if len(own) == 1 else ""
    axes.plot(
        own["items"],
        own["middle"],
        color=colour(design),
        linestyle=TARGET_LINES["model"],
        marker=marker,
        label=f"{design} model",
    )


def _measured(axes: Axes, design: str, target: str, own: pd.DataFrame) -> None:
    """Dots, with the spread of several runs as a bar; no line, which would look like data."""
    below, above = own["middle"] - own["low"], own["high"] - own["middle"]
    axes.errorbar(
        own["items"],
        own["middle"],
        yerr=[below, above],
        fmt=marker(design),
        color=colour(design),
        label=f"{design} {target}",
        zorder=3,
        **{key: value for key, value in MARKS[target].items() if value is not None},
    )
