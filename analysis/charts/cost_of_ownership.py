"""What does each design cost a month, at four batches a day, with and without upkeep?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, items_axis, panels
from analysis.caption import ask, reading, sign
from analysis.lines import against_items, label_designs
from analysis.measures import by_size
from analysis.needs import NothingToShow, columns, same_knobs, usable
from analysis.ownership import UpkeepRate, upkeep_usd
from analysis.words import dollars

QUESTION = "What does owning it cost a month, at four batches a day?"


def cost_of_ownership(
    runs: pd.DataFrame, simplicity: pd.DataFrame, figure: Figure, rate: UpkeepRate | None = None
) -> Figure:
    """Dollars a month against the items of a batch: AWS's bill, and with a person's upkeep.

    `runs` is `ownership.ownership`.
    """
    rate = rate or UpkeepRate()
    columns(runs, "month's bill", "Run `make study`.", "month_usd")
    chosen = same_knobs(usable(runs, in_dollars=True))
    runs = chosen.runs
    drawn, note = {"AWS's bill": runs}, ""
    try:
        hours = runs["design"].map(upkeep_usd(simplicity, rate))
        title = f"With upkeep at {dollars(rate.usd_per_hour)} an hour"
        drawn[title] = runs.assign(month_usd=runs["month_usd"] + hours)
        note = (
            f"upkeep is an assumption: {rate.minutes_per_resource:g} min a month for each resource,"
            f" {rate.minutes_per_100_lines:g} min for each 100 handler lines"
        )
    except NothingToShow:
        note = "upkeep is not shown: simplicity has not been measured"
    ask(figure, QUESTION)
    sign(figure, chosen, reading(chosen.targets), note)
    sizes = {}
    for axes, (title, own) in zip(panels(figure, len(drawn)), drawn.items(), strict=True):
        axes.set_title(title)
        axes.set_ylabel("dollars a month")
        sizes[axes] = by_size(own, "month_usd")
        items_axis(axes, sizes[axes]["items"].min(), sizes[axes]["items"].max())
        dollars_axis(axes, sizes[axes]["low"].min(), sizes[axes]["high"].max())
        against_items(axes, sizes[axes])
    label_designs(sizes)
    figure.align_ylabels()
    return figure
