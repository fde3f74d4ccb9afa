"""How does a batch ramp up and drain?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels, time_axis
from analysis.caption import sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow, usable
from analysis.placing import name_lines
from analysis.theme import TARGET_LINES, colour
from analysis.words import count, duration, short_count

PANELS = (
    ("concurrency", "Working at a time", "processor invocations"),
    ("backlog", "Waiting", "items"),
)


def select(frames: Frames) -> Chosen:
    """One batch on every design, with its samples over time."""
    chosen = usable(frames.batch).beside(frames.batch_timelines)
    for run_id in chosen.run_ids:
        own = chosen.table[chosen.table["run_id"] == run_id]
        if not {"concurrency", "backlog"} <= set(own["metric"]):
            raise NothingToShow(f"{run_id} keeps no concurrency over time. Run it again.")
    return chosen


def draw(chosen: Chosen, figure: Figure) -> None:
    """Concurrency and backlog over time."""
    samples = chosen.table
    ends = ", ".join(
        f"{run.design} after {duration(run.detected_s)}" for run in chosen.runs.itertuples()
    )
    about = f"{chosen.targets[0]}: the same {count(chosen.items)} items; known to be done: {ends}"
    sign(figure, chosen, about)
    for axes, (metric, title, unit) in zip(panels(figure, len(PANELS)), PANELS, strict=True):
        axes.set_title(title)
        axes.set_ylabel(unit)
        _panel(axes, samples[samples["metric"] == metric])
        time_axis(axes, chosen.runs["detected_s"].max())
    name_lines(figure.axes)
    figure.align_ylabels()


def say(chosen: Chosen) -> str:
    """When each design reaches its peak, and when it is known to be done."""
    samples = chosen.table[chosen.table["metric"] == "concurrency"]
    parts = []
    for run in chosen.runs.itertuples():
        own = samples[samples["run_id"] == run.run_id]
        top = own.loc[own["value"].idxmax()]
        parts.append(
            f"{run.design} peaks at {top['value']:,.0f} invocations after {duration(top['t_s'])} "
            f"and is known to be done after {duration(run.detected_s)}"
        )
    return f"Of the same {count(chosen.items)} items, {'; '.join(parts)}."


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


CHART = Chart("concurrency_and_backlog", "How does a batch ramp up and drain?", select, draw, say)
