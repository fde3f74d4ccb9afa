"""How far is the model from what others have measured on AWS?"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.caption import sign_plain
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow
from analysis.theme import faint, ink, text_pt

TICKS = (-100, -10, 0, 10, 100, 1_000)
STRAIGHT = 10  # percent to each side of zero on an even scale; beyond it is logarithmic


def select(frames: Frames) -> Chosen:
    """The side table: what was tested, and what was fitted; nothing that a setting decides."""
    table = frames.needed("agreement")
    known = table[table["counted"] != "construction"].reset_index(drop=True)
    if known.empty:
        raise NothingToShow("no published measurement is tested. Run `make agreement`.")
    return Chosen(table=known)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Errors of the model in percent, a row for each publication, a mark for each quantity."""
    table = chosen.table
    worst = table["error_percent"].abs().groupby(table["title"]).median().sort_values()
    height = table["title"].map({title: row for row, title in enumerate(worst.index)})
    tested = table["counted"] == "test"
    sign_plain(
        figure,
        "above zero the model says more than was measured; the scale is logarithmic beyond 10 %",
        "lines are the interval that an estimate prints (5 to 95 %): it should hold the zero",
        "full marks are tests; faint ones are of runs that a constant of the model came from",
        "rows are sorted by the error of their middle quantity",
    )
    axes = figure.subplots()
    ends = [(table[end] / table["measured"] - 1) * 100 for end in ("low", "high")]
    axes.hlines(height, *ends, color=ink(), alpha=0.25, lw=text_pt(0.2))
    for which, strength in ((~tested, 0.4), (tested, 1.0)):
        axes.plot(
            table["error_percent"][which],
            height[which],
            "D",
            color=ink(),
            alpha=strength,
            markeredgewidth=0,
            markersize=text_pt(0.5),
        )
    axes.axvline(0, color=faint(), lw=1)
    rows = ["\n".join(title.rsplit(", ", 1)) for title in worst.index]
    axes.set_yticks(range(len(worst)), rows)
    axes.tick_params(axis="y", labelsize=text_pt(0.75), length=0)
    axes.set_ylim(len(worst) - 0.4, -0.6)
    _percent_axis(axes, max(table["error_percent"].abs().max(), ends[1].max()) * 1.3)


def say(chosen: Chosen) -> str:
    """How far the model is from what others have measured."""
    tests = chosen.table[chosen.table["counted"] == "test"]
    median, inside = tests["error_percent"].abs().median(), int(tests["inside"].sum())
    return (
        f"Of {len(tests)} published quantities that nothing was fitted to, {inside} are inside the "
        f"interval that an estimate prints for them; the error is {median:.2g} % in the median."
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
    axes.set_xlabel("error of the model, %")
    axes.tick_params(axis="x", labelsize=text_pt(0.75))
