"""Lines and dots by design and target, and names to the right of them, none on another.

Heights in pixels need the final layout, so a chart writes its labels last.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import items_axis, panels
from analysis.theme import TARGET_LINES, colour, marker, settle, text_pt
from analysis.words import short_count

MARKS = {"local": {"mfc": None}, "aws": {"mfc": "none", "mew": 2.0}}
LINE_GAP = 1.25  # of a text's size, from one label to the next


def against_items(axes: Axes, sizes: pd.DataFrame) -> None:
    """Draw `low`, `middle`, `high` against `items`, for each design and target."""
    for (design, target), own in sizes.groupby(["design", "target"], sort=False):
        own = own.sort_values("items")
        if target == "model":
            _modelled(axes, design, own)
        else:
            _measured(axes, design, target, own)


def label_designs(panels: Mapping[Axes, pd.DataFrame], column: str = "middle") -> None:
    """Write each design's name to the right of every panel, at the height of its last point.

    No name lies on another. Call it when scales and limits are final.
    """
    settle(next(iter(panels)).figure)
    size = text_pt(0.95)
    for axes, sizes in panels.items():
        last = sizes.sort_values("items").groupby("design").tail(1)
        gap = size * LINE_GAP * axes.figure.dpi / 72 / axes.get_window_extent().height
        heights = [_height(axes, y) for y in last[column]]
        for design, height in zip(last["design"], spread(heights, gap), strict=True):
            axes.annotate(
                design,
                (1.0, height),
                xycoords="axes fraction",
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                color=colour(design),
                fontsize=size,
                fontweight="bold",
                annotation_clip=False,
            )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved as little as needed for `gap` between any two, in the same order.

    With the gaps taken out this is isotonic regression, by its max-min formula.
    """
    order = np.argsort(heights, kind="stable")
    gaps = np.arange(len(order)) * gap
    at, ends = np.array(heights)[order] - gaps, range(len(order))
    means = np.array([[at[i : k + 1].mean() if i <= k else np.inf for k in ends] for i in ends])
    placed = np.empty(len(order))
    placed[order] = [means[: i + 1, i:].min(axis=1).max() for i in ends] + gaps
    return placed.tolist()


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


def over_time(axes: Axes, samples: pd.DataFrame, design: str, target: str, name: str) -> None:
    """Draw one run's samples of a metric, each held until the next."""
    axes.plot(
        samples["t_s"],
        samples["value"],
        drawstyle="steps-post",
        color=colour(design),
        linestyle=TARGET_LINES[target],
        label=name,
    )


def counts_axis(axes: Axes, most: float, label: str) -> None:
    """A linear axis of numbers from nothing upwards, with room above."""
    axes.set_ylim(0, max(1.0, most) * 1.2)
    axes.yaxis.set_major_formatter(lambda value, _: short_count(value))
    axes.set_ylabel(label)


def panels_by_items(
    figure: Figure, parts: Sequence[tuple[str, str, pd.DataFrame]], y_axis: Callable
) -> list[Axes]:
    """A panel a part, which is its title, its unit and `measures.by_size`, against items."""
    drawn = dict(zip(panels(figure, len(parts)), (sizes for *_, sizes in parts), strict=True))
    for axes, (title, unit, sizes) in zip(drawn, parts, strict=True):
        axes.set_title(title)
        axes.set_ylabel(unit)
        items_axis(axes, sizes["items"].min(), sizes["items"].max())
        y_axis(axes, sizes["low"].min(), sizes["high"].max())
        against_items(axes, sizes)
    label_designs(drawn)
    figure.align_ylabels()
    return list(drawn)


def _height(axes: Axes, y: float) -> float:
    """Where a value lies in the axes, 0 to 1."""
    return axes.transAxes.inverted().transform(axes.transData.transform((1.0, y)))[1]
