"""Where do the dollars of a million items go, by service and by purpose?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import ask, sign
from analysis.measures import labels_in_order, near_a_million, usd_per_million
from analysis.needs import Chosen, same_knobs, usable
from analysis.stacks import Part, stack
from analysis.theme import colour
from analysis.words import count, dollars

QUESTION = "Where do the dollars of a million items go?"
KNOWING = "knowing: tracking the items and telling that all are done"
PURPOSES = {"work": 0.3, "dispatch": 0.55, "knowing": 1.0, "telemetry": 0.42}  # strength of colour
SHORT = {
    "AWS Lambda": "Lambda",
    "Amazon Simple Queue Service": "SQS",
    "Amazon DynamoDB": "DynamoDB",
    "AWS Step Functions": "Step Functions",
    "Amazon Simple Storage Service": "S3",
    "Amazon Simple Notification Service": "SNS",
    "AmazonCloudWatch": "CloudWatch",
    "Amazon EventBridge": "EventBridge",
}


def cost_by_service(runs: pd.DataFrame, bills: pd.DataFrame, figure: Figure) -> Figure:
    """Dollars per million items, stacked by service and by label, one bar a design.

    `bills` is `measures.bills_frame`.
    """
    chosen = near_a_million(same_knobs(usable(runs, in_dollars=True)))
    lines = bills[bills["run_id"].isin(chosen.runs["run_id"])]
    items = int(chosen.runs["items"].iloc[0])
    ask(figure, QUESTION)
    sign(figure, chosen, f"{chosen.targets[0]}: batches of {count(items)} items", KNOWING)
    left, right = panels(figure, 2)
    left.set_title("By service")
    right.set_title("By purpose")
    _bars(left, chosen, usd_per_million(lines, "service"), "service")
    _bars(right, chosen, usd_per_million(lines, "label"), "label")
    return figure


def _bars(axes: Axes, chosen: Chosen, sums: pd.DataFrame, column: str) -> None:
    """One stacked bar a design, each part named beside it."""
    top = sums.groupby("design")["usd"].sum().max()
    order = (
        labels_in_order(set(sums["label"]))
        if column == "label"
        else list(sums.groupby("service")["usd"].sum().sort_values(ascending=False).index)
    )
    for place, design in enumerate(chosen.designs):
        own = sums[sums["design"] == design].set_index(column)["usd"]
        parts = [
            Part(SHORT.get(name, name), own[name], PURPOSES.get(name))
            for name in order
            if name in own.index
        ]
        stack(axes, place, design, parts, top)
    axes.set_xlim(-0.3, len(chosen.designs) - 0.05)
    axes.set_ylim(0, top * 1.12)
    axes.set_xticks(range(len(chosen.designs)), chosen.designs, fontweight="bold")
    for tick, design in zip(axes.get_xticklabels(), chosen.designs, strict=True):
        tick.set_color(colour(design))
    axes.grid(visible=False)
    axes.yaxis.set_major_formatter(lambda value, _: dollars(value))
    axes.set_xlabel("design")
    axes.set_ylabel("dollars per million items")
