"""How long until all items are done, and how late do we know?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import items_axis, panels, seconds_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import BESIDE, against_items, each_run, label_designs
from analysis.measures import by_size
from analysis.needs import Chosen, in_order, same_knobs, usable
from analysis.verdicts import compared_by_size
from analysis.words import duration_range, listed

DONE, KNOWN = "All items done", "Known to be done"
LEAST_S = 0.01  # a delay of nothing, on a logarithmic axis


def select(frames: Frames) -> Chosen:
    """The runs at one setting."""
    return same_knobs(usable(frames.runs))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Completion time against items as lines; the delay until it is known as a dot a run.

    When in the interval between two polls a batch ends is chance: a line through few runs would
    draw that as a trend.
    """
    runs, sizes = chosen.runs, by_size(chosen.runs, "processed_s")
    note = "below each dot is a run: where a batch ends between two polls is chance"
    sign(figure, chosen, reading(chosen.targets, sizes), note)
    done, known = panels(figure, 2)
    lags = runs.assign(lag_s=_drawn(runs["detection_lag_s"]))
    for axes, title, unit in (
        (done, DONE, "time since the trigger"),
        (known, KNOWN, "delay after the last item"),
    ):
        axes.set_title(title)
        axes.set_ylabel(unit)
        items_axis(axes, runs["items"].min() / BESIDE, runs["items"].max() * BESIDE)
    seconds_axis(done, sizes["low"].min(), sizes["high"].max())
    seconds_axis(known, lags["lag_s"].min(), lags["lag_s"].max())
    against_items(done, sizes)
    each_run(known, lags, "lag_s")
    middles = lags.groupby("design", as_index=False)["lag_s"].median().assign(items=1)
    label_designs({done: sizes})
    label_designs({known: middles}, "lag_s")
    figure.align_ylabels()


def say(chosen: Chosen) -> str:
    """Which design is done sooner at which size, and how late each is known to be."""
    lags = [
        f"{duration_range(lag_s.min(), lag_s.max())} with {design}"
        for design, lag_s in ((name, own["detection_lag_s"]) for name, own in in_order(chosen.runs))
    ]
    done = compared_by_size(chosen.runs, "processed_s", "sooner done", "soonest done")
    return f"{done} Known {listed(lags)} after the last item."


def _drawn(times_s: pd.Series) -> pd.Series:
    """The times as a logarithmic axis can show them: nothing is half the least there is."""
    least_s = times_s[times_s > 0].min() if (times_s > 0).any() else LEAST_S
    return times_s.clip(lower=least_s / 2)
