"""How does a batch ramp up and drain?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import panels, time_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import counts_axis, over_time
from analysis.needs import Chosen, NothingToShow, usable
from analysis.placing import name_lines
from analysis.theme import colour
from analysis.words import count, duration

KNOWN = (0, (1, 1.5))  # dotted
PANELS = (
    ("concurrency", "Working at a time", "processor invocations"),
    ("left", "Not yet done", "items"),
)


def select(frames: Frames) -> Chosen:
    """One batch on every design, with its samples over time."""
    chosen = usable(frames.batch).beside(frames.batch_timelines)
    for run_id in chosen.run_ids:
        own = chosen.table[chosen.table["run_id"] == run_id]
        if not {"concurrency", "items_done"} <= set(own["metric"]):
            raise NothingToShow(f"{run_id} keeps no concurrency over time. Run it again.")
    return chosen.beside(pd.concat([chosen.table, _left(chosen)], ignore_index=True))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Concurrency, and what is left of the batch, over time; a dotted line where it is known.

    Not what waits in the queue: that counts messages, and in a map run items that no child has.
    """
    samples = chosen.table
    ends = ", ".join(
        f"{run.design} after {duration(run.detected_s)}" for run in chosen.runs.itertuples()
    )
    about = f"{chosen.targets[0]}: the same {count(chosen.items)} items"
    sign(figure, chosen, about, f"dotted: known to be done, {ends}")
    for axes, (metric, title, unit) in zip(panels(figure, len(PANELS)), PANELS, strict=True):
        axes.set_title(title)
        shown = samples[samples["metric"] == metric]
        for (design, target), own in shown.groupby(["design", "target"], sort=False):
            over_time(axes, own.sort_values("t_s", kind="stable"), design, target, design)
        for run in chosen.runs.itertuples():
            axes.axvline(run.detected_s, color=colour(run.design), linestyle=KNOWN, linewidth=1.4)
        counts_axis(axes, shown["value"].max(), unit)
        time_axis(axes, chosen.runs["detected_s"].max())
    name_lines(figure.axes)
    figure.align_ylabels()


def _left(chosen: Chosen) -> pd.DataFrame:
    """What was not done or failed yet, as samples of a metric of its own."""
    done = chosen.table[chosen.table["metric"] == "items_done"]
    start = done.drop_duplicates("run_id").assign(t_s=0.0, value=0.0)
    both = pd.concat([start, done], ignore_index=True)
    return both.assign(metric="left", value=chosen.items - both["value"])


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
