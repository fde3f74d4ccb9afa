"""How far is the model from the handlers on the local target?

The error is model over local, less one: +5 says that the model is five percent above.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import items_axis, panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import BESIDE, aside, label_designs
from analysis.needs import Chosen, NothingToShow, in_order, usable
from analysis.theme import colour, faint, marker
from analysis.words import listed

HEIGHT_IN = 3.6  # of the panels together
LEAST_SPAN_PERCENT = 2.0  # of an axis of errors, to each side of zero
FLAT_PERCENT = 0.5  # errors within this are said, not drawn, where others are larger
COMPARED = {
    "processed_s": "time until all items are done",
    "per_million_usd": "dollars",
}


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


def find(chosen: Chosen) -> str:
    """How far the model is from the local target, at worst."""
    worst = chosen.table[["low", "high"]].abs().to_numpy().max()
    return f"The model is within {worst:.2g} % of the real handlers on a simulated cloud"


def draw(chosen: Chosen, figure: Figure) -> None:
    """Errors of the model in percent by size; what is flat is said."""
    worst = _worst(chosen)
    drawn = [name for name in worst.index if worst[name] > FLAT_PERCENT] or [worst.idxmax()]
    bars = ", bars are extremes" if (chosen.table["high"] > chosen.table["low"]).any() else ""
    flat = [
        f"in {name} it is at most {worst[name]:.2g} %" for name in worst.index.difference(drawn)
    ]
    sign(figure, chosen, "; ".join([f"above zero the model says more{bars}", *flat]))
    panel_of = dict(zip(panels(figure, len(drawn)), drawn, strict=True))
    shown = {axes: chosen.table.query("quantity == @name") for axes, name in panel_of.items()}
    for axes, name in panel_of.items():
        _panel(axes, name, shown[axes])
    label_designs(shown, "error")


def say(chosen: Chosen) -> str:
    """How far the model is from the local target, at worst."""
    parts = [f"{error:.2g} % in {name}" for name, error in _worst(chosen).items()]
    return f"On the same items and seeds, model and local target differ by at most {listed(parts)}."


def _worst(chosen: Chosen) -> pd.Series:
    """The largest error of each quantity that is compared, in percent, in their order."""
    errors = chosen.table.set_index("quantity")[["low", "high"]].abs().max(axis=1)
    worst = errors.groupby(level=0).max()
    return worst.loc[[name for name in COMPARED.values() if name in worst.index]]


def _panel(axes: Axes, quantity: str, errors: pd.DataFrame) -> None:
    """A mark for each design and size, with the extremes over the seeds."""
    axes.axhline(0, color=faint(), lw=1)
    drawn = list(in_order(errors))
    for design, own in drawn:
        bars = [own["error"] - own["low"], own["high"] - own["error"]]
        axes.errorbar(
            own["items"] * aside(design, [name for name, _ in drawn]),
            own["error"],
            yerr=bars,
            fmt=marker(design),
            color=colour(design),
        )
    span = max(LEAST_SPAN_PERCENT, errors[["low", "high"]].abs().to_numpy().max() * 1.2)
    axes.set_ylim(-span, span)
    items_axis(axes, errors["items"].min() / BESIDE, errors["items"].max() * BESIDE)
    axes.set_title(quantity[0].upper() + quantity[1:])
    axes.set_ylabel("error in percent")


def model_and_local(runs: pd.DataFrame) -> pd.DataFrame:
    """Errors of the model against local, run by run: same design, items, seed and knobs.

    A row each for design, items and quantity: the mean error over the seeds, its extremes, and the
    `run_ids` compared.
    """
    keys = ["design", "items", "seed", "setting", "item_ms"]
    values = [column for column in COMPARED if column in runs]
    last = runs.sort_values("run_id").drop_duplicates([*keys, "target"], keep="last")
    by_target = [last[last["target"] == target].set_index(keys) for target in ("model", "local")]
    shared = by_target[0].index.intersection(by_target[1].index)
    model, local = (own.loc[shared] for own in by_target)
    rows = []
    for column in values:
        error = ((model[column] / local[column] - 1) * 100).dropna()
        for (design, items), own in error.groupby(["design", "items"]):
            ids = [*model.loc[own.index, "run_id"], *local.loc[own.index, "run_id"]]
            texts = (own.mean(), own.min(), own.max(), sorted(ids))
            rows.append((design, items, COMPARED[column], *texts))
    names = ["design", "items", "quantity", "error", "low", "high", "run_ids"]
    return pd.DataFrame(rows, columns=names)
