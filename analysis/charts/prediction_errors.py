"""How far off were the predictions that were written down before their runs?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from analysis.axes import panels
from analysis.caption import WORDS, ask, sign_plain
from analysis.needs import NothingToShow, columns
from analysis.theme import DESIGN_MARKERS, colour, faint, text_pt
from workbench.designs import DESIGNS

QUESTION = "How far off were the predictions, each written down before its run?"
LINES = (("cost_usd", "Dollars of the batch"), ("detected_s", "Time until known to be done"))
ROOM = 1.25  # above the largest error


def prediction_errors(table: pd.DataFrame, figure: Figure) -> Figure:
    """The error of each prediction in the order in which they were made, dollars and time.

    `table` is the side table `predictions`; the mark's place is the error of the middle of five
    replications, as a share of what came.
    """
    columns(table, "table of predictions", "Run `make study`.", "line", "error_percent", "design")
    known = table[table["line"].isin([name for name, _ in LINES]) & table["error_percent"].notna()]
    if known.empty:
        raise NothingToShow("no predicted run has come true yet. Run `make study`.")
    ask(figure, QUESTION)
    order = {run: number for number, run in enumerate(dict.fromkeys(known["run_id"]), 1)}
    targets = " and ".join(sorted(set(known["target"])))
    sign_plain(
        figure,
        f"{len(order)} runs on {targets}, oldest on the left; above zero: predicted too much",
        WORDS,
    )
    for axes, (line, title) in zip(panels(figure, len(LINES)), LINES, strict=True):
        _history(axes, known[known["line"] == line], order)
        axes.set_title(title)
    return figure


def _history(axes: Axes, own: pd.DataFrame, order: dict[str, int]) -> None:
    for design in [design for design in DESIGNS if design in set(own["design"])]:
        of_it = own[own["design"] == design]
        axes.plot(
            of_it["run_id"].map(order),
            of_it["error_percent"],
            DESIGN_MARKERS.get(design, "D"),
            color=colour(design),
            label=design,
            zorder=3,
        )
    axes.axhline(0, color=faint(), linewidth=1)
    most = max(1.0, own["error_percent"].abs().max()) * ROOM
    axes.set_ylim(-most, most)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0 if most > 3 else 1))
    axes.set_ylabel("error")
    axes.set_xlabel("predictions, in the order they were made")
    axes.set_xlim(0, len(order) + 1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=text_pt(0.85), ncols=len(DESIGNS))
