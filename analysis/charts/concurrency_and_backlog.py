"""How does a batch ramp up and drain?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels, time_axis
from analysis.caption import ask, sign
from analysis.needs import NothingToShow, usable
from analysis.placing import name_lines
from analysis.theme import TARGET_LINES, colour
from analysis.words import count, duration, short_count

QUESTION = "How does a batch ramp up and drain?"
PANELS = (
    ("concurrency", "Working at a time", "processor invocations"),
    ("backlog", "Waiting", "items"),
)


def concurrency_and_backlog(runs: pd.DataFrame, timelines: pd.DataFrame, figure: Figure) -> Figure:
    """Concurrency and backlog over time of one batch on both designs.

    `runs` is `measures.story_pair`; `timelines` has their samples (`measures.timelines_frame`).
    """
    chosen = usable(runs)
    samples = timelines[timelines["run_id"].isin(chosen.runs["run_id"])]
    if samples[samples["metric"].isin(["concurrency", "backlog"])].empty:
        raise NothingToShow("these runs keep no concurrency over time. Run them again.")
    ask(figure, QUESTION)
    items, target = int(chosen.runs["items"].iloc[0]), chosen.targets[0]
    ends = ", ".join(
        f"{run.design} after {duration(run.detected_s)}" for run in chosen.runs.itertuples()
    )
    sign(figure, chosen, f"{target}: the same {count(items)} items; known to be done: {ends}")
    for axes, (metric, title, unit) in zip(panels(figure, len(PANELS)), PANELS, strict=True):
        axes.set_title(title)
        axes.set_ylabel(unit)
        _panel(axes, samples[samples["metric"] == metric])
        time_axis(axes, chosen.runs["detected_s"].max())
    name_lines(figure.axes)
    figure.align_ylabels()
    return figure


def _panel(axes: Axes, samples: pd.DataFrame) -> None:
    """One line a design; a sample holds until the next one."""
    for (design, target), own in samples.groupby(["design", "target"], sort=False):
        own = own.sort_values("t_s", kind="stable")
        axes.step(
            own["t_s"],
            own["value"],
            where="post",
            color=colour(design),
            linestyle=TARGET_LINES[target],
            label=design,
        )
    axes.set_ylim(0, max(1.0, samples["value"].max()) * 1.15)
    axes.yaxis.set_major_formatter(lambda value, _: short_count(value))
