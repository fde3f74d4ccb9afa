"""How far is the model from what was measured, here and by others?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.agreement import COMPARED, model_and_local, with_errors
from analysis.axes import items_axis
from analysis.caption import ask, sign
from analysis.labels import Label, label_ends
from analysis.needs import NothingToShow, usable
from analysis.theme import DESIGN_MARKERS, colour, faint, ink, text_pt

QUESTION = "How far is the model from what was measured?"
SHOWN = (COMPARED["processed_s"], COMPARED["per_million_usd"])
LEAST_SPAN_PERCENT = 6.0  # of an axis of errors, to each side of zero


def model_agreement(runs: pd.DataFrame, agreement: pd.DataFrame, figure: Figure) -> Figure:
    """Errors in percent: the model against local by size, and against published measurements.

    `agreement` is the side table of that name; either part may be missing, not both.
    """
    chosen = usable(runs)
    ours, theirs = model_and_local(chosen.runs), with_errors(agreement)
    if ours.empty and theirs.empty:
        raise NothingToShow(
            "the model has nothing to be compared with: run both targets at the same items and "
            "seed, or `make agreement`."
        )
    ask(figure, QUESTION)
    notes = [
        "" if len(ours) else "no runs of model and local on the same items and seed",
        "grey: the goal" if len(theirs) else "published measurements were not replayed",
    ]
    sign(figure, chosen.only(chosen.runs[chosen.runs["target"] != "aws"]), *notes)
    quantities = [name for name in SHOWN if name in set(ours["quantity"])]
    heights = [1.0] * len(quantities) + ([max(1.5, len(theirs) / 6)] if len(theirs) else [])
    wide = figure.get_figwidth() > 1.3 * figure.get_figheight()
    shape = {"width_ratios": [1] * len(heights)} if wide else {"height_ratios": heights}
    rows, across = (1, len(heights)) if wide else (len(heights), 1)
    drawn = list(figure.subplots(rows, across, squeeze=False, **shape).flat)
    labels = {
        axes: _ours(axes, quantity, ours[ours["quantity"] == quantity])
        for axes, quantity in zip(drawn, quantities, strict=False)
    }
    if len(theirs):
        _theirs(drawn[-1], theirs)
    if labels:
        label_ends(labels)
    return figure


def _ours(axes: Axes, quantity: str, errors: pd.DataFrame) -> list[Label]:
    """Errors against the local target, a mark for each size."""
    labels = []
    for design, own in errors.groupby("design", sort=False):
        bars = [own["error"] - own["low"], own["high"] - own["error"]]
        marker = DESIGN_MARKERS.get(design, "D")
        axes.errorbar(own["items"], own["error"], yerr=bars, fmt=marker, color=colour(design))
        labels.append(Label(own["error"].iloc[-1], design, colour(design)))
    axes.axhline(0, color=faint(), lw=1)
    span = max(LEAST_SPAN_PERCENT, errors[["low", "high"]].abs().to_numpy().max() * 1.2)
    axes.set_ylim(-span, span)
    items_axis(axes, errors["items"].min(), errors["items"].max())
    axes.set_title(f"Model against local: {quantity}")
    axes.set_ylabel("error in percent")
    return labels


def _theirs(axes: Axes, errors: pd.DataFrame) -> None:
    """Errors against published measurements, a row each."""
    errors = errors.iloc[::-1].reset_index(drop=True)
    axes.barh(errors.index, 2 * errors["goal_percent"], left=-errors["goal_percent"], height=0.7,
              color=faint(), alpha=0.25)  # fmt: skip
    axes.plot(errors["error_percent"], errors.index, "D", color=ink(), markersize=text_pt(0.45))
    axes.axvline(0, color=faint(), lw=1)
    names = [f"{row.id} {row.quantity}" for row in errors.itertuples()]
    axes.set_yticks(errors.index, names, fontsize=text_pt(0.72))
    worst = max(errors["error_percent"].abs().max(), errors["goal_percent"].max())
    axes.set_xlim(-worst * 1.15, worst * 1.15)
    axes.set_title("Model against published measurements")
    axes.set_xlabel("error in percent")
    axes.grid(visible=False, axis="y")
