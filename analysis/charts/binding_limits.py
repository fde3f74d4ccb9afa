"""Which limit holds a batch back, by its size?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.caption import sign_plain, summaries
from analysis.frames import Frames
from analysis.needs import Chosen, in_order
from analysis.theme import colour, marker, text_pt
from analysis.verdicts import span_of
from analysis.words import listed, short_count
from workbench.designs import COMPARED

HEIGHT_IN = 3.6  # of the panels together
SHOWN_MIN = 0.1  # a limit is listed if it ever holds so much of a batch's time
LARGEST_PT2 = 150.0  # area of a mark that stands for all of the time
WIDE_IN = 0.7  # of a design's column: from here on its name has room to lie
COLUMNS = 0.76  # of a size's room, taken by the designs


def select(frames: Frames) -> Chosen:
    """The side table: what share of the time each limit held a batch, and which one binds."""
    return Chosen(table=share_of_time(frames.needed("limits")))


def draw(chosen: Chosen, figure: Figure) -> None:
    """Marks by limit and size: the area is the share of the batch's time that the limit held it."""
    shares, designs = chosen.table, chosen.designs
    sign_plain(
        figure,
        "modelled; the larger the mark, the longer the limit held the batch back",
        "full colour: the limit that binds, which is the one that held it longest",
        f"{', '.join(designs)} only" if not set(COMPARED) <= set(designs) else "",
        summaries(chosen.designs),
    )
    axes = figure.subplots()
    sizes = sorted(shares["items"].unique())
    rows = list(shares.groupby("limit")["share"].max().sort_values(ascending=False).index)
    for rank, design in enumerate(designs):
        shift = (rank - (len(designs) - 1) / 2) * COLUMNS / len(designs)
        _marks(axes, design, shares[shares["design"] == design], sizes, rows, shift)
        _names(axes, design, len(sizes), shift, designs)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xticks(range(len(sizes)), [short_count(size) for size in sizes])
    axes.set_xlim(-0.6, len(sizes) - 0.4)
    axes.set_xlabel("items in the batch")
    axes.set_ylabel("")
    axes.tick_params(length=0)


def say(chosen: Chosen) -> str:
    """Which limit binds at which sizes."""
    parts = []
    for design, own in in_order(chosen.table.query("binds").sort_values("items")):
        runs_of = (own["limit"] != own["limit"].shift()).cumsum()
        spans = [
            f"{part['limit'].iloc[0]} {span_of(part['items'].iloc[0], part['items'].iloc[-1])}"
            for _, part in own.groupby(runs_of)
        ]
        parts.append(f"{design} is held longest by {listed(spans)}")
    return f"{'; '.join(parts)}."


def share_of_time(limits: pd.DataFrame) -> pd.DataFrame:
    """The limits that count, with the share of time each held, and which one binds."""
    keys = ["design", "items"]
    means = limits.groupby([*keys, "limit"], sort=True)["held_s"].mean().reset_index()
    total = means.groupby(keys)["held_s"].transform("sum")
    shares = means.assign(share=means["held_s"] / total)
    shares["binds"] = shares["share"] == shares.groupby(keys)["share"].transform("max")
    most = shares.groupby("limit")["share"].transform("max")
    return shares[most >= SHOWN_MIN]


def _marks(
    axes: Axes, design: str, shares: pd.DataFrame, sizes: list, rows: list[str], shift: float
) -> None:
    """One design's marks."""
    x = shares["items"].map(sizes.index) + shift
    axes.scatter(
        x,
        shares["limit"].map(rows.index),
        s=shares["share"] * LARGEST_PT2 * (text_pt() / 11) ** 2,
        marker=marker(design),
        color=colour(design),
        alpha=shares["binds"].map({True: 1.0, False: 0.35}).to_list(),
        linewidths=0,
        zorder=3,
    )


def _names(axes: Axes, design: str, sizes: int, shift: float, designs: list[str]) -> None:
    """The design's name above each of its columns."""
    wide = axes.figure.get_figwidth() / sizes / len(designs) >= WIDE_IN
    for column in range(sizes):
        axes.text(
            column + shift,
            -0.62,
            design,
            ha="center",
            va="center",
            rotation=0 if wide else 90,
            fontsize=text_pt(0.62),
            color=colour(design),
            fontweight="bold",
        )
