"""How simple is each design, by what it is made of?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.caption import WORDS, ask, sign_plain
from analysis.needs import columns
from analysis.simplicity import MEASURES
from analysis.theme import colour, text_pt
from workbench.designs import BOTH, DESIGNS

QUESTION = "How much is there to build and to look after?"
BAR = 0.36  # height of a bar, in rows


def how_simple(simplicity: pd.DataFrame, figure: Figure) -> Figure:
    """Bars by design for each measure, each measure on its own scale, with its number.

    `simplicity` is `simplicity.simplicity`, or the side table of that name.
    """
    columns(simplicity, "table of simplicity", "Run `make study`.", "design", "measure", "value")
    designs = [design for design in DESIGNS if design in set(simplicity["design"])]
    ask(figure, QUESTION)
    missing = [design for design in BOTH if design not in designs]
    sign_plain(
        figure,
        "counted in the synthesised templates and in the handlers' sources",
        "lines without blanks, comments and docstrings; what both designs share counts for both",
        f"nothing is known of {' and '.join(missing)}" if missing else "",
        WORDS,
    )
    axes = figure.subplots()
    wide = simplicity.pivot(index="measure", columns="design", values="value").loc[list(MEASURES)]
    for place, (_, row) in enumerate(wide.iterrows()):
        for rank, design in enumerate(designs):
            height = place + (rank - (len(designs) - 1) / 2) * (BAR + 0.04)
            _bar(axes, height, design, row[design], row.max())
    axes.set_yticks(range(len(wide)), list(wide.index))
    axes.set_ylim(len(wide) - 0.45, -0.55)
    axes.set_xlim(0, 1.2)
    axes.set_xticks([])
    axes.set_xlabel("number of each, per row on its own scale")
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _bar(axes: Axes, height: float, design: str, value: float, most: float) -> None:
    axes.barh(height, value / most, BAR, color=colour(design))
    axes.annotate(
        f"{value:,.0f}  {design}",
        (value / most, height),
        (4, 0),
        textcoords="offset points",
        va="center",
        color=colour(design),
        fontsize=text_pt(0.85),
        fontweight="bold",
    )
