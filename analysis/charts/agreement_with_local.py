"""How far is the model from the local target, which runs the very handlers?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.agreement import COMPARED, model_and_local
from analysis.axes import items_axis, panels
from analysis.caption import ask, sign
from analysis.labels import Label, label_ends
from analysis.needs import NothingToShow, in_order, usable
from analysis.theme import DESIGN_MARKERS, colour, faint

QUESTION = "How far is the model from the handlers on the local target?"
SHOWN = (COMPARED["processed_s"], COMPARED["per_million_usd"])
LEAST_SPAN_PERCENT = 6.0  # of an axis of errors, to each side of zero


def agreement_with_local(runs: pd.DataFrame, figure: Figure) -> Figure:
    """Errors of the model in percent by size: same items, seed and knobs on both targets."""
    chosen = usable(runs)
    errors = model_and_local(chosen.runs)
    errors = errors[errors["quantity"].isin(SHOWN)]
    if errors.empty:
        raise NothingToShow(
            "no run of the model has one on local to be compared with. "
            "Run both targets with the same items, seed and knobs."
        )
    ask(figure, QUESTION)
    compared = {run_id for pair in errors["run_ids"] for run_id in pair}
    chosen = chosen.only(chosen.runs[chosen.runs["run_id"].isin(compared)])
    sign(figure, chosen, "above zero the model says more than the local target; bars: extremes")
    quantities = [name for name in SHOWN if name in set(errors["quantity"])]
    labels = {
        axes: _panel(axes, quantity, errors[errors["quantity"] == quantity])
        for axes, quantity in zip(panels(figure, len(quantities)), quantities, strict=True)
    }
    label_ends(labels)
    return figure


def _panel(axes: Axes, quantity: str, errors: pd.DataFrame) -> list[Label]:
    """A mark for each design and size, with the extremes over the seeds."""
    labels = []
    axes.axhline(0, color=faint(), lw=1)
    for design, own in in_order(errors):
        bars = [own["error"] - own["low"], own["high"] - own["error"]]
        marker = DESIGN_MARKERS.get(design, "D")
        axes.errorbar(own["items"], own["error"], yerr=bars, fmt=marker, color=colour(design))
        labels.append(Label(own["error"].iloc[-1], design, colour(design)))
    span = max(LEAST_SPAN_PERCENT, errors[["low", "high"]].abs().to_numpy().max() * 1.2)
    axes.set_ylim(-span, span)
    items_axis(axes, errors["items"].min(), errors["items"].max())
    axes.set_title(quantity[0].upper() + quantity[1:])
    axes.set_ylabel("error in percent")
    return labels
