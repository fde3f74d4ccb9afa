"""How much is there to build and to look after?"""

from matplotlib.figure import Figure

from analysis.caption import sign_plain, summaries
from analysis.frames import Frames
from analysis.lines import bars
from analysis.needs import Chosen
from analysis.simplicity import MEASURES
from analysis.words import listed
from workbench.designs import COMPARED

HEIGHT_IN = 3.6  # of the panels together


def select(frames: Frames) -> Chosen:
    """The side table: what each design is made of."""
    return Chosen(table=frames.needed("simplicity"))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Bars by design for each measure, each measure on its own scale, with its number."""
    designs = chosen.designs
    missing = [design for design in COMPARED if design not in designs]
    sign_plain(
        figure,
        "counted in the synthesised templates and in the handlers' sources",
        "lines without blanks, comments and docstrings; what designs share counts for each",
        f"nothing is known of {listed(missing)}" if missing else "",
        summaries(chosen.designs),
    )
    axes = figure.subplots()
    wide = chosen.table.pivot(index="measure", columns="design", values="value").loc[list(MEASURES)]
    bars(axes, wide[designs], "{:,.0f}".format, own_scales=True)
    axes.set_xticks([])
    axes.set_xlabel("number of each, per row on its own scale")
    axes.spines["bottom"].set_visible(False)


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
