"""How long until all items are done, and how late do we know?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import seconds_axis, times_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
from analysis.measures import by_size, over_best
from analysis.needs import Chosen, in_order, same_knobs, usable
from analysis.theme import colour, marker, text_pt
from analysis.verdicts import compared_by_size, found_by_size
from analysis.words import duration_range, listed

HEIGHT_IN = 7.6  # of the panels together
WORDS = ("sooner done", "soonest done")
LEAST_S = 0.01  # a delay of nothing, on a logarithmic axis
PALE = 0.3  # of a run's dot
ABOVE = 0.34  # of a row: its words, above its dots


def select(frames: Frames) -> Chosen:
    """The runs at one setting."""
    return same_knobs(usable(frames.runs))


def find(chosen: Chosen) -> str:
    """Which design is clearly done first, and where."""
    return found_by_size(chosen.runs, "processed_s", *WORDS)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Time against items, as multiples of the soonest too; below, how late it was known.

    Where a batch ends between two looks is chance, so the delays of all runs of a design are one
    row of dots, and no line against items, which would draw that chance as a trend.
    """
    sizes = by_size(chosen.runs, "processed_s")
    parts = [
        ("All items done", "time since the trigger", sizes, seconds_axis),
        ("Against the soonest", "times the soonest", over_best(sizes), times_axis),
    ]
    sign(figure, chosen, f"{reading(chosen.targets, sizes)}; at the bottom a dot is a run")
    panels_by_items(figure, parts, below=lambda axes: _delays(axes, chosen.runs))


def say(chosen: Chosen) -> str:
    """Which design is done sooner at which size, and how late each is known to be."""
    lags = [f"{_spread(own)} with {design}" for design, own in in_order(chosen.runs)]
    done = compared_by_size(chosen.runs, "processed_s", *WORDS)
    return f"{done} Known {listed(lags)} after the last item."


def _spread(own: pd.DataFrame) -> str:
    """From the least delay of a design's runs to the greatest."""
    return duration_range(own["detection_lag_s"].min(), own["detection_lag_s"].max())


def _delays(axes: Axes, runs: pd.DataFrame) -> None:
    """A row a design: a dot for the delay of each run, of whatever size, and the range in words."""
    lags = _drawn(runs["detection_lag_s"])
    axes.set_title("Known after the last item, runs of all sizes")
    seconds_axis(axes, lags.min(), lags.max(), which="x")
    rows = list(in_order(runs))
    for row, (design, own) in enumerate(rows):
        axes.plot(
            lags[own.index],
            [row] * len(own),
            marker(design),
            color=colour(design),
            alpha=PALE,
            markeredgewidth=0,
            label=f"{design} delays",
        )
        axes.annotate(
            _spread(own),
            (lags[own.index].median(), row - ABOVE),
            ha="center",
            va="center",
            color=colour(design),
            fontsize=text_pt(0.85),
            fontweight="bold",
        )
    axes.set_yticks(range(len(rows)), [design for design, _ in rows])
    axes.set_ylim(len(rows) - 0.6, -0.8)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")
    axes.set_xlabel("delay after the last item")


def _drawn(times_s: pd.Series) -> pd.Series:
    """The times as a logarithmic axis can show them: nothing is half the least there is."""
    least_s = times_s[times_s > 0].min() if (times_s > 0).any() else LEAST_S
    return times_s.clip(lower=least_s / 2)
