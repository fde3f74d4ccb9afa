"""What does owning it cost a month, at four batches a day?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import dollars_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
from analysis.measures import by_size, main_target
from analysis.needs import Chosen, NothingToShow, in_order, same_knobs, usable
from analysis.simplicity import UpkeepRate, upkeep_usd
from analysis.words import count, dollars, duration, listed
from workbench.bill.monthly_cost import Upkeep

RATE = UpkeepRate()
UPKEEP = Upkeep()
PANELS = {
    "month_usd": "AWS's bill",
    "owned_usd": f"With upkeep at {dollars(RATE.usd_per_hour)} an hour",
}


def select(frames: Frames) -> Chosen:
    """The runs at one setting with `month_usd`, and `owned_usd` where simplicity was measured."""
    chosen = _that_fit(same_knobs(usable(frames.runs, in_dollars=True)))
    runs = chosen.runs.assign(month_usd=frames.monthly["month_usd"])
    try:
        hours_usd = runs["design"].map(upkeep_usd(frames.table("simplicity"), RATE))
    except NothingToShow:
        return chosen.only(runs)
    return chosen.only(runs.assign(owned_usd=runs["month_usd"] + hours_usd))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars a month against the items of a batch: AWS's bill, and with a person's upkeep."""
    sizes = _sizes(chosen)
    note = (
        f"upkeep is an assumption: {RATE.minutes_per_resource:g} min a month for each resource,"
        f" {RATE.minutes_per_100_lines:g} min for each 100 handler lines"
        if "owned_usd" in sizes
        else "upkeep is not shown: simplicity has not been measured"
    )
    sign(figure, chosen, reading(chosen.targets, *sizes.values()), note)
    parts = [(PANELS[name], "dollars a month", own) for name, own in sizes.items()]
    panels_by_items(figure, parts, dollars_axis)


def say(chosen: Chosen) -> str:
    """What the smallest and the largest batch cost a month, with upkeep where it is known."""
    runs = main_target(chosen.runs)
    sizes = _sizes(chosen.only(runs))
    parts = []
    for items in sorted({runs["items"].min(), runs["items"].max()}):
        at_size = [own[own["items"] == items] for own in sizes.values()]
        texts = [
            f"{design} {', with upkeep '.join(dollars(usd) for usd in _middles(at_size, design))}"
            for design, _ in in_order(at_size[0])
        ]
        parts.append(f"with {count(items)} items {listed(texts)}")
    return f"A month of such batches costs: {'; '.join(parts)}."


def _that_fit(chosen: Chosen) -> Chosen:
    """The runs of sizes of which every design can do so many batches a day."""
    batches = int(UPKEEP.batches_per_day)
    longest_s = chosen.runs.groupby("items")["detected_s"].max()
    late = longest_s[[not UPKEEP.holds(s) for s in longest_s]]
    if len(late) == len(longest_s):
        raise NothingToShow(f"no day holds {batches} of these batches.")
    notes = [
        f"batches of {count(items)} items are left out: {batches} take {duration(each_s * batches)}"
        for items, each_s in late.items()
    ]
    return chosen.only(chosen.runs[~chosen.runs["items"].isin(late.index)]).also(*notes)


def _sizes(chosen: Chosen) -> dict[str, pd.DataFrame]:
    """Dollars by size, without and with upkeep."""
    return {name: by_size(chosen.runs, name) for name in PANELS if name in chosen.runs}


def _middles(at_size: list[pd.DataFrame], design: str) -> list[float]:
    """The dollars of a design, without and, where its simplicity was measured, with upkeep."""
    return [usd for own in at_size for usd in own.loc[own["design"] == design, "middle"]]
