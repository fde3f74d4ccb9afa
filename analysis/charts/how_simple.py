"""How simple is each design, by what it is made of?"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.caption import WORDS, sign_plain
from analysis.charts import Chart
from analysis.frames import Frames
from analysis.needs import Chosen, columns
from analysis.simplicity import MEASURES
from analysis.theme import colour, text_pt
from workbench.designs import BOTH

BAR = 0.36  # height of a bar, in rows


def select(frames: Frames) -> Chosen:
    """The side table: what each design is made of."""
    names = ("design", "measure", "value")
    table = columns(frames.table("simplicity"), "table of simplicity", "Run `make study`.", *names)
    return Chosen(table=table)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Bars by design for each measure, each measure on its own scale, with its number."""
    designs = chosen.designs
    missing = [design for design in BOTH if design not in designs]
    sign_plain(
        figure,
        "counted in the synthesised templates and in the handlers' sources",
        "lines without blanks, comments and docstrings; what both designs share counts for both",
        f"nothing is known of {' and '.join(missing)}" if missing else "",
        WORDS,
    )
    axes = figure.subplots()
    wide = chosen.table.pivot(index="measure", columns="design", values="value").loc[list(MEASURES)]
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


def say(chosen: Chosen) -> str:
    """How much there is of each design."""
    wide = chosen.table.pivot(index="design", columns="measure", values="value")
    parts = [
        f"{design} is made of {row['resources']:.0f} resources of {row['services']:.0f} services, "
        f"{row['IAM statements']:.0f} IAM statements and {row['handler lines']:,.0f} lines of "
        f"handlers with {row['handler branches']:.0f} branches"
        for design, row in wide.loc[chosen.designs].iterrows()
    ]
    return f"{'; '.join(parts)}."


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


CHART = Chart(
    "how_simple",
    "How much is there to build and to look after?",
    select,
    draw,
    say,
    panels=1,
    panel_in=3.6,
)
