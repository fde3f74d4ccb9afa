"""How long until all items are done, and how late is it known?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import items_axis, panels, seconds_axis
from analysis.caption import ask, reading, sign
from analysis.lines import against_items, label_designs
from analysis.measures import by_size
from analysis.needs import same_knobs, usable

QUESTION = "How long until all items are done, and how late do we know?"


def completion_time(runs: pd.DataFrame, figure: Figure) -> Figure:
    """Completion time and detection lag against items: dots measured, lines with a band modelled.

    `runs` is `measures.runs_with_knobs`, or plain `records.runs_frame`.
    """
    chosen = same_knobs(usable(runs))
    ask(figure, QUESTION)
    sign(figure, chosen, reading(chosen.targets))
    top, bottom = panels(figure, 2)
    top.set_title("All items done")
    top.set_ylabel("time since the trigger")
    bottom.set_title("Known to be done")
    bottom.set_ylabel("delay after the last item")
    sizes = {
        top: by_size(chosen.runs, "processed_s"),
        bottom: by_size(chosen.runs, "detection_lag_s"),
    }
    for axes, own in sizes.items():
        _panel(axes, own)
    label_designs(sizes)
    figure.align_ylabels()
    return figure


def _panel(axes: Axes, sizes: pd.DataFrame) -> None:
    floor = sizes["middle"][sizes["middle"] > 0].min() if (sizes["middle"] > 0).any() else 0.01
    sizes[["low", "middle", "high"]] = sizes[["low", "middle", "high"]].clip(lower=floor / 2)
    items_axis(axes, sizes["items"].min(), sizes["items"].max())
    seconds_axis(axes, sizes["low"].min(), sizes["high"].max())
    against_items(axes, sizes)
