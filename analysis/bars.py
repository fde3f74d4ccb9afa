"""Bars in rows: one bar a design in each row, with its value and the design's name beside it."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from analysis.theme import colour, text_pt

ROW = 0.88  # of a row, taken by its bars
ROOM = 1.3  # to the right of the longest bar, as a factor, for its words
NAMED_MIN_SHARE = 0.012  # rows of smaller dollars are summed up as "other"


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
