"""Who wins, by batch size and by time per item?"""

from math import log

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.measures import TARGETS
from analysis.needs import (
    Chosen,
    NothingToShow,
    best_knobs,
    in_order,
    promised,
    several_designs,
    usable,
)
from analysis.theme import few, text_pt, tint
from analysis.verdicts import verdicts
from analysis.words import duration, listed, short_count

PANELS = (("per_million_usd", "Lowest cost"), ("detected_s", "Known to be done first"))
FULL_FACTOR = 4.0  # from here on the colour grows no stronger
STRONGEST = 0.72  # of a design's colour, so that the text on it stays readable


def select(frames: Frames) -> Chosen:
    """Runs of several designs with several lengths of items, each at one setting, on one target.

    A size that was run with few of the lengths is left out: its column would be mostly blank.
    """
    chosen = several_designs(usable(frames.runs, in_dollars=True))
    runs = chosen.runs
    if runs["value_max_ms"].nunique() < 2:
        raise NothingToShow(
            "all runs have items of one length. Sweep value_max too: `workbench sweep`."
        )
    rounded = runs["value_max_ms"].map(lambda ms: float(f"{ms:.2g}"))
    runs = _one_target(runs.assign(value_max_ms=rounded))
    lengths = runs.groupby("items")["value_max_ms"].transform("nunique")
    chosen = best_knobs(chosen.only(runs[lengths > lengths.max() / 2]))
    for column, _ in PANELS:
        factors(chosen.runs, column)  # refused here where no two can be compared
    return chosen


def find(chosen: Chosen) -> str:
    """Which design most often costs least, and which is most often known first."""
    parts = []
    for column, title in PANELS:
        found = factors(chosen.runs, column)
        won = found.loc[found["best"].map(len) == 1, "first"].value_counts()
        who = f"{won.index[0]} at {won.iloc[0]} of {len(found)}" if len(won) else "nobody"
        parts.append(f"{title.lower()}: {who}")
    return f"{'; '.join(parts)} sizes and lengths of items".capitalize()


def draw(chosen: Chosen, figure: Figure) -> None:
    """Two maps, dollars and time: the winner's colour, and by what factor over the next."""
    sign(
        figure,
        chosen,
        "colour: the winner; number: by what factor over the next; =: too close to call",
        "left to right: larger batches; upwards: longer items",
        f"each design at its {_knobs(chosen.runs)}, whatever else it could be tuned to",
    )
    shown = PANELS[:1] if few(figure) else PANELS
    for axes, (column, title) in zip(panels(figure, len(shown)), shown, strict=True):
        axes.set_title(title)
        _map(axes, factors(chosen.runs, column))


def say(chosen: Chosen) -> str:
    """How often each design wins, over sizes and lengths of items."""
    parts = []
    for column, title in PANELS:
        found = factors(chosen.runs, column)
        clear = found["best"].map(len) == 1
        won = [f"{design} at {len(own)}" for design, own in in_order(found[clear], "first")]
        close = f", too close to call at {(~clear).sum()}" if not clear.all() else ""
        parts.append(f"{title.lower()}: {listed(won) or 'none'}{close}")
    cells = "Of all combinations of batch size and time per item"
    return f"{cells}, {'; '.join(parts)}. {promised(chosen.runs)}"


def _knobs(runs: pd.DataFrame) -> str:
    """At which knobs the designs are compared."""
    settings = sorted(set(runs["setting"]))
    return f"{settings[0]} knobs" if len(settings) == 1 else f"knobs: {'; '.join(settings)}"


def _one_target(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of the target that has most combinations of size and length with several designs."""
    cells = runs.groupby(["target", "items", "value_max_ms"])["design"].nunique()
    number = (cells == max(cells.max(), 2)).groupby("target").sum()
    best = next(target for target in TARGETS if number.get(target) == number.max())
    return runs[runs["target"] == best]


def factors(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Verdicts by items and mean milliseconds an item."""
    found = []
    for value_max_ms, own in runs.groupby("value_max_ms", sort=True):
        try:
            found.append(verdicts(own, column).table().assign(mean_ms=value_max_ms / 2))
        except NothingToShow:  # this length was run on one design only: its row stays blank
            continue
    if not found:
        raise NothingToShow("no two runs, one a design, have the same items, length and seed.")
    return pd.concat(found, ignore_index=True)


def _map(axes: Axes, found: pd.DataFrame) -> None:
    """The map: cells by rank of size and length, the winner's colour as strong as its factor."""
    sizes, lengths = (sorted(found[name].unique()) for name in ("items", "mean_ms"))
    paper = to_rgb(axes.get_facecolor())
    cells = np.full((len(lengths), len(sizes), 3), paper)
    for row in found.itertuples():
        place = lengths.index(row.mean_ms), sizes.index(row.items)
        if len(row.best) == 1:
            strength = min(1.0, log(row.ratio) / log(FULL_FACTOR))
            cells[place] = tint(row.first, STRONGEST * strength)
        axes.text(
            place[1] + 0.5,
            place[0] + 0.5,
            cell(row),
            ha="center",
            va="center",
            fontsize=text_pt(0.68),
            linespacing=1.05,
        )
    axes.pcolormesh(cells, edgecolors=[paper], lw=2)
    axes.set_xticks(np.arange(len(sizes)) + 0.5, [short_count(size) for size in sizes])
    axes.set_yticks(np.arange(len(lengths)) + 0.5, [duration(ms / 1000) for ms in lengths])
    axes.set_xlabel("items in the batch")
    axes.set_ylabel("mean time per item")
    axes.grid(visible=False)
    axes.tick_params(length=0)


def cell(row: tuple, between: str = "\n") -> str:
    """A cell's text: who wins and by what factor over the next, or that it is too close to call."""
    if len(row.best) > 1:
        return "="
    places = 0 if row.ratio >= 9.95 else 1 if row.ratio >= 1.095 else 2
    return f"{row.first}{between}{row.ratio:.{places}f}×"
