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
from analysis.needs import (
    Chosen,
    NothingToShow,
    in_order,
    nearest_default,
    promised,
    several_designs,
    usable,
)
from analysis.theme import few, text_pt, tint
from analysis.verdicts import verdicts
from analysis.words import count, duration, listed, short_count

FULL_FACTOR = 4.0  # from here on the colour grows no stronger
STRONGEST = 0.72  # of a design's colour, so that the text on it stays readable
CANNOT = "†"
CELL = ["items", "mean_ms"]


@dataclass(frozen=True)
class Panel:
    """A map by a column of the runs; of those at the knobs that are best in an `aim`, or of all."""

    column: str
    title: str
    words: str  # of the one that wins
    aim: str | None = None

    def of(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Its runs."""
        return runs[runs["best_in"].isna() if self.aim is None else runs["best_in"] == self.aim]


@dataclass(frozen=True)
class Maps:
    """Panels of the same items: their lengths even from nothing up, or `told` by points.

    `knobs` says at which the designs are compared, `words` the same for a title.
    """

    panels: tuple[Panel, ...]
    words: str
    knobs: str
    told: bool = False
    notes: tuple[str, ...] = ()

    def select(self, frames: Frames) -> Chosen:
        """Runs of several designs with several lengths of items, on one target.

        A size that was run with few of the lengths is left out: its column would be mostly blank.
        """
        chosen = several_designs(usable(frames.runs, in_dollars=True))
        runs = chosen.runs
        told = runs["knobs"].map(lambda knobs: bool(knobs.get("durations")))
        runs = runs[told == self.told]
        runs = runs.assign(mean_ms=runs["mean_ms"].map(lambda ms: float(f"{ms:.2g}")))
        runs = runs.loc[sorted({at for panel in self.panels for at in panel.of(runs).index})]
        if runs["mean_ms"].nunique() < 2:
            raise NothingToShow(
                f"no runs of items of several lengths with each design at {self.knobs}. "
                "Run `workbench sweep who_wins`."
            )
        runs = _one_target(runs)
        lengths = runs.groupby("items")["mean_ms"].transform("nunique")
        chosen = chosen.only(runs[lengths > lengths.max() / 2])
        if all(panel.aim is None for panel in self.panels):
            chosen = nearest_default(chosen)
        for panel in self.panels:
            factors(chosen.runs, panel)  # refused here where no two can be compared
        return chosen

    def draw(self, chosen: Chosen, figure: Figure) -> None:
        """Each map: the winner's colour, and by what factor over the next."""
        shown = self.panels[:1] if few(figure) else self.panels
        found = [factors(chosen.runs, panel) for panel in shown]
        sign(
            figure,
            chosen,
            "colour: the winner; number: by what factor over the next; =: too close to call",
            unable(found),
            f"each design at {self.knobs}",
            *self.notes,
        )
        for axes, panel, own in zip(panels(figure, len(shown)), shown, found, strict=True):
            axes.set_title(panel.title)
            _map(axes, own)

    def find(self, chosen: Chosen) -> str:
        """Who wins by the first panel, in a few words."""
        [panel, *_] = self.panels
        return f"{self.words}, {_most(panel.words, factors(chosen.runs, panel))}"

    def say(self, chosen: Chosen) -> str:
        """How often each design wins, over sizes and lengths of items."""
        found = [factors(chosen.runs, panel) for panel in self.panels]
        parts = []
        for panel, own in zip(self.panels, found, strict=True):
            wins, close = _wins(own), int((own["best"].map(len) > 1).sum())
            won = listed([f"{name} at {number}" for name, number in wins.items()]) or "none"
            level = f", too close to call at {close}" if close else ""
            parts.append(f"{panel.words}: {won}{level}")
        said = [f"{self.words}, of {len(found[0])} sizes and times per item: {'; '.join(parts)}."]
        said += [f"{cannot}." for cannot in [unable(found)] if cannot]
        return " ".join([*said, promised(chosen.runs)])


def _wins(found: pd.DataFrame) -> dict[str, int]:
    """At how many cells each design clearly wins, the most first; none that never does."""
    return found.loc[found["best"].map(len) == 1, "first"].value_counts().to_dict()


def _most(words: str, found: pd.DataFrame) -> str:
    """Who clearly wins, in a few words."""
    wins = _wins(found)
    if not wins:
        return f"nobody clearly {words}"
    (most, at), *rest = wins.items()
    if not rest:
        return f"{most} {words} wherever one clearly does"
    return f"{most} {words} at {at} of {len(found)} sizes and times per item"


def factors(runs: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Verdicts by items and mean milliseconds an item; `unable` are designs without a run there."""
    own = panel.of(runs)
    every = [name for name, _ in in_order(own)]
    there = own.groupby(CELL)["design"].transform(lambda names: " ".join(sorted(set(names))))
    found = []
    for (mean_ms, names), part in own.groupby(["mean_ms", there], sort=True):
        lacking = tuple(name for name in every if name not in names.split())
        try:
            one = verdicts(part, panel.column).table()
        except NothingToShow:  # one design only, or no batch that two have worked: it stays blank
            continue
        found.append(one.assign(mean_ms=mean_ms, unable=[lacking] * len(one)))
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


def unable(maps: list[pd.DataFrame]) -> str:
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
