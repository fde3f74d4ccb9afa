"""Where do the dollars of a million items go, by service and by purpose?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.measures import labels_in_order, near_a_million, usd_per_million
from analysis.needs import Chosen, same_knobs, usable
from analysis.stacks import Part, stack
from analysis.theme import colour
from analysis.words import count, dollars, listed, percent
from workbench.platform import services

KNOWING = "knowing: tracking the items and telling that all are done"
PURPOSES = {"work": 0.3, "dispatch": 0.55, "knowing": 1.0, "telemetry": 0.42}  # strength of colour
SHORT = {
    services.LAMBDA: "Lambda",
    services.SQS: "SQS",
    services.DYNAMODB: "DynamoDB",
    services.STEP_FUNCTIONS: "Step Functions",
    services.S3: "S3",
    services.SNS: "SNS",
    services.CLOUDWATCH: "CloudWatch",
    services.EVENTBRIDGE: "EventBridge",
}


def select(frames: Frames) -> Chosen:
    """The runs nearest a million items, with the lines of their bills."""
    chosen = near_a_million(same_knobs(usable(frames.runs, in_dollars=True)))
    return chosen.beside(frames.bills)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars per million items, stacked by service and by label, one bar a design."""
    sign(figure, chosen, f"{chosen.targets[0]}: batches of {count(chosen.items)} items", KNOWING)
    left, right = panels(figure, 2)
    left.set_title("By service")
    right.set_title("By purpose")
    _bars(left, chosen, usd_per_million(chosen.table, "service"), "service")
    _bars(right, chosen, usd_per_million(chosen.table, "label"), "label")


def say(chosen: Chosen) -> str:
    """What share of the dollars goes where."""
    sums = usd_per_million(chosen.table, "label")
    parts = []
    for design in chosen.designs:
        usd = sums[sums["design"] == design].set_index("label")["usd"]
        total, labels = usd.sum(), labels_in_order(set(usd.index))
        told = listed([f"{percent(usd[x] / total)} for {x}" for x in labels])
        parts.append(f"{design} takes {dollars(total)} per million items, {told}")
    return f"In batches of {count(chosen.items)} items {'; '.join(parts)}."


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


CHART = Chart("cost_by_service", "Where do the dollars of a million items go?", select, draw, say)
