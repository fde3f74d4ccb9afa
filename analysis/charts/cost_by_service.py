"""Where do the dollars of a million items go?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import rows_of_bars
from analysis.measures import near_a_million, usd_per_million
from analysis.needs import Chosen, in_order, same_knobs, usable
from analysis.theme import LIGHT, accent, colour, faint, few, quiet, settle, text_pt
from analysis.words import count, dollars, listed, percent
from workbench.platform import services
from workbench.runs.records import COORDINATION

HEIGHT_IN = 5.0  # of the panels together
WORK, COORDINATING, TELEMETRY = "work", "coordination", "telemetry"
ON_BAR = LIGHT.ink  # the bars are light in both themes
WIDER = 1.5  # than the longest bar, for the words beside it
FULL = 0.9  # of a bar's length, that its words may take
SHOWN_MIN = 0.1  # a service is a row if it has so much of its design's coordination
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


def find(chosen: Chosen) -> str:
    """With which design coordination is most of the bill, and with which least."""
    usd = purposes(chosen)
    share = usd[COORDINATING] / usd.sum(axis=1)
    most, least = share.idxmax(), share.idxmin()
    head = f"Coordination takes {percent(share[most])} of the bill with {most}"
    return head if most == least else f"{head}, {percent(share[least])} with {least}"


def draw(chosen: Chosen, figure: Figure) -> None:
    """The bill of each design by purpose; below, which services its coordination is paid to."""
    about = f"batches of {count(chosen.items)} items"
    sign(figure, chosen, f"{about}; coordination is dispatching them and knowing when all are done")
    whole, *more = panels(figure, 1 if few(figure) else 2)
    for parts in more:
        rows = paid_to(chosen)
        labels = [
            f"{one.design}: {SHORT.get(one.service, one.service)}" for one in rows.itertuples()
        ]
        parts.set_title("Coordination, by service")
        rows_of_bars(parts, list(labels), list(rows["usd"]), [accent()] * len(rows), dollars)
    whole.set_title("The bill of a million items")
    _stacked(whole, purposes(chosen))
    for axes in (whole, *more):
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


def purposes(chosen: Chosen) -> pd.DataFrame:
    """Dollars per million items by design and purpose: work, coordination, telemetry."""
    sums = usd_per_million(chosen.table, "label").pivot(
        index="design", columns="label", values="usd"
    )
    sums = sums.fillna(0.0).loc[chosen.designs]
    coordination = sums.reindex(columns=list(COORDINATION)).fillna(0.0).sum(axis=1)
    named = {WORK: sums.get(WORK, 0.0), COORDINATING: coordination}
    return pd.DataFrame(named | {TELEMETRY: sums.get(TELEMETRY, 0.0)}, index=sums.index)


def paid_to(chosen: Chosen) -> pd.DataFrame:
    """Dollars of coordination by design and service, the dearest first; the small ones left out."""
    lines = chosen.table[chosen.table["label"].isin(COORDINATION)]
    sums = usd_per_million(lines, "service")
    total = sums.groupby("design")["usd"].transform("sum")
    shown = sums[sums["usd"] >= SHOWN_MIN * total]
    own = [part.sort_values("usd", ascending=False) for _, part in in_order(shown)]
    return pd.concat(own, ignore_index=True)


def _stacked(axes: Axes, usd: pd.DataFrame) -> None:
    """A bar a design, its purposes side by side, named where there is room."""
    colours = {WORK: quiet(), COORDINATING: accent(), TELEMETRY: faint()}
    total = usd.sum(axis=1)
    axes.set_xlim(0, total.max() * WIDER)
    axes.set_yticks(range(len(usd)), list(usd.index))
    for label, design in zip(axes.get_yticklabels(), usd.index, strict=True):
        label.set(color=colour(design), fontweight="bold")
    axes.set_ylim(len(usd) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0, axis="y")
    starts = usd.cumsum(axis=1) - usd
    for purpose in usd:
        axes.barh(range(len(usd)), usd[purpose], 0.62, starts[purpose], color=colours[purpose])
    size = {"fontsize": text_pt(0.8), "va": "center"}
    for row, design in enumerate(usd.index):
        share = percent(usd.loc[design, COORDINATING] / total[design])
        said = f"{dollars(total[design])}, {share} coordination"
        axes.annotate(said, (total[design], row), (5, 0), textcoords="offset points", **size)
    settle(axes.figure)
    for purpose in (WORK, COORDINATING):
        for row, (start, width) in enumerate(zip(starts[purpose], usd[purpose], strict=True)):
            said = f"{purpose} {dollars(width)}"
            text = axes.text(start + width / 2, row, said, color=ON_BAR, ha="center", **size)
            (left, _), (right, _) = axes.transData.transform([(0, 0), (width, 0)])
            if text.get_window_extent().width > FULL * (right - left):
                text.remove()
