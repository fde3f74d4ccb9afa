"""What does a batch cost by its size, and where do the designs change places?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, items_axis, panels
from analysis.caption import reading, sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.lines import against_items, label_designs
from analysis.measures import by_size
from analysis.needs import Chosen, NothingToShow, same_knobs, usable
from analysis.sentences import among, compared_by_size
from analysis.theme import faint, ink, text_pt
from analysis.verdicts import CLOSE_CALL, crossings, verdicts, zones
from analysis.words import count

PANELS = (
    ("batch_usd", "One batch", "dollars a batch"),
    ("per_million_usd", "Per million items", "dollars per million items"),
)


def select(frames: Frames) -> Chosen:
    """The runs at one setting, at one price date."""
    return same_knobs(usable(frames.runs, in_dollars=True))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars against items, a batch and a million items, with the crossover marked."""
    level, note = _crossovers(chosen.runs)
    frames = [by_size(chosen.runs, column) for column, _, _ in PANELS]
    sign(figure, chosen, reading(chosen.targets, *frames), note)
    sizes = dict(zip(panels(figure, len(PANELS)), frames, strict=True))
    for (axes, own), (_, title, unit) in zip(sizes.items(), PANELS, strict=True):
        axes.set_title(title)
        axes.set_ylabel(unit)
        items_axis(axes, own["items"].min(), own["items"].max())
        dollars_axis(axes, own["low"].min(), own["high"].max())
        against_items(axes, own)
        _mark(axes, level)
    label_designs(sizes)
    figure.align_ylabels()


def say(chosen: Chosen) -> str:
    """Which design costs less at which size."""
    return compared_by_size(chosen.runs, "batch_usd", "cheaper")


def _crossovers(runs: pd.DataFrame) -> tuple[list[float], str]:
    """Where the designs cost the same, and what to say if they never do."""
    try:
        found = verdicts(runs, "batch_usd")
    except NothingToShow:
        return [], "no crossover can be told from one design"
    level = crossings(found)
    if level:
        return level, f"{among(runs)}dashed: both cost the same"
    winners = {zone.winner for zone in zones(found)}
    best = winners - {CLOSE_CALL}
    if not best:
        return [], "too close to call"
    where = "throughout" if len(winners) == 1 else "wherever it can be told"
    return [], f"{among(runs)}no crossover: {best.pop()} is cheaper {where}"


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


CHART = Chart(
    "cost_against_items",
    "What does a batch cost, and where do the designs change places?",
    select,
    draw,
    say,
)
