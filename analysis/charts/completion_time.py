"""How long until all items are done, and how late is it known?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import items_axis, panels, seconds_axis
from analysis.caption import reading, sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.lines import against_items, label_designs
from analysis.measures import by_size
from analysis.needs import Chosen, in_order, same_knobs, usable
from analysis.verdicts import compared_by_size
from analysis.words import duration_range, listed

PANELS = (
    ("processed_s", "All items done", "time since the trigger"),
    ("detection_lag_s", "Known to be done", "delay after the last item"),
)


def select(frames: Frames) -> Chosen:
    """The runs at one setting."""
    return same_knobs(usable(frames.runs))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Completion time and detection lag against items: dots measured, lines modelled."""
    frames = [by_size(chosen.runs, column) for column, _, _ in PANELS]
    sign(figure, chosen, reading(chosen.targets, *frames))
    sizes = dict(zip(panels(figure, len(PANELS)), frames, strict=True))
    for (axes, own), (_, title, unit) in zip(sizes.items(), PANELS, strict=True):
        axes.set_title(title)
        axes.set_ylabel(unit)
        _panel(axes, own)
    label_designs(sizes)
    figure.align_ylabels()


def say(chosen: Chosen) -> str:
    """Which design is done sooner at which size, and how late each is known to be."""
    lags = [
        f"{duration_range(own['middle'].min(), own['middle'].max())} with {design}"
        for design, own in in_order(by_size(chosen.runs, "detection_lag_s"))
    ]
    done = compared_by_size(chosen.runs, "processed_s", "sooner done", "soonest done")
    return f"{done} It is known {listed(lags)} after the last item."


def _panel(axes: Axes, sizes: pd.DataFrame) -> None:
    floor = sizes["middle"][sizes["middle"] > 0].min() if (sizes["middle"] > 0).any() else 0.01
    sizes[["low", "middle", "high"]] = sizes[["low", "middle", "high"]].clip(lower=floor / 2)
    items_axis(axes, sizes["items"].min(), sizes["items"].max())
    seconds_axis(axes, sizes["low"].min(), sizes["high"].max())
    against_items(axes, sizes)


CHART = Chart(
    "completion_time",
    "How long until all items are done, and how late do we know?",
    select,
    draw,
    say,
)
