"""Lines, dots and bars by design and target, with names beside them, none on another.

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
BESIDE = 1.2  # of a dot's place, from one design to the next
LINE_GAP = 1.25  # of a text's size, from one label to the next


def against_items(axes: Axes, sizes: pd.DataFrame) -> None:
    """Draw `low`, `middle`, `high` against `items`, for each design and target."""
    for (design, target), own in sizes.groupby(["design", "target"], sort=False):
        own = own.sort_values("items")
        if target == "model":
            _modelled(axes, design, own)
        else:
            _measured(axes, design, target, own)


def aside(design: str, designs: Sequence[str]) -> float:
    """How far a design's dots are moved along a logarithmic axis, so that none hides another."""
    return BESIDE ** (designs.index(design) - (len(designs) - 1) / 2)


def label_designs(panels: Mapping[Axes, pd.DataFrame], column: str = "middle") -> None:
    """Write each design's name to the right of every panel, at the height of its last point.

    No name is on another. Call it when scales and limits are final.
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
    figure: Figure,
    parts: Sequence[tuple[str, str, pd.DataFrame, Callable]],
    below: Callable[[Axes], None] | None = None,
) -> list[Axes]:
    """A panel a part, which is its title, its unit, `measures.by_size` and its axis, against items.

    One more panel is drawn by `below`.
    """
    drawn = panels(figure, len(parts) + (below is not None))
    for axes, (title, unit, sizes, y_axis) in zip(drawn, parts, strict=False):
        axes.set_title(title)
        axes.set_ylabel(unit)
        items_axis(axes, sizes["items"].min(), sizes["items"].max())
        y_axis(axes, sizes["low"].min(), sizes["high"].max())
        against_items(axes, sizes)
    if below is not None:
        below(drawn[-1])
    label_designs(dict(zip(drawn, (sizes for _, _, sizes, _ in parts), strict=False)))
    figure.align_ylabels()
    return drawn


def _height(axes: Axes, y: float) -> float:
    """Where a value is in the axes, 0 to 1."""
    return axes.transAxes.inverted().transform(axes.transData.transform((1.0, y)))[1]


ROW = 0.88  # of a row, taken by its bars
NAMED_MIN_SHARE = 0.012  # rows of smaller dollars are summed up as "other"
ROOM = 1.3  # to the right of the longest bar, as a factor, for its words


def bars(
    axes: Axes, values: pd.DataFrame, words: Callable[[float], str], own_scales: bool = False
) -> None:
    """Draw rows (the index) of designs (the columns); with `own_scales` each row fills the width.

    What a design has not got, None or nothing, has no bar.
    """
    height = ROW / len(values.columns)
    for place, (_, row) in enumerate(values.iterrows()):
        for rank, design in enumerate(values.columns):
            if not row[design] > 0:
                continue
            width = row[design] / row.max() if own_scales else row[design]
            at = place + (rank - (len(values.columns) - 1) / 2) * height
            axes.barh(at, width, height * 0.9, color=colour(design))
            axes.annotate(
                f"{words(row[design])}  {design}",
                (width, at),
                (4, 0),
                textcoords="offset points",
                va="center",
                color=colour(design),
                fontsize=text_pt(0.72),
                fontweight="bold",
            )
    axes.set_yticks(range(len(values)), list(values.index))
    axes.set_ylim(len(values) - 0.45, -0.55)
    axes.set_xlim(0, ROOM * (1.0 if own_scales else values.max().max() or 1.0))
    axes.grid(visible=False)
    axes.tick_params(length=0, axis="y")


def dollar_rows(sums: pd.DataFrame, column: str, order: list[str]) -> pd.DataFrame:
    """Dollars by row and design, their total first and small rows summed up, for `bars`.

    `sums` is `measures.usd_per_million` by `column`, whose values are named in `order`.
    """
    wide = sums.pivot(index=column, columns="design", values="usd").loc[order]
    total = wide.sum()
    small = wide.max(axis=1) < total.max() * NAMED_MIN_SHARE
    rows = [total.to_frame("total").T, wide[~small]]
    if small.sum() > 1:
        rows.append(wide[small].sum().to_frame("other").T)
    else:
        rows.append(wide[small])
    return pd.concat(rows)


def rows_of_bars(
    axes: Axes,
    labels: Sequence[str],
    values: Sequence[float],
    colours: Sequence[object],
    words: Callable[[float], str],
) -> None:
    """A row a value: its label, a bar, and beside it the value in words."""
    places = range(len(labels))
    axes.barh(places, values, 0.62, color=colours, zorder=3)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            words(value),
            (value, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=text_pt(0.8),
        )
    axes.set_yticks(places, labels, fontsize=text_pt(0.8))
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, ROOM * (max(values) or 1.0))
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")
