"""Where do the dollars of a million items go?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import bars, dollar_rows
from analysis.measures import labels_in_order, near_a_million, usd_per_million
from analysis.needs import Chosen, same_knobs, usable
from analysis.words import count, dollars, listed, percent
from workbench.designs import COMPARED
from workbench.platform import services
from workbench.runs.records import COORDINATION

HEIGHT_IN = 2.5 * len(COMPARED)  # of the panels together: a bar for each design in every row
PURPOSES = "coordination is dispatch and knowing: what a design adds to the work"
PANELS = {"service": "By service", "label": "By purpose"}
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
    """Dollars per million items, by service and by label, a bar a design."""
    sign(figure, chosen, f"{chosen.targets[0]}: batches of {count(chosen.items)} items", PURPOSES)
    for axes, (column, title) in zip(panels(figure, len(PANELS)), PANELS.items(), strict=True):
        sums = usd_per_million(chosen.table, column)
        order = labels_in_order(set(sums["label"])) if column == "label" else _dearest(sums)
        rows = dollar_rows(sums, column, order)[chosen.designs]
        axes.set_title(title)
        bars(axes, rows.rename(index=SHORT), dollars)
        axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
        axes.set_xlabel("dollars per million items")


def say(chosen: Chosen) -> str:
    """What the designs cost, and how much of that is coordination."""
    sums = usd_per_million(chosen.table, "label")
    parts = []
    for design in chosen.designs:
        usd = sums[sums["design"] == design].set_index("label")["usd"]
        total = usd.sum()
        coordination = usd.reindex(COORDINATION).fillna(0.0)
        each = listed([f"{dollars(coordination[one])} {one}" for one in COORDINATION])
        parts.append(
            f"{design} takes {dollars(total)}, "
            f"{dollars(coordination.sum())} ({percent(coordination.sum() / total)}) of it for "
            f"coordination: {each}"
        )
    return f"Per million items, in batches of {count(chosen.items)}, {'; '.join(parts)}."


def _dearest(sums: pd.DataFrame) -> list[str]:
    """The services, the dearest first."""
    return list(sums.groupby("service")["usd"].sum().sort_values(ascending=False).index)
