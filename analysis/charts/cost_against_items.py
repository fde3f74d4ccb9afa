"""What does a batch cost, and where do the designs change places?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
from analysis.measures import by_size
from analysis.needs import Chosen, NothingToShow, same_knobs, usable
from analysis.theme import faint, ink, text_pt
from analysis.verdicts import compared_by_size, verdicts
from analysis.words import count, listed

PANELS = (
    ("batch_usd", "One batch", "dollars a batch"),
    ("per_million_usd", "Per million items", "dollars per million items"),
)


def select(frames: Frames) -> Chosen:
    """The runs at one setting, at one price date."""
    return same_knobs(usable(frames.runs, in_dollars=True))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars against items, a batch and a million items, with each crossover marked."""
    level, note = _crossovers(chosen.runs)
    parts = [(title, unit, by_size(chosen.runs, column)) for column, title, unit in PANELS]
    sign(figure, chosen, reading(chosen.targets, *(sizes for *_, sizes in parts)), note)
    one_batch, per_million = panels_by_items(figure, parts, dollars_axis)
    _mark(one_batch, level, 0.9)  # clear of lines that rise, and of those that fall
    _mark(per_million, level, 0.02)


def say(chosen: Chosen) -> str:
    """Which design costs less at which size."""
    return compared_by_size(chosen.runs, "batch_usd", "cheaper", "cheapest")


def _crossovers(runs: pd.DataFrame) -> tuple[list[float], str]:
    """Where two designs cost the same and none less, and what to say if none ever do."""
    try:
        found = verdicts(runs, "batch_usd")
    except NothingToShow:
        return [], "no crossover can be known from one design"
    among = "" if found.alone else f"of {listed(list(found.designs))} "
    if level := found.crossings():
        return level, f"dashed: {among}the two cheapest cost the same"
    best = {zone.best for zone in found.zones()}
    clear = [names[0] for names in best if len(names) == 1]
    if not clear:
        return [], "too close to call"
    where = "throughout" if len(best) == 1 else "wherever a verdict can be given"
    return [], f"no crossover: {among}{clear[0]} costs least {where}"


def _mark(axes: Axes, level: list[float], height: float) -> None:
    """A dashed upright line where the two cheapest cost the same, with its number of items."""
    for items in level:
        axes.axvline(items, color=faint(), linestyle=(0, (2, 2)), linewidth=1.2, zorder=1)
        axes.annotate(
            f"{count(items)} items",
            (items, height),
            (4, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=text_pt(0.8),
            color=ink(),
        )
