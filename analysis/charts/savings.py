"""What does each change save, from the design as published to the tuned one?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, panels
from analysis.caption import WORDS, ask, sign_plain
from analysis.needs import columns
from analysis.theme import colour, faint, ink, text_pt, tint
from analysis.words import dollars, duration
from workbench.designs import DESIGNS

QUESTION = "What does each change save, from the design as published to the tuned one?"
BAR = 0.62  # height of a bar, in rows
ROOM = 6.0  # to the right of the dearest bar, as a factor, for its words
SHOWN_LETTERS = 46  # of a change's name


def savings(table: pd.DataFrame, figure: Figure) -> Figure:
    """A waterfall a design: dollars per million items after each change, the largest saving first.

    `table` is the side table of that name; the dashed line is the Lambda time of the work alone.
    """
    columns(table, "table of savings", "Run `make study`.", "design", "usd_per_million", "minutes")
    designs = [design for design in DESIGNS if design in set(table["design"])]
    ask(figure, QUESTION)
    sign_plain(
        figure,
        "modelled, a million items; each bar runs from the dollars before a change to those after",
        "dashed: the floor, which is the Lambda time of the work alone, one item at a time",
        "" if table["completes"].all() else "* AWS would have cut this one short",
        WORDS,
    )
    low = table[["usd_per_million", "floor_usd_per_million"]].min().min()
    high = table["usd_per_million"].max()
    for axes, design in zip(panels(figure, len(designs)), designs, strict=True):
        own = table[table["design"] == design].sort_values("step")
        dollars_axis(axes, low, high * ROOM, which="x")
        _waterfall(axes, design, own)
        axes.set_title(design)
        axes.set_xlabel("dollars per million items")
    return figure


def _waterfall(axes: Axes, design: str, steps: pd.DataFrame) -> None:
    """One design's bars, from top to bottom."""
    before = steps["usd_per_million"].shift()
    left_edge = axes.get_xlim()[0]
    for row, (step, usd_before) in enumerate(zip(steps.itertuples(), before, strict=True)):
        usd, first = step.usd_per_million, row == 0
        start, stop = (left_edge, usd) if first else sorted((usd, usd_before))
        shade = colour(design) if first or usd <= usd_before else tint(design, 0.35)
        axes.barh(row, max(stop - start, stop * 0.004), BAR, left=start, color=shade, zorder=3)
        broken = "" if step.completes else "*"
        axes.annotate(
            f"{dollars(usd)}{broken}, {duration(step.minutes * 60)}",
            (stop, row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=text_pt(0.72),
            color=ink(),
            zorder=4,
        )
    floor = steps["floor_usd_per_million"].iloc[0]
    axes.axvline(floor, color=faint(), linestyle=(0, (2, 2)), linewidth=1.2, zorder=2)
    names = [_short(step.change) for step in steps.itertuples()]
    axes.set_yticks(range(len(names)), names, fontsize=text_pt(0.72))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")


def _short(change: str) -> str:
    """A change's name on two lines where it is long."""
    if len(change) > SHOWN_LETTERS // 2 and ", " in change:
        return change.replace(", ", ",\n", 1)
    return change
