"""How did these runs go? Invocations at work over time, of the runs that the reader picked."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import time_axis
from analysis.caption import ask, sign
from analysis.needs import NothingToShow, usable
from analysis.placing import name_lines
from analysis.theme import TARGET_LINES, colour
from analysis.words import short_count

QUESTION = "How did these runs go?"
MOST = 6  # more lines than that cannot be told apart


def picked_runs(runs: pd.DataFrame, timelines: pd.DataFrame, figure: Figure) -> Figure:
    """One line a run: colour is the design, line style the target; numbered as in their table."""
    if len(runs) > MOST:
        raise NothingToShow(f"{len(runs)} runs are picked; {MOST} can be told apart. Pick fewer.")
    chosen = usable(runs)
    samples = timelines[timelines["metric"] == "concurrency"]
    samples = samples[samples["run_id"].isin(chosen.runs["run_id"])]
    if samples.empty:
        raise NothingToShow("these runs keep no concurrency over time. Run them again.")
    ask(figure, QUESTION)
    sign(figure, chosen, "numbers as in the table")
    axes = figure.subplots()
    for number, run in enumerate(runs.itertuples(), start=1):
        own = samples[samples["run_id"] == run.run_id]
        _line(axes, own, run, f"{number} {run.design}")
    axes.set_ylim(0, max(1.0, samples["value"].max()) * 1.2)
    axes.yaxis.set_major_formatter(lambda value, _: short_count(value))
    axes.set_ylabel("processor invocations at work")
    time_axis(axes, chosen.runs["detected_s"].max())
    name_lines([axes])
    return figure


def _line(axes: Axes, samples: pd.DataFrame, run: tuple, name: str) -> None:
    if samples.empty:
        return
    axes.plot(
        samples["t_s"],
        samples["value"],
        drawstyle="steps-post",
        color=colour(run.design),
        linestyle=TARGET_LINES[run.target],
        label=name,
    )
