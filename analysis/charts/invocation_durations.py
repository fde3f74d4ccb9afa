"""How long does an invocation of the processor take?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels, seconds_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.measures import common_size
from analysis.needs import Chosen, NothingToShow, in_order, same_knobs, usable
from analysis.placing import name_lines
from analysis.theme import TARGET_LINES, colour, marker
from analysis.words import count, duration, listed, percent

THIN_PT = 1.6  # of the curve on top
LARGE = 1_000_000_000  # the size shown is the largest that has its invocations kept


def select(frames: Frames) -> Chosen:
    """The largest batches that have their invocations kept, with those; each took `total_s`."""
    calls = frames.invocations
    if calls.empty:
        raise NothingToShow("no run has kept its invocations. Runs on the local target keep them.")
    kept = frames.runs[frames.runs["run_id"].isin(calls["run_id"])]
    chosen = same_knobs(usable(kept))
    items = common_size(chosen.runs, LARGE)
    chosen = chosen.only(chosen.runs[chosen.runs["items"] == items])
    return chosen.beside(calls.assign(total_s=(calls["init_ms"] + calls["duration_ms"]) / 1000))


def draw(chosen: Chosen, figure: Figure) -> None:
    """The share of invocations that took at most so long: warm ones, and cold ones with init."""
    sign(
        figure,
        chosen,
        f"{', '.join(chosen.targets)}: batches of {count(chosen.items)} items; dots mark the "
        "median; numbers: invocations",
    )
    kinds = _kinds(chosen.table)
    drawn = panels(figure, len(kinds))
    for axes, (title, part) in zip(drawn, kinds.items(), strict=True):
        axes.set_title(title)
        _panel(axes, part, chosen.table["total_s"])
    name_lines(drawn, near=0.75)


def say(chosen: Chosen) -> str:
    """How long warm and cold invocations take, and how many there are of each."""
    parts = []
    for design, own in in_order(chosen.table):
        kinds = [
            f"{title.lower()} {duration(part['total_s'].median())} "
            f"({duration(part['total_s'].quantile(0.99))}), {percent(len(part) / len(own))}"
            for title, part in _kinds(own).items()
        ]
        parts.append(f"of the {len(own):,} of {design} {listed(kinds)}")
    head = f"In batches of {count(chosen.items)} items an invocation takes in the median"
    return f"{head} (99th percentile): {'; '.join(parts)}."


def _kinds(calls: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Warm and cold invocations apart, those that there are."""
    kinds = {"Warm": calls[~calls["cold"]], "Cold, with its init": calls[calls["cold"]]}
    return {title: part for title, part in kinds.items() if len(part)}


def _panel(axes: Axes, part: pd.DataFrame, every: pd.Series) -> None:
    """One curve a design, with its median marked and named."""
    curves = part.groupby(["design", "target"], sort=False)
    for rank, ((design, target), own) in enumerate(curves):
        ordered = np.sort(own["total_s"].to_numpy())
        share = np.arange(1, len(ordered) + 1) / len(ordered) * 100
        middle = float(np.median(ordered))
        axes.plot(
            np.concatenate([[ordered[0]], ordered]),
            np.concatenate([[0], share]),
            drawstyle="steps-post",
            color=colour(design),
            linestyle=TARGET_LINES[target],
            linewidth=THIN_PT * (curves.ngroups - rank),  # none hides another that it equals
            label=f"{design}, {len(ordered):,}",
        )
        axes.plot(middle, 50, marker(design), color=colour(design), zorder=3)
    seconds_axis(axes, every.min(), every.max(), which="x")
    axes.set_ylim(0, 104)
    axes.set_ylabel("percent of invocations")
    axes.set_xlabel("took at most")
