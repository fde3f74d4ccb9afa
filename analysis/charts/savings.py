"""What does each change save, from the design as published to the tuned one?"""

from dataclasses import dataclass, replace
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import rows_of_bars
from analysis.needs import Chosen, in_order
from analysis.theme import colour, faint, ink, quiet, text_pt
from analysis.words import dollars, listed, setting_in_words
from workbench.designs import COMPARED, PRESETS

HEIGHT_IN = 9.0  # of the panels together
BAR = 0.62  # height of a bar, in rows
ROOM = 1.3  # to the right of the dearest bar, as a factor, for its words
SMALL = 0.01  # of the first dollars: smaller savings are summed up in one row
TOGETHER = "item_concurrency"  # from this change on, several items at a time
NAMES_WIDE = 0.4  # of the figure's width, for the words of a change
LETTER = 0.56  # of a text's size, in the middle


@dataclass(frozen=True)
class Row:
    """A bar: what was changed, and dollars per million items before and after."""

    words: str
    before_usd: float
    after_usd: float
    completes: bool


def select(frames: Frames) -> Chosen:
    """The side table: dollars per million items after each change, the largest saving first."""
    chosen = frames.chosen("savings")
    return chosen.beside(chosen.table.sort_values(["design", "step"], ignore_index=True))


def find(chosen: Chosen) -> str:
    """By what factor each design is cheaper tuned than as published, one item at a time."""
    parts = []
    for design, own in in_order(chosen.table):
        usd = own["usd_per_million"]
        parts.append(f"{usd.iloc[0] / usd[~_later(own)].iloc[-1]:.3g} times less with {design}")
    return f"Tuned, a million items cost {listed(parts)} than as published"


def draw(chosen: Chosen, figure: Figure) -> None:
    """A waterfall a design of what each change saves; apart, several items at a time."""
    table, designs = chosen.table, chosen.designs
    sign(
        figure,
        chosen,
        "coloured is what one change saves; dashed: the Lambda time of the work alone, one "
        "item at a time; the last panel has a scale of its own",
        _never_published(designs),
        "" if table["completes"].all() else "* AWS would have cut this one short",
    )
    later = {design: rows(own)[1] for design, own in in_order(table)}
    apart = any(later.values())
    shown = panels(figure, len(designs) + apart)
    for axes, design in zip(shown, designs, strict=False):
        own = table[table["design"] == design]
        axes.set_xlim(0, table["usd_per_million"].max() * ROOM)
        _waterfall(axes, design, rows(own)[0], own["floor_usd_per_million"].iloc[0])
        axes.set_title(f"{design}, from published to tuned")
    if apart:
        _together(shown[-1], later)
    for axes in shown:
        axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
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
    later = _later(steps)
    first, tuned = usd.iloc[0], usd[~later].iloc[-1]
    floors = tuned / steps["floor_usd_per_million"].iloc[-1]
    most = change[(usd.shift() - usd)[~later].idxmax()]
    after = ", ".join(
        f"{dollars(usd[at])} with {setting_in_words(change[at])}" for at in steps.index[later]
    )
    return (
        f"{design} falls from {dollars(first)} per million items as published to {dollars(tuned)} "
        f"tuned, {first / tuned:.3g} times less and {floors:.3f} times the floor, most by "
        f"{setting_in_words(most)}"
        f"{'; then ' + after if after else ''}"
    )


def _later(steps: pd.DataFrame) -> pd.Series:
    """Which steps come once several items are worked at a time."""
    return steps["change"].str.contains(TOGETHER).cumsum() > 0


def rows(steps: pd.DataFrame) -> tuple[list[Row], list[Row]]:
    """The changes of one design, and those with several items at a time, which begin with tuned.

    Changes that save next to nothing are one row.
    """
    usd = list(steps["usd_per_million"])
    found, small, later = [], [], []
    for step, before_usd, together in zip(
        steps.itertuples(), [0.0, *usd], _later(steps), strict=False
    ):
        words = setting_in_words(step.change)
        row = Row(words, before_usd, step.usd_per_million, step.completes)
        if together:
            later.append(row)
        elif abs(row.before_usd - row.after_usd) < SMALL * usd[0]:
            small.append(row)
        else:
            found.append(row)
    if small:
        what = small[0].words if len(small) == 1 else f"{len(small)} smaller changes"
        found.append(replace(small[-1], words=what, before_usd=small[0].before_usd))
    if later:
        later.insert(0, replace(found[-1], words="tuned, one item at a time"))
    return found, later


def _waterfall(axes: Axes, design: str, bars: list[Row], floor: float) -> None:
    """One design's bars from top to bottom: as published, what each change saves, what is left."""
    left = Row("tuned", 0.0, bars[-1].after_usd, bars[-1].completes)
    for place, row in enumerate([*bars, left]):
        start, stop = sorted((row.before_usd, row.after_usd))
        whole = row.before_usd == 0
        axes.barh(place, stop - start, BAR, start, color=quiet() if whole else colour(design))
        change = dollars(abs(row.after_usd - row.before_usd))
        sign_of = "" if whole else "−" if row.after_usd < row.before_usd else "+"
        axes.annotate(
            f"{sign_of}{change}{'' if row.completes else '*'}",
            (max(stop, floor), place),  # not on the dashed line
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=text_pt(0.8),
            color=ink(),
        )
    axes.axvline(floor, color=faint(), linestyle=(0, (2, 2)), linewidth=1.2)
    names = [_folded(axes, row.words) for row in (*bars, left)]
    axes.set_yticks(range(len(names)), names, fontsize=text_pt(0.8))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")


def _together(axes: Axes, later: dict[str, list[Row]]) -> None:
    """What is left with several items at a time, on a scale of its own."""
    bars = [(design, row) for design, own in later.items() for row in own]
    names = [_folded(axes, f"{design}: {row.words}") for design, row in bars]
    usd, shades = [row.after_usd for _, row in bars], [colour(design) for design, _ in bars]
    rows_of_bars(axes, names, usd, shades, dollars)
    axes.set_title("Several items at a time")


def _folded(axes: Axes, words: str) -> str:
    """Words on as many lines as they need beside the bars."""
    room_pt = NAMES_WIDE * axes.figure.get_figwidth() * 72
    return fill(words, int(room_pt / text_pt(0.8 * LETTER)))
