"""How far is the model from the local target, which runs the very handlers?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.agreement import COMPARED, model_and_local
from analysis.axes import items_axis, panels
from analysis.caption import sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.labels import Label, label_ends
from analysis.needs import Chosen, NothingToShow, in_order, usable
from analysis.theme import colour, faint, marker
from analysis.words import listed

LEAST_SPAN_PERCENT = 6.0  # of an axis of errors, to each side of zero


def select(frames: Frames) -> Chosen:
    """The runs of the model and of local with the same items, seed and knobs, and their errors."""
    chosen = usable(frames.runs)
    errors = model_and_local(chosen.runs)
    if errors.empty:
        raise NothingToShow(
            "no run of the model has one on local to be compared with. "
            "Run both targets with the same items, seed and knobs."
        )
    compared = {run_id for pair in errors["run_ids"] for run_id in pair}
    runs = chosen.runs[chosen.runs["run_id"].isin(compared)]
    return chosen.only(runs).beside(errors)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Errors of the model in percent by size."""
    errors, quantities = chosen.table, _quantities(chosen)
    bars = "; bars: extremes" if (errors["high"] > errors["low"]).any() else ""
    sign(figure, chosen, f"above zero the model says more than the local target{bars}")
    labels = {
        axes: _panel(axes, quantity, errors[errors["quantity"] == quantity])
        for axes, quantity in zip(panels(figure, len(quantities)), quantities, strict=True)
    }
    label_ends(labels)


def say(chosen: Chosen) -> str:
    """How far the model is from the local target, at worst."""
    errors = chosen.table.set_index("quantity")[["low", "high"]].abs().max(axis=1)
    parts = [f"{errors[name].max():.2g} % in {name}" for name in _quantities(chosen)]
    return f"On the same items and seeds, model and local target differ by at most {listed(parts)}."


def _quantities(chosen: Chosen) -> list[str]:
    """What is compared, in its order."""
    return [name for name in COMPARED.values() if name in set(chosen.table["quantity"])]


def _panel(axes: Axes, quantity: str, errors: pd.DataFrame) -> list[Label]:
    """A mark for each design and size, with the extremes over the seeds."""
    labels = []
    axes.axhline(0, color=faint(), lw=1)
    for design, own in in_order(errors):
        bars = [own["error"] - own["low"], own["high"] - own["error"]]
        axes.errorbar(
            own["items"], own["error"], yerr=bars, fmt=marker(design), color=colour(design)
        )
        labels.append(Label(own["error"].iloc[-1], design, colour(design)))
    span = max(LEAST_SPAN_PERCENT, errors[["low", "high"]].abs().to_numpy().max() * 1.2)
    axes.set_ylim(-span, span)
    items_axis(axes, errors["items"].min(), errors["items"].max())
    axes.set_title(quantity[0].upper() + quantity[1:])
    axes.set_ylabel("error in percent")
    return labels


CHART = Chart(
    "agreement_with_local",
    "How far is the model from the handlers on the local target?",
    select,
    draw,
    say,
)
