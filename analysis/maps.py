"""Maps of who wins over the size of a batch and the time that an item takes.

A cell compares the runs of its own batches. A design that no knobs of its can bring through, or
whose runs AWS would cut short, is marked there, and the others are compared.
"""

from dataclasses import dataclass
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
from analysis.needs import Chosen, NothingToShow, in_order, promised, several_designs, usable
from analysis.theme import text_pt, tint
from analysis.verdicts import verdicts
from analysis.words import count, duration, listed, short_count

FULL_FACTOR = 4.0  # from here on the colour grows no stronger
STRONGEST = 0.72  # of a design's colour, so that the text on it stays readable
CANNOT = "†"
CELL = ["items", "mean_ms"]


@dataclass(frozen=True)
class Panel:
    """A map of runs at one `setting`, by a column of theirs."""

    column: str
    title: str
    words: str  # of the one that wins
    setting: str


@dataclass(frozen=True)
class Maps:
    """Panels of the same items: their lengths even from nothing up, or `told` by points.

    `knobs` says at which the designs are compared, `sweep` the study that has such runs.
    """

    panels: tuple[Panel, ...]
    knobs: str
    told: bool = False
    sweep: str = "who_wins"

    def select(self, frames: Frames) -> Chosen:
        """Runs of several designs with several lengths of items, on one target.

        A size that was run with few of the lengths is left out: its column would be mostly blank.
        """
        chosen = several_designs(usable(frames.runs, in_dollars=True))
        runs = chosen.runs
        told = runs["knobs"].map(lambda knobs: bool(knobs.get("durations")))
        settings = {one.setting for one in self.panels}
        runs = runs[(told == self.told) & runs["setting"].isin(settings)]
        mean_ms = (runs["value_max_ms"] / 2).map(lambda ms: float(f"{ms:.2g}"))
        runs = runs.assign(mean_ms=mean_ms)
        if runs["mean_ms"].nunique() < 2:
            raise NothingToShow(
                f"no runs of items of several lengths at {self.knobs}. Run "
                f"`workbench sweep {self.sweep}`."
            )
        runs = _one_target(runs)
        lengths = runs.groupby("items")["mean_ms"].transform("nunique")
        chosen = chosen.only(runs[lengths > lengths.max() / 2])
        for panel in self.panels:
            factors(chosen.runs, panel)  # refused here where no two can be compared
        return chosen

    def draw(self, chosen: Chosen, figure: Figure, *notes: str) -> None:
        """Each map: the winner's colour, and by what factor over the next."""
        found = [factors(chosen.runs, panel) for panel in self.panels]
        sign(
            figure,
            chosen,
            "colour: the winner; number: by what factor over the next; =: too close to call",
            _unable(found),
            f"each design at {self.knobs}",
            *notes,
        )
        for axes, panel, own in zip(
            panels(figure, len(self.panels)), self.panels, found, strict=True
        ):
            axes.set_title(panel.title)
            _map(axes, own)

    def find(self, chosen: Chosen) -> str:
        """Who wins how often, in a few words."""
        parts = []
        for panel in self.panels:
            found = factors(chosen.runs, panel)
            clear = found[found["best"].map(len) == 1]
            won = [f"{name} at {len(own)}" for name, own in in_order(clear, "first")]
            won.sort(key=lambda text: -int(text.rsplit(" ", 1)[1]))
            who = listed(won) if won else "no design"
            parts.append(f"{panel.words}: {who} of {len(found)}")
        return "; ".join(parts)

    def say(self, chosen: Chosen) -> str:
        """How often each design wins, over sizes and lengths of items."""
        parts = []
        for panel in self.panels:
            found = factors(chosen.runs, panel)
            clear = found["best"].map(len) == 1
            won = [f"{name} at {len(own)}" for name, own in in_order(found[clear], "first")]
            close = f", too close to call at {(~clear).sum()}" if not clear.all() else ""
            parts.append(f"{panel.words}: {listed(won) or 'none'}{close}")
        unable = _unable([factors(chosen.runs, panel) for panel in self.panels])
        cells = f"Of all combinations of batch size and time per item, each design at {self.knobs}"
        said = (f"{cells}, {'; '.join(parts)}.", unable and f"{unable}.", promised(chosen.runs))
        return " ".join(part for part in said if part)


def factors(runs: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Verdicts by items and mean milliseconds an item; `unable` are designs without a run there."""
    own = runs[runs["setting"] == panel.setting]
    there = [name for name, _ in in_order(own)]
    found = []
    for (_, mean_ms), cell in own.groupby(CELL, sort=True):
        unable = tuple(name for name in there if name not in set(cell["design"]))
        try:
            one = verdicts(cell, panel.column).table()
        except NothingToShow:  # one design only, or no batch that two have worked: it stays blank
            continue
        found.append(one.assign(mean_ms=mean_ms, unable=[unable]))
    if not found:
        raise NothingToShow("no two runs, one a design, have the same items, length and seed.")
    return pd.concat(found, ignore_index=True).sort_values(["mean_ms", "items"], ignore_index=True)


def cell(row: tuple, between: str = "\n") -> str:
    """A cell's text: who wins and by what factor over the next, or that it is too close to call."""
    mark = CANNOT if row.unable else ""
    if len(row.best) > 1:
        return f"={mark}"
    places = 0 if row.ratio >= 9.95 else 1 if row.ratio >= 1.095 else 2
    return f"{row.first}{mark}{between}{row.ratio:.{places}f}×"


def _one_target(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of the target that has most combinations of size and length with several designs."""
    cells = runs.groupby(["target", *CELL])["design"].nunique()
    number = (cells == max(cells.max(), 2)).groupby("target").sum()
    best = next(target for target in TARGETS if number.get(target) == number.max())
    return runs[runs["target"] == best]


def _unable(maps: list[pd.DataFrame]) -> str:
    """Where which design cannot, in words; empty where all can."""
    rows = pd.concat(maps).drop_duplicates([*CELL, "unable"])
    cells: dict[str, list[str]] = {}
    for row in rows.sort_values(CELL[::-1]).itertuples():
        for name in row.unable:
            place = f"{count(row.items)} items of {duration(row.mean_ms / 1000)}"
            cells.setdefault(name, []).append(place)
    texts = [f"{name} cannot work {listed(places)}" for name, places in cells.items()]
    return f"{CANNOT}: {'; '.join(texts)}" if texts else ""


def _map(axes: Axes, found: pd.DataFrame) -> None:
    """Cells by rank of size and length, the winner's colour as strong as its factor."""
    sizes, lengths = (sorted(found[name].unique()) for name in CELL)
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
