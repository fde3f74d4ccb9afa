"""Which limit holds a batch back, by its size?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.caption import sign_plain, summaries
from analysis.frames import Frames
from analysis.needs import Chosen, in_order
from analysis.theme import colour, marker, settle, text_pt
from analysis.words import listed, short_count
from workbench.designs import COMPARED

HEIGHT_IN = 3.6  # of the panels together
SHOWN_MIN = 0.1  # a limit is listed if it ever holds so much of a batch's time
LARGEST_PT2 = 150.0  # area of a mark that stands for all of the time, where there is room
WIDEST = 0.9  # of a design's column, taken by such a mark
WIDE_IN = 0.7  # of a design's column: from here on its name has room to lie
COLUMNS = 0.86  # of a size's room, taken by the designs


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
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xticks(range(len(sizes)), [short_count(size) for size in sizes])
    axes.set_xlim(-0.6, len(sizes) - 0.4)
    axes.set_xlabel("items in the batch")
    axes.set_ylabel("")
    axes.tick_params(length=0)
    largest = _largest_pt2(axes, len(designs))
    for rank, design in enumerate(designs):
        shift = (rank - (len(designs) - 1) / 2) * COLUMNS / len(designs)
        own = shares[shares["design"] == design]
        own = own.assign(x=own["items"].map(sizes.index) + shift, y=own["limit"].map(rows.index))
        _marks(axes, design, own, largest)
        _names(axes, design, len(sizes), shift, designs)


def say(chosen: Chosen) -> str:
    """Which limit binds at which sizes."""
    parts = []
    for design, own in in_order(chosen.table.query("binds").sort_values("items")):
        runs_of = (own["limit"] != own["limit"].shift()).cumsum()
        spans = [
            f"{part['limit'].iloc[0]} {_span(part['items'].iloc[0], part['items'].iloc[-1])}"
            for _, part in own.groupby(runs_of)
        ]
        parts.append(f"with {design} {listed(spans)}")
    return f"What holds a batch longest, by its number of items: {'; '.join(parts)}."


def _span(first: int, last: int) -> str:
    """A range of sizes as the axis names them."""
    ends = short_count(first), short_count(last)
    return f"at {ends[0]}" if first == last else f"from {' to '.join(ends)}"


def share_of_time(limits: pd.DataFrame) -> pd.DataFrame:
    """The limits that count, with the share of time each held, and which one binds."""
    keys = ["design", "items"]
    means = limits.groupby([*keys, "limit"], sort=True)["held_s"].mean().reset_index()
    total = means.groupby(keys)["held_s"].transform("sum")
    shares = means.assign(share=means["held_s"] / total)
    shares["binds"] = shares["share"] == shares.groupby(keys)["share"].transform("max")
    most = shares.groupby("limit")["share"].transform("max")
    return shares[most >= SHOWN_MIN]


def _largest_pt2(axes: Axes, designs: int) -> float:
    """The area of the largest mark: as large as its column has room for. Limits are final."""
    settle(axes.figure)
    (left, _), (right, _) = axes.transData.transform([(0, 0), (COLUMNS / designs, 0)])
    room_pt = WIDEST * (right - left) * 72 / axes.figure.dpi
    return min(LARGEST_PT2 * (text_pt() / 11) ** 2, room_pt**2)


def _marks(axes: Axes, design: str, shares: pd.DataFrame, largest_pt2: float) -> None:
    """One design's marks."""
    axes.scatter(
        shares["x"],
        shares["y"],
        s=shares["share"] * largest_pt2,
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
