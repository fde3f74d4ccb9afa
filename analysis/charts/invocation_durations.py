"""How long does an invocation of the processor take, cold starts apart?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels, seconds_axis
from analysis.caption import ask, sign
from analysis.measures import common_size
from analysis.needs import columns, same_knobs, usable
from analysis.placing import name_lines
from analysis.theme import DESIGN_MARKERS, TARGET_LINES, colour
from analysis.words import count

QUESTION = "How long does an invocation of the processor take?"
LARGE = 1_000_000_000  # the size shown is the largest that has its invocations kept


def invocation_durations(runs: pd.DataFrame, invocations: pd.DataFrame, figure: Figure) -> Figure:
    """The share of invocations that took at most so long: warm ones, and cold ones with init.

    `invocations` is `measures.invocations_frame`.
    """
    advice = "Runs on the local target keep it."
    columns(invocations, "table of invocations", advice, "run_id", "duration_ms", "init_ms", "cold")
    kept = runs[runs["run_id"].isin(invocations["run_id"])]
    chosen = same_knobs(usable(kept))
    items = common_size(chosen.runs, LARGE)
    chosen = chosen.only(chosen.runs[chosen.runs["items"] == items])
    own = invocations[invocations["run_id"].isin(chosen.runs["run_id"])]
    ask(figure, QUESTION)
    target = ", ".join(chosen.targets)
    sign(
        figure,
        chosen,
        f"{target}: batches of {count(items)} items; dots mark the median; numbers: invocations",
    )
    seconds = own.assign(total_s=(own["init_ms"] + own["duration_ms"]) / 1000)
    kinds = {"Warm": seconds[~seconds["cold"]], "Cold, with its init": seconds[seconds["cold"]]}
    kinds = {title: part for title, part in kinds.items() if len(part)}
    drawn = panels(figure, len(kinds))
    for axes, (title, part) in zip(drawn, kinds.items(), strict=True):
        axes.set_title(title)
        _panel(axes, part, seconds["total_s"])
    name_lines(drawn, near=0.75)
    return figure


def _panel(axes: Axes, part: pd.DataFrame, every: pd.Series) -> None:
    """One curve a design, with its median marked and told."""
    for (design, target), own in part.groupby(["design", "target"], sort=False):
        ordered = np.sort(own["total_s"].to_numpy())
        share = np.arange(1, len(ordered) + 1) / len(ordered) * 100
        middle = float(np.median(ordered))
        axes.plot(
            np.concatenate([[ordered[0]], ordered]),
            np.concatenate([[0], share]),
            drawstyle="steps-post",
            color=colour(design),
            linestyle=TARGET_LINES[target],
            label=f"{design}, {len(ordered):,}",
        )
        axes.plot(middle, 50, DESIGN_MARKERS.get(design, "D"), color=colour(design), zorder=3)
    seconds_axis(axes, every.min(), every.max(), which="x")
    axes.set_ylim(0, 104)
    axes.set_ylabel("percent of invocations")
    axes.set_xlabel("took at most")
