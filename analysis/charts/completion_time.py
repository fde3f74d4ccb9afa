"""How long until all items are done, and how late do we know?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import seconds_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
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
    parts = [(title, unit, _drawn(by_size(chosen.runs, column))) for column, title, unit in PANELS]
    sign(figure, chosen, reading(chosen.targets, *(sizes for *_, sizes in parts)))
    panels_by_items(figure, parts, seconds_axis)


def say(chosen: Chosen) -> str:
    """Which design is done sooner at which size, and how late each is known to be."""
    lags = [
        f"{duration_range(own['middle'].min(), own['middle'].max())} with {design}"
        for design, own in in_order(by_size(chosen.runs, "detection_lag_s"))
    ]
    done = compared_by_size(chosen.runs, "processed_s", "sooner done", "soonest done")
    return f"{done} It is known {listed(lags)} after the last item."


def _drawn(sizes: pd.DataFrame) -> pd.DataFrame:
    """The times as a logarithmic axis can show them: nothing is half the least there is."""
    least = sizes["middle"][sizes["middle"] > 0].min() if (sizes["middle"] > 0).any() else 0.01
    times = ["low", "middle", "high"]
    return sizes.assign(**sizes[times].clip(lower=least / 2))
