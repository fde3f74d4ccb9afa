"""What does each change save, from the design as published to the tuned one?"""

from dataclasses import dataclass, replace
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign_plain, summaries
from analysis.frames import Frames
from analysis.needs import Chosen, in_order
from analysis.theme import colour, faint, ink, text_pt, tint
from analysis.words import dollars, duration, listed
from workbench.designs import COMPARED, PRESETS

HEIGHT_IN = 7.8  # of the panels together
BAR = 0.62  # height of a bar, in rows
ROOM = 1.38  # to the right of the dearest bar, as a factor, for its words
SMALL = 0.01  # of the first dollars: smaller savings are summed up in one row
APART = 0.6  # rows between one item at a time and several
TOGETHER = "item_concurrency"  # from this change on, several items at a time
# A change in words; what has none is shown as the knob itself.
WORDS = {
    "telemetry=emf": "metrics in log lines, not one call an item",
    "track=message": "one record a message, not an item",
    "cpu=arm64": "Arm, not x86",
    "logs=metrics": "no log line an item",
    "child_type=STANDARD": "Standard children",
    "messages_per_invocation=1": "one message an invocation",
    "claim=False": "no claim",
    "items_per_message": "{} items a message",
    "items_per_child": "{} items a child",
    "item_concurrency": "{} items at a time",
}
SHOWN_LETTERS = 26  # of a change, on one line


@dataclass(frozen=True)
class Row:
    """A bar: what was changed, dollars per million items before and after, and how long it took."""

    words: str
    before_usd: float
    after_usd: float
    minutes: float
    completes: bool
    together: bool  # several items at a time


def select(frames: Frames) -> Chosen:
    """The side table: dollars per million items after each change, the largest saving first."""
    table = frames.needed("savings")
    return Chosen(table=table.sort_values(["design", "step"], ignore_index=True))


def draw(chosen: Chosen, figure: Figure) -> None:
    """A waterfall a design; the dashed line is the Lambda time of the work alone."""
    table, designs = chosen.table, chosen.designs
    sign_plain(
        figure,
        "modelled, a million items; each bar runs from the dollars before a change to those after, "
        "which are written beside it with the time until it is known",
        "dashed: the floor, which is the Lambda time of the work alone, one item at a time",
        _never_published(designs),
        "" if table["completes"].all() else "* AWS would have cut this one short",
        summaries(chosen.designs),
    )
    for axes, design in zip(panels(figure, len(designs)), designs, strict=True):
        own = table[table["design"] == design]
        axes.set_xlim(0, table["usd_per_million"].max() * ROOM)
        axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
        floor = own["floor_usd_per_million"].iloc[0]
        _waterfall(axes, design, rows(own), floor)
        axes.axvline(floor, color=faint(), linestyle=(0, (2, 2)), linewidth=1.2, zorder=2)
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
    after = ", ".join(f"{dollars(usd[at])} with {_said(change[at])}" for at in steps.index[later])
    return (
        f"{design} falls from {dollars(first)} per million items as published to {dollars(tuned)} "
        f"tuned, {first / tuned:.3g} times less and {floors:.3f} times the floor, most by "
        f"{_said(most)}"
        f"{'; then ' + after if after else ''}"
    )


def _said(change: str) -> str:
    """A change within a sentence."""
    return " ".join(in_words(change).split())


def rows(steps: pd.DataFrame) -> list[Row]:
    """The bars of one design; changes that save next to nothing are one row."""
    first_usd = steps["usd_per_million"].iloc[0]
    found, small = [], []
    before_usd, together = 0.0, False
    for step in steps.itertuples():
        together |= TOGETHER in step.change
        row = Row(
            in_words(step.change),
            before_usd,
            step.usd_per_million,
            step.minutes,
            step.completes,
            together,
        )
        before_usd = step.usd_per_million
        if abs(row.before_usd - row.after_usd) < SMALL * first_usd and not together:
            small.append(row)
        else:
            found.append(row)
    if small:
        what = small[0].words if len(small) == 1 else f"{len(small)} smaller changes"
        whole = replace(small[-1], words=what, before_usd=small[0].before_usd)
        found.insert(sum(not one.together for one in found), whole)
    return found


def in_words(change: str) -> str:
    """A change as a reader of nothing else would say it, on two lines where it is long."""
    parts = []
    for knob in change.split(", "):
        name, _, value = knob.partition("=")
        parts.append(WORDS.get(knob) or WORDS.get(name, knob).format(value))
    return "\n".join(fill(part, SHOWN_LETTERS) for part in parts)


def _waterfall(axes: Axes, design: str, bars: list[Row], floor: float) -> None:
    """One design's bars, from top to bottom; several items at a time stand apart."""
    places = [number + APART * row.together for number, row in enumerate(bars)]
    for place, row in zip(places, bars, strict=True):
        start, stop = sorted((row.before_usd, row.after_usd))
        dearer = row.before_usd and row.after_usd > row.before_usd
        shade = tint(design, 0.35) if dearer else colour(design)
        axes.barh(place, stop - start, BAR, left=start, color=shade, zorder=3)
        broken = "" if row.completes else "*"
        axes.annotate(
            f"{dollars(row.after_usd)}{broken}, {duration(row.minutes * 60)}",
            (max(stop, floor), place),  # not on the dashed line
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=text_pt(0.72),
            color=ink(),
            zorder=4,
        )
    axes.set_yticks(places, [row.words for row in bars], fontsize=text_pt(0.72))
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")
