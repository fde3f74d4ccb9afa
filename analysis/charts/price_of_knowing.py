"""What does knowing cost, and how late does it come?"""

import pandas as pd
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, seconds_axis
from analysis.caption import ask, sign
from analysis.clouds import cloud, key, numbered
from analysis.sweeps import by_setting, one_size
from analysis.words import count

QUESTION = "What does it cost to know that a batch is done, and how late do we know?"
LAG, PRICE = "detection_lag_s", "knowing_per_million_usd"


def price_of_knowing(runs: pd.DataFrame, figure: Figure) -> Figure:
    """Dollars per million items for knowing against detection lag: a dot for each setting.

    `runs` has `knowing_per_million_usd` (`measures.with_batch_usd`).
    """
    chosen = one_size(runs)
    dots = numbered(by_setting(chosen, LAG, PRICE), LAG, PRICE)
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
    seconds_axis(axes, dots[LAG].min() / 1.5, dots[LAG].max() * 1.5, which="x")
    dollars_axis(axes, dots[PRICE].min() / 1.5, dots[PRICE].max() * 1.5)
    axes.set_xlabel("delay from the last item to knowing")
    axes.set_ylabel("dollars for knowing, per million items")
    cloud(axes, dots, LAG, PRICE)
    return figure
