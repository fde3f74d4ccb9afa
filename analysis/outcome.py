"""What came of one batch, in words: how it ended, when that was known, and what it cost."""

from analysis.words import dollars, duration, listed
from workbench.runs.records import Run
from workbench.targets import FIGURES


def outcome(run: Run) -> str:
    """Sentences about a batch, whatever became of it, a line each for how it went and its cost."""
    figures = FIGURES[run.target]
    head = f"{run.design} on {run.target}, {figures}: {_items(run)}{_times(run)}."
    if run.status != "complete":
        head += f" The batch did not complete: {run.reason}."
    return f"{head}\n{_cost(run, figures)}"


def _items(run: Run) -> str:
    """How many were processed, and what else became of some."""
    others = {"failed": run.items_failed, "processed more than once": run.items_duplicated}
    told = [f"{number:,} {how}" for how, number in others.items() if number]
    return listed([f"{run.items_processed:,} of {run.items:,} items processed", *told])


def _times(run: Run) -> str:
    """When the last item was done, and how late that was known, as far as either came."""
    if run.processed_s is None:
        return ""
    known = ", which nobody was told"
    if run.detection_lag_s is not None:
        known = f", known {duration(run.detection_lag_s)} later"
    return f", the last after {duration(run.processed_s)}{known}"


def _cost(run: Run, figures: str) -> str:
    """The dollars of the batch; only on aws are they spent."""
    if run.cost_usd is None:
        return "Its cost is not known."
    total = dollars(run.cost_usd)
    if run.target == "aws":
        text = f"{total} spent, by its own meter"
    else:
        text = f"{total} {figures}, $0 spent"
    if run.status != "complete":
        return f"{text}."
    million = dollars(run.cost_usd * 1e6 / run.items)
    knowing = dollars((run.knowing_usd or 0.0) * 1e6 / run.items)
    return f"{text}; that is {million} for a million items, {knowing} of it for knowing."
