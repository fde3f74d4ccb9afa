"""How far off were the predictions, each written down before its run?"""

from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from analysis.axes import panels
from analysis.caption import sign
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow, in_order
from analysis.theme import colour, faint, marker, text_pt
from analysis.words import listed
from workbench.designs import DESIGNS
from workbench.targets import FIGURES

LINES = (("cost_usd", "Dollars"), ("detected_s", "Time until known to be done"))
ROOM = 1.25  # above the largest error


def select(frames: Frames) -> Chosen:
    """The side table: the predictions of dollars and of time that have come true."""
    chosen = frames.chosen("predictions")
    table = chosen.table
    known = table[table["line"].isin([name for name, _ in LINES]) & table["error_percent"].notna()]
    if known.empty:
        raise NothingToShow("no predicted run has come true yet. Run `make study`.")
    how = listed([FIGURES[target] for target in sorted(set(known["target"]))])
    return replace(chosen.beside(known), figures=(f"predicted and {how}",))


def find(chosen: Chosen) -> str:
    """How far off the predictions were, at worst."""
    worst = {title: own["error_percent"].abs().max() for title, own in _lines(chosen).items()}
    said = [f"{error:.2g} % in {title[0].lower()}{title[1:]}" for title, error in worst.items()]
    return f"The predictions were off by at most {listed(said)}"


def draw(chosen: Chosen, figure: Figure) -> None:
    """The error of each prediction in the order in which they were made, dollars and time.

    A mark is the error of the middle of five replications, as a share of what came.
    """
    known = chosen.table
    order = {run: number for number, run in enumerate(dict.fromkeys(known["run_id"]), 1)}
    sign(figure, chosen, f"{len(order)} runs, oldest on the left; above zero: predicted too much")
    lines = _lines(chosen)
    for axes, (title, own) in zip(panels(figure, len(lines)), lines.items(), strict=True):
        _history(axes, own, order)
        axes.set_title(title)


def say(chosen: Chosen) -> str:
    """How far off the predictions of dollars and time were."""
    parts = []
    for title, own in _lines(chosen).items():
        errors = own["error_percent"].abs()
        texts = f"{errors.median():.2g} % in the median, {errors.max():.2g} % at worst"
        parts.append(f"{title[0].lower()}{title[1:]}: {texts}")
    runs = chosen.table["run_id"].nunique()
    return f"Of {runs} runs predicted before they began, the error was, in {'; in '.join(parts)}."


def _lines(chosen: Chosen) -> dict[str, pd.DataFrame]:
    """The predictions of each kind that there are, under its title."""
    known = chosen.table
    lines = {title: known[known["line"] == line] for line, title in LINES}
    return {title: own for title, own in lines.items() if len(own)}


def _history(axes: Axes, own: pd.DataFrame, order: dict[str, int]) -> None:
    for design, of_it in in_order(own):
        axes.plot(
            of_it["run_id"].map(order),
            of_it["error_percent"],
            marker(design),
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
    close = {"columnspacing": 0.9, "handletextpad": 0.1, "borderpad": 0.0}
    axes.legend(frameon=False, fontsize=text_pt(0.8), ncols=len(DESIGNS), **close)
