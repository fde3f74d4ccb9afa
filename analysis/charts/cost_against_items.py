"""What does a batch cost by its size, and where do the designs change places?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, items_axis, panels
from analysis.caption import ask, reading, sign
from analysis.lines import against_items, label_designs
from analysis.measures import by_size
from analysis.needs import NothingToShow, same_knobs, usable
from analysis.theme import faint, ink, text_pt
from analysis.verdicts import CLOSE_CALL, crossings, verdicts, zones
from analysis.words import count

QUESTION = "What does a batch cost, and where do the designs change places?"


def cost_against_items(runs: pd.DataFrame, figure: Figure) -> Figure:
    """Dollars against items, a batch and a million items, with the crossover marked.

    `runs` has `batch_usd` and `per_million_usd` (`measures.with_batch_usd`).
    """
    chosen = same_knobs(usable(runs, in_dollars=True))
    ask(figure, QUESTION)
    level, note = _crossovers(chosen.runs)
    sign(figure, chosen, reading(chosen.targets), note)
    top, bottom = panels(figure, 2)
    top.set_title("One batch")
    top.set_ylabel("dollars a batch")
    bottom.set_title("Per million items")
    bottom.set_ylabel("dollars per million items")
    sizes = {
        top: by_size(chosen.runs, "batch_usd"),
        bottom: by_size(chosen.runs, "per_million_usd"),
    }
    for axes, own in sizes.items():
        items_axis(axes, own["items"].min(), own["items"].max())
        dollars_axis(axes, own["low"].min(), own["high"].max())
        against_items(axes, own)
        _mark(axes, level)
    label_designs(sizes)
    figure.align_ylabels()
    return figure


def _crossovers(runs: pd.DataFrame) -> tuple[list[float], str]:
    """Where the designs cost the same, and what to say if they never do."""
    try:
        found = verdicts(runs, "batch_usd")
    except NothingToShow:
        return [], "no crossover can be told from one design"
    level = crossings(found)
    if level:
        return level, "dashed: both cost the same"
    best = {zone.winner for zone in zones(found)} - {CLOSE_CALL}
    return [], f"no crossover: {best.pop()} is cheaper throughout" if best else "too close to call"


def _mark(axes: Axes, level: list[float]) -> None:
    """A dashed upright line where both cost the same, with its number of items."""
    for items in level:
        axes.axvline(items, color=faint(), linestyle=(0, (2, 2)), linewidth=1.2, zorder=1)
        axes.annotate(
            f"{count(items)} items",
            (items, 0.02),
            (4, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=text_pt(0.8),
            color=ink(),
        )
