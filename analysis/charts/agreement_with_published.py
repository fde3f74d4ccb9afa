"""How far is the model from what others have measured on AWS?"""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from pandas.api.typing import SeriesGroupBy

from analysis.caption import sign_plain
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow
from analysis.theme import faint, ink, text_pt

TICKS = (-100, -30, -10, 0, 10, 30, 100, 300, 1_000)
STRAIGHT = 10  # percent to each side of zero on an even scale; beyond it is logarithmic


def select(frames: Frames) -> Chosen:
    """The side table: published measurements that the model has a figure for."""
    table = frames.needed("agreement")
    known = table[table["error_percent"].notna()].reset_index(drop=True)
    if known.empty:
        raise NothingToShow(
            "the model has no figure for any published measurement. Run `make agreement`."
        )
    return Chosen(table=known)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Errors of the model in percent, a row for each publication, a mark for each quantity."""
    errors = chosen.table
    family = errors["id"].str.split().str[0]
    rows = list(dict.fromkeys(family))
    height = family.map(rows.index)
    aimed = errors["goal_percent"].notna()
    held = f"{_held(errors)} of {aimed.sum()} are within it"
    sign_plain(
        figure,
        "above zero the model says more than was measured; the scale is logarithmic beyond 10 %",
        f"full marks have a goal, shown as a bar: {held}",
        "faint marks have none: parts of the set-up were not published, or the source is unsure",
        "the letters name the publications in the table of agreement",
    )
    axes = figure.subplots()
    for place, goal in errors[aimed].groupby(height[aimed])["goal_percent"].max().items():
        axes.barh(place, 2 * goal, 0.7, left=-goal, color=faint(), alpha=0.25)
    for which, strength in ((~aimed, 0.4), (aimed, 1.0)):
        axes.plot(
            errors["error_percent"][which],
            height[which],
            "D",
            color=ink(),
            alpha=strength,
            markeredgewidth=0,
            markersize=text_pt(0.5),
        )
    axes.axvline(0, color=faint(), lw=1)
    axes.set_yticks(range(len(rows)), _names(errors["quantity"].groupby(family), rows))
    axes.tick_params(axis="y", labelsize=text_pt(0.75), length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    worst = errors["error_percent"].abs().max() * 1.3
    axes.set_xscale("symlog", linthresh=STRAIGHT)
    axes.set_xlim(max(-100, -worst), worst)
    shown = [tick for tick in TICKS if max(-100, -worst) <= tick <= worst]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:+.0f}".replace("+0", "0"))
    )
    axes.set_xlabel("error of the model in percent")


def say(chosen: Chosen) -> str:
    """How far the model is from what others have measured."""
    errors = chosen.table
    median = errors["error_percent"].abs().median()
    return (
        f"Of {errors['goal_percent'].notna().sum()} published measurements with a goal the model "
        f"meets {_held(errors)}; over all {len(errors)} quantities its error is {median:.2g} % in "
        "the median."
    )


def _held(errors: pd.DataFrame) -> int:
    """How many measurements are within their goal."""
    return int((errors["error_percent"].abs() <= errors["goal_percent"]).sum())


def _names(quantities: SeriesGroupBy, rows: list[str]) -> list[str]:
    """Each publication with the first of its quantities, and dots for the others."""
    first, number = quantities.first(), quantities.nunique()
    return [f"{row} {first[row]}" + (" …" if number[row] > 1 else "") for row in rows]
