"""What does each change save, from the design as published to the tuned one?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, panels
from analysis.caption import sign_plain, summaries
from analysis.frames import Frames
from analysis.needs import Chosen, in_order
from analysis.theme import colour, faint, ink, text_pt, tint
from analysis.words import dollars, duration, listed
from workbench.designs import COMPARED, PRESETS

HEIGHT_IN = 7.8  # of the panels together
BAR = 0.62  # height of a bar, in rows
ROOM = 6.0  # to the right of the dearest bar, as a factor, for its words
SHOWN_LETTERS = 46  # of a change's name


def select(frames: Frames) -> Chosen:
    """The side table: dollars per million items after each change, the largest saving first."""
    table = frames.needed("savings")
    return Chosen(table=table.sort_values(["design", "step"], ignore_index=True))


def draw(chosen: Chosen, figure: Figure) -> None:
    """A waterfall a design; the dashed line is the Lambda time of the work alone."""
    table, designs = chosen.table, chosen.designs
    sign_plain(
        figure,
        "modelled, a million items; each bar runs from the dollars before a change to those after",
        "dashed: the floor, which is the Lambda time of the work alone, one item at a time",
        _never_published(designs),
        "" if table["completes"].all() else "* AWS would have cut this one short",
        summaries(chosen.designs),
    )
    low = table[["usd_per_million", "floor_usd_per_million"]].min().min()
    high = table["usd_per_million"].max()
    for axes, design in zip(panels(figure, len(designs)), designs, strict=True):
        own = table[table["design"] == design]
        dollars_axis(axes, low, high * ROOM, which="x")
        _waterfall(axes, design, own)
        axes.set_title(design)
        axes.set_xlabel("dollars per million items")


def say(chosen: Chosen) -> str:
    """From which dollars to which, by what factor, and by which change most."""
    parts = [_told(design, own) for design, own in in_order(chosen.table)]
    return f"{'. '.join([*parts, *filter(None, [_never_published(chosen.designs)])])}."


def _never_published(shown: list[str]) -> str:
    """Which designs are not shown because nobody has published them; empty if all are."""
    lacking = [name for name in COMPARED if name not in shown and "published" not in PRESETS[name]]
    return f"{listed(lacking)} left out: never published" if lacking else ""


def _told(design: str, steps: pd.DataFrame) -> str:
    """One design: as published, tuned with one item at a time, and what comes after that."""
    usd, change = steps["usd_per_million"], steps["change"]
    later = change.str.contains("item_concurrency").cumsum() > 0
    first, tuned = usd.iloc[0], usd[~later].iloc[-1]
    floors = tuned / steps["floor_usd_per_million"].iloc[-1]
    most = change[(usd.shift() - usd)[~later].idxmax()]
    after = ", ".join(f"{dollars(usd[at])} with {change[at]}" for at in steps.index[later])
    return (
        f"{design} falls from {dollars(first)} per million items as published to {dollars(tuned)} "
        f"tuned, {first / tuned:.3g} times less and {floors:.3f} times the floor, most by {most}"
        f"{'; then ' + after if after else ''}"
    )


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
