"""What the model makes of the knobs just now: invocations over time, and dollars by purpose."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import time_axis
from analysis.bars import bars, dollar_rows
from analysis.measures import usd_per_million
from analysis.placing import name_lines
from analysis.theme import colour
from analysis.words import dollars, short_count
from workbench.runs.records import LABELS, RunData

# Fixed places, in shares of the figure: laying it out each time would double the time to draw.
TIME_PLACE = (0.08, 0.16, 0.46, 0.74)
DOLLAR_PLACE = (0.63, 0.16, 0.36, 0.74)


def live_view(folders: Sequence[RunData], figure: Figure) -> Figure:
    """Draw runs that have just been simulated, one a design, beside each other."""
    figure.set_layout_engine(None)
    time, usd = figure.add_axes(TIME_PLACE), figure.add_axes(DOLLAR_PLACE)
    _invocations(time, folders)
    _dollars(usd, folders)
    name_lines([time])
    return figure


def _invocations(axes: Axes, folders: Sequence[RunData]) -> None:
    """Invocations at work over time, and a mark where completion is known."""
    for folder in folders:
        own = folder.timeline[folder.timeline["metric"] == "concurrency"]
        shade = colour(folder.run.design)
        name = folder.run.design
        axes.plot(own["t_s"], own["value"], drawstyle="steps-post", color=shade, label=name)
        axes.axvline(folder.run.detected_s, color=shade, linestyle=(0, (2, 2)), label="_known")
    axes.set_title("At work; dashed: known to be done")
    axes.set_ylabel("processor invocations")
    axes.set_ylim(0, max(folder.run.peak_concurrency for folder in folders) * 1.2 + 1)
    axes.yaxis.set_major_formatter(lambda value, _: short_count(value))
    time_axis(axes, max(folder.run.detected_s or 1.0 for folder in folders))


def _dollars(axes: Axes, folders: Sequence[RunData]) -> None:
    """Dollars per million items by purpose, a bar a design."""
    lines = [
        folder.bill.assign(
            run_id=folder.run.run_id, design=folder.run.design, items=folder.run.items
        )
        for folder in folders
    ]
    sums = usd_per_million(pd.concat(lines, ignore_index=True), "label")
    rows = dollar_rows(sums, "label", [x for x in LABELS if x in set(sums["label"])])
    bars(axes, rows[[folder.run.design for folder in folders]], dollars)
    axes.set_title("Dollars per million items")
    axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
