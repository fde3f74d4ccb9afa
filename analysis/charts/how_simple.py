"""How much is there to build and to look after?"""

from matplotlib.figure import Figure

from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import bars
from analysis.needs import Chosen
from analysis.simplicity import MEASURES
from analysis.theme import few
from analysis.words import listed
from workbench.designs import COMPARED

MAIN = "resources"  # what the title tells of
FURTHER = ("IAM statements", "handler lines")  # the next that count, where there is little room
HEIGHT_IN = 3.8  # of the panels together


def select(frames: Frames) -> Chosen:
    """The side table: what each design is made of."""
    return frames.chosen("simplicity", "counted in templates and sources")


def find(chosen: Chosen) -> str:
    """Which design has least to look after, and which most."""
    rows = chosen.table[chosen.table["measure"] == MAIN].set_index("design")["value"]
    own = rows.loc[chosen.designs].astype(int)
    least, most = (
        [name for name in own.index if own[name] == end] for end in (own.min(), own.max())
    )
    if own.min() == own.max():
        return f"{own.max()} {MAIN} to look after with {listed(least)}"
    return f"{own.min()} {MAIN} to look after with {listed(least)}, {own.max()} with {listed(most)}"


def draw(chosen: Chosen, figure: Figure) -> None:
    """Bars by design for each measure, each measure on its own scale, with its number."""
    designs = chosen.designs
    missing = [design for design in COMPARED if design not in designs]
    sign(
        figure,
        chosen,
        "lines are counted without blanks, comments and docstrings, shared ones for each design",
        f"nothing is known of {listed(missing)}" if missing else "",
    )
    axes = figure.subplots()
    wide = chosen.table.pivot(index="measure", columns="design", values="value").loc[_shown(figure)]
    bars(axes, wide[designs], "{:,.0f}".format, own_scales=True)
    axes.set_xticks([])
    axes.set_xlabel("number of each, per row on its own scale")
    axes.spines["bottom"].set_visible(False)


def _shown(figure: Figure) -> list[str]:
    """The measures that the figure has room for."""
    return [MAIN, *FURTHER] if few(figure) else list(MEASURES)


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
