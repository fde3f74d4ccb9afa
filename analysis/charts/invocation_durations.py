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
from analysis.theme import TARGET_LINES, colour, ink, marker
from analysis.verdicts import NUMBERS
from analysis.words import count, duration, listed, percent

ALIKE = 0.03  # two curves this near, as a share, are one to the eye
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
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


def find(chosen: Chosen) -> str:
    """How long an invocation takes in the median, over the designs."""
    middles = {design: own["total_s"].median() for design, own in in_order(chosen.table)}
    least, most = min(middles, key=middles.get), max(middles, key=middles.get)
    if middles[most] <= middles[least] * (1 + ALIKE):
        whose = f", whichever of {NUMBERS.get(len(middles), len(middles))} designs"
        return f"An invocation takes {duration(middles[least])} in the median{whose}"
    ends = f"{duration(middles[least])} with {least}, {duration(middles[most])} with {most}"
    return f"An invocation takes {ends} in the median"


def draw(chosen: Chosen, figure: Figure) -> None:
    """The share of invocations that took at most so long: warm ones, and cold ones with init.

    Designs whose curves are one to the eye have one.
    """
    about = f"batches of {count(chosen.items)} items"
    sign(figure, chosen, f"{about}; a dot marks the median, a number is how many invocations")
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


def alike(part: pd.DataFrame) -> list[list[str]]:
    """The designs, those together whose times are the same within `ALIKE` at every quantile."""
    times = {design: own["total_s"].quantile(QUANTILES) for design, own in in_order(part)}
    groups: list[list[str]] = []
    for design, own in times.items():
        near = (g for g in groups if (own / times[g[0]] - 1).abs().max() <= ALIKE)
        if group := next(near, None):
            group.append(design)
        else:
            groups.append([design])
    return groups


def _whose(group: list[str], part: pd.DataFrame) -> str:
    """The designs of a curve, in few words if they are all there are."""
    number = part["design"].nunique()
    whole = len(group) == number and number in NUMBERS
    return f"all {NUMBERS[number]} designs" if whole else listed(group)


def _panel(axes: Axes, part: pd.DataFrame, every: pd.Series) -> None:
    """One curve a design, or for several that are alike, with its median marked and named."""
    for group in alike(part):
        own = part[part["design"].isin(group)]
        ordered = np.sort(own["total_s"].to_numpy())
        share = np.arange(1, len(ordered) + 1) / len(ordered) * 100
        shade = colour(group[0]) if len(group) == 1 else ink()
        axes.plot(
            np.concatenate([[ordered[0]], ordered]),
            np.concatenate([[0], share]),
            drawstyle="steps-post",
            color=shade,
            linestyle=TARGET_LINES[own["target"].iloc[0]],
            label=f"{_whose(group, part)}, {len(ordered):,}",
        )
        shape = marker(group[0]) if len(group) == 1 else "o"
        axes.plot(float(np.median(ordered)), 50, shape, color=shade, zorder=3)
    seconds_axis(axes, every.min(), every.max(), which="x")
    axes.set_ylim(0, 104)
    axes.set_ylabel("percent of invocations")
    axes.set_xlabel("took at most")
