"""What does a faster batch cost? Every setting of a sweep, and those that none other beats."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, seconds_axis
from analysis.caption import ask, sign
from analysis.clouds import cloud, key, numbered
from analysis.sweeps import by_setting, one_size
from analysis.words import count

QUESTION = "What does a faster batch cost?"
TIME, PRICE = "detected_s", "per_million_usd"


def cost_against_time(runs: pd.DataFrame, figure: Figure) -> Figure:
    """Dollars per million items against the time until completion is known, with the front.

    `runs` has `per_million_usd` (`measures.with_batch_usd`).
    """
    chosen = one_size(runs)
    dots = numbered(by_setting(chosen, TIME, PRICE), TIME, PRICE)
    ask(figure, QUESTION)
    items, target = int(chosen.runs["items"].iloc[0]), chosen.targets[0]
    sign(
        figure,
        chosen,
        f"{target}: batches of {count(items)} items; each dot a setting of the knobs",
        "the line joins what no other setting beats; down and to the left is better",
        lines=key(dots),
    )
    axes = figure.subplots()
    seconds_axis(axes, dots[TIME].min() / 1.2, dots[TIME].max() * 1.2, which="x")
    dollars_axis(axes, dots[PRICE].min() / 1.2, dots[PRICE].max() * 1.2)
    axes.set_xlabel("time until the batch is known to be done")
    axes.set_ylabel("dollars per million items")
    cloud(axes, dots, TIME, PRICE)
    return figure
