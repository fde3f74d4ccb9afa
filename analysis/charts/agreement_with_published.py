"""How far is the model from what others have measured on AWS?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.caption import sign
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow
from analysis.theme import faint, ink, quiet, text_pt, warning

HEIGHT_IN = 6.6  # of the panel
TICKS = (-100, -10, 0, 10, 100, 1_000)
ROOM = 0.75  # of the width: names begin before it
STRAIGHT = 10  # percent to each side of zero on an even scale; beyond it is logarithmic


def select(frames: Frames) -> Chosen:
    """The side table: what was tested, and what was fitted; nothing that a setting decides."""
    chosen = frames.chosen("agreement", "modelled beside what was published")
    known = chosen.table[chosen.table["counted"] != "construction"].reset_index(drop=True)
    if known.empty:
        raise NothingToShow("no published measurement is tested. Run `make agreement`.")
    return chosen.beside(known)


def find(chosen: Chosen) -> str:
    """How many of the tests are inside the model's interval."""
    tests = chosen.table[chosen.table["counted"] == "test"]
    return (
        f"{int(tests['inside'].sum())} of {len(tests)} published measurements lie inside the "
        "interval of the model"
    )


def draw(chosen: Chosen, figure: Figure) -> None:
    """Errors of the model in percent, a row for each publication, a mark for each quantity."""
    table = chosen.table
    rows = table["error_percent"].abs().groupby(table["title"]).max().sort_values().index
    height = table["title"].map({title: row for row, title in enumerate(rows)})
    sign(
        figure,
        chosen,
        "lines are intervals (5 to 95 %), and named is what lies outside; faint are runs that a "
        "constant of the model came from; the scale is logarithmic beyond 10 %",
    )
    axes = figure.subplots()
    ends = [(table[end] / table["measured"] - 1) * 100 for end in ("low", "high")]
    axes.hlines(height, *ends, color=quiet(), alpha=0.5, lw=text_pt(0.3))
    tested = table["counted"] == "test"
    outside = tested & ~table["inside"].astype(bool)
    for which, look in (
        (~tested, {"color": ink(), "alpha": 0.35}),
        (tested & ~outside, {"color": ink()}),
        (outside, {"color": warning()}),
    ):
        size = {"markeredgewidth": 0, "markersize": text_pt(0.6)}
        axes.plot(table["error_percent"][which], height[which], "D", linestyle="", **look, **size)
    axes.axvline(0, color=faint(), lw=1, zorder=1)
    axes.set_yticks(range(len(rows)), ["\n".join(title.rsplit(", ", 1)) for title in rows])
    axes.tick_params(axis="y", labelsize=text_pt(0.75), length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    _percent_axis(axes, max(table["error_percent"].abs().max(), ends[1].max()) * 1.3)
    reach = pd.concat([ends[1], table["error_percent"]], axis=1).max(axis=1).groupby(height).max()
    for row in table[outside].itertuples():
        _name(axes, row.quantity, row.error_percent, reach[height[row.Index]], height[row.Index])


def say(chosen: Chosen) -> str:
    """How far the model is from what others have measured."""
    tests = chosen.table[chosen.table["counted"] == "test"]
    median, inside = tests["error_percent"].abs().median(), int(tests["inside"].sum())
    return (
        f"Of {len(tests)} published quantities that nothing was fitted to, {inside} are inside the "
        f"interval that an estimate prints for them; the error is {median:.2g} % in the median."
    )


def _name(axes: Axes, quantity: str, error: float, reach: float, row: int) -> None:
    """Name a mark: to the right of all that its row has, or to its left for want of room."""
    at = axes.transAxes.inverted().transform(axes.transData.transform((reach, 0)))[0]
    left = at > ROOM
    axes.annotate(
        quantity,
        (error if left else reach, row),
        (-8 if left else 6, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=warning(),
        fontsize=text_pt(0.8),
        fontweight="bold",
    )


def _percent_axis(axes: Axes, most: float) -> None:
    """Percents, logarithmic beyond the middle."""
    axes.set_xscale("symlog", linthresh=STRAIGHT)
    axes.set_xlim(max(-100, -most), most)
    shown = [tick for tick in TICKS if max(-100, -most) <= tick <= most]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:+.0f}".replace("+0", "0"))
    )
    axes.set_xlabel("error of the model in percent")
    axes.tick_params(axis="x", labelsize=text_pt(0.75))
