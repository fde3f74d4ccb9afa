"""Who wins, over the size of the batch and the time that an item takes?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.measures import TARGETS
from analysis.needs import BOTH, Chosen, NothingToShow, best_knobs, both_designs, usable
from analysis.theme import text_pt, tint
from analysis.verdicts import CLOSE_CALL, verdicts
from analysis.words import duration, listed, short_count

PANELS = (("per_million_usd", "Cheaper"), ("detected_s", "Sooner known to be done"))
FULL_FACTOR = 4.0  # from here on the colour grows no stronger
STRONGEST = 0.72  # of a design's colour, so that the text on it stays readable


def select(frames: Frames) -> Chosen:
    """Runs of both designs with several lengths of items, each at one setting, on one target.

    A size that was run with few of the lengths is left out: its column would be mostly blank.
    """
    chosen = both_designs(usable(frames.runs, in_dollars=True))
    runs = chosen.runs[chosen.runs["design"].isin(BOTH)]
    if runs["value_max_ms"].nunique() < 2:
        raise NothingToShow(
            "all runs have items of one length. Sweep value_max too: `workbench sweep`."
        )
    rounded = runs["value_max_ms"].map(lambda ms: float(f"{ms:.2g}"))
    runs = _one_target(runs.assign(value_max_ms=rounded))
    lengths = runs.groupby("items")["value_max_ms"].transform("nunique")
    chosen = best_knobs(chosen.only(runs[lengths > lengths.max() / 2]))
    for column, _ in PANELS:
        factors(chosen.runs, column)  # refused here where there is no pair
    return chosen


def draw(chosen: Chosen, figure: Figure) -> None:
    """Two maps, dollars and time: the winner's colour, and by what factor it wins."""
    sign(
        figure,
        chosen,
        "colour: the winner; number: by what factor; =: too close to call",
        "left to right: larger batches; upwards: longer items",
    )
    for axes, (column, title) in zip(panels(figure, len(PANELS)), PANELS, strict=True):
        axes.set_title(title)
        _map(axes, factors(chosen.runs, column))


def say(chosen: Chosen) -> str:
    """How often each design wins, over sizes and lengths of items."""
    parts = []
    for column, title in PANELS:
        found = factors(chosen.runs, column)["winner"].value_counts()
        won = listed([f"{design} at {found[design]}" for design in BOTH if design in found.index])
        close = f", too close to call at {found[CLOSE_CALL]}" if CLOSE_CALL in found.index else ""
        parts.append(f"{title.lower()}: {won or 'neither'}{close}")
    return f"Of all combinations of batch size and time per item, {'; '.join(parts)}."


def _one_target(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of the target that has most combinations of size and length with both designs."""
    cells = runs.groupby(["target", "items", "value_max_ms"])["design"].nunique() >= len(BOTH)
    number = cells.groupby("target").sum()
    best = next(target for target in TARGETS if number.get(target) == number.max())
    return runs[runs["target"] == best]


def factors(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Verdicts by items and mean milliseconds an item."""
    found = []
    for value_max_ms, own in runs.groupby("value_max_ms", sort=True):
        try:
            found.append(verdicts(own, column).assign(mean_ms=value_max_ms / 2))
        except NothingToShow:  # this length was run on one design only: its row stays blank
            continue
    if not found:
        raise NothingToShow("no two runs, one a design, have the same items, length and seed.")
    return pd.concat(found, ignore_index=True)


def _map(axes: Axes, found: pd.DataFrame) -> None:
    """The map: cells by rank of size and length, both on a scale of factors."""
    grid = found.pivot(index="mean_ms", columns="items", values="ratio")
    called = found.assign(ratio=found["ratio"].where(found["winner"] != CLOSE_CALL, 1.0))
    ratios = called.pivot(index="mean_ms", columns="items", values="ratio").to_numpy()
    strength = np.log(ratios) / np.log(FULL_FACTOR)
    ramp = [tint("sqs", STRONGEST), tint("sqs", 0.0), tint("sfn", STRONGEST)]
    colours = LinearSegmentedColormap.from_list("designs", ramp)
    axes.pcolormesh(strength, cmap=colours, vmin=-1, vmax=1, edgecolors=axes.get_facecolor(), lw=2)
    places = {name: {v: i + 0.5 for i, v in enumerate(axis)} for name, axis in _axes(grid)}
    for row in found.itertuples():
        axes.text(
            places["items"][row.items],
            places["mean_ms"][row.mean_ms],
            _told(row.ratio, row.winner),
            ha="center",
            va="center",
            fontsize=text_pt(0.68),
            linespacing=1.05,
        )
    axes.set_xticks(list(places["items"].values()), [short_count(v) for v in grid.columns])
    axes.set_yticks(list(places["mean_ms"].values()), [duration(v / 1000) for v in grid.index])
    axes.set_xlabel("items in the batch")
    axes.set_ylabel("mean time per item")
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _axes(grid: pd.DataFrame) -> list[tuple[str, pd.Index]]:
    return [("items", grid.columns), ("mean_ms", grid.index)]


def _told(ratio: float, winner: str) -> str:
    """A cell's text: who wins and by what factor."""
    if winner == CLOSE_CALL:
        return "="
    factor = max(ratio, 1 / ratio)
    return f"{winner}\n{factor:.{0 if factor >= 9.95 else 1 if factor >= 1.095 else 2}f}×"


CHART = Chart("who_wins", "Who wins, by batch size and by time per item?", select, draw, say)
