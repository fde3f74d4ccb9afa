"""Which limit holds a batch back, by its size?"""

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.caption import sign
from analysis.frames import Frames
from analysis.needs import Chosen, in_order
from analysis.theme import colour, ink, settle, text_pt, tint
from analysis.words import LIMITS, count, listed, percent, short_count
from workbench.designs import COMPARED

HEIGHT_IN = 3.6  # of the panels together
SHOWN_MIN = 0.1  # a limit counts if it ever holds so much of a batch's time
STRONGEST = 0.6  # of a design's colour, so that the text on it stays readable
LETTER = 0.58  # of a text's size, in the middle


def select(frames: Frames) -> Chosen:
    """The side table: what share of the time each limit held a batch, and which one binds."""
    chosen = frames.chosen("limits")
    return chosen.beside(share_of_time(chosen.table))


def find(chosen: Chosen) -> str:
    """What holds the largest batches back."""
    binding = chosen.table.query("binds")
    most = binding["items"].max()
    held: dict[str, list[str]] = {}
    for design, own in in_order(binding[binding["items"] == most]):
        held.setdefault(_named(own["limit"].iloc[0]), []).append(design)
    parts = [f"the {limit} holds {listed(designs)}" for limit, designs in held.items()]
    return f"With {count(most)} items {listed(parts)} back"


def draw(chosen: Chosen, figure: Figure) -> None:
    """A row a design: for each size the limit that binds, in words, those that are one joined."""
    shares, designs = chosen.table, chosen.designs
    sign(
        figure,
        chosen,
        "named is the limit that holds a batch longest, and for what share of its time",
        f"{', '.join(designs)} only" if not set(COMPARED) <= set(designs) else "",
    )
    axes = figure.subplots()
    sizes = sorted(shares["items"].unique())
    axes.set_yticks(range(len(designs)), designs)
    axes.set_ylim(len(designs) - 0.5, -0.5)
    axes.set_xticks(range(len(sizes)), [short_count(size) for size in sizes])
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_xlabel("items in the batch")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    settle(figure)
    for row, design in enumerate(designs):
        for stretch in stretches(shares[shares["design"] == design]):
            _bar(axes, row, design, stretch, sizes)


def say(chosen: Chosen) -> str:
    """Which limit binds at which sizes."""
    parts = []
    for design, own in in_order(chosen.table):
        spans = [f"{_named(part['limit'].iloc[0])} {_span(part)}" for part in stretches(own)]
        parts.append(f"with {design} {listed(spans)}")
    return f"What holds a batch longest, by its number of items: {'; '.join(parts)}."


def stretches(own: pd.DataFrame) -> list[pd.DataFrame]:
    """The sizes of one design, neighbours with the same limit that binds together."""
    binding = own.query("binds").sort_values("items")
    runs_of = (binding["limit"] != binding["limit"].shift()).cumsum()
    return [part for _, part in binding.groupby(runs_of)]


def _named(limit: str) -> str:
    """A limit in words."""
    return LIMITS.get(limit, limit)


def _span(stretch: pd.DataFrame) -> str:
    """The sizes of a stretch as the axis names them."""
    ends = [short_count(stretch["items"].iloc[end]) for end in (0, -1)]
    return f"at {ends[0]}" if ends[0] == ends[1] else f"from {' to '.join(ends)}"


def share_of_time(limits: pd.DataFrame) -> pd.DataFrame:
    """The limits that count, with the share of time each held, and which one binds."""
    keys = ["design", "items"]
    means = limits.groupby([*keys, "limit"], sort=True)["held_s"].mean().reset_index()
    total = means.groupby(keys)["held_s"].transform("sum")
    shares = means.assign(share=means["held_s"] / total)
    shares["binds"] = shares["share"] == shares.groupby(keys)["share"].transform("max")
    most = shares.groupby("limit")["share"].transform("max")
    return shares[most >= SHOWN_MIN]


def _bar(axes: Axes, row: int, design: str, stretch: pd.DataFrame, sizes: list[int]) -> None:
    """A bar over the sizes of a stretch, as strong as its limit, which is named in it."""
    start, stop = (sizes.index(stretch["items"].iloc[end]) for end in (0, -1))
    least, most = (percent(share) for share in (stretch["share"].min(), stretch["share"].max()))
    share = least if least == most else f"{least.removesuffix(' %')} to {most}"
    axes.barh(
        row,
        stop - start + 0.94,
        0.86,
        start - 0.47,
        color=tint(design, STRONGEST * stretch["share"].mean()),
        edgecolor=colour(design),
        linewidth=0.8,
    )
    (left, _), (right, _) = axes.transData.transform([(0, 0), (stop - start + 0.9, 0)])
    size = text_pt(0.72)
    letters = int((right - left) * 72 / axes.figure.dpi / (size * LETTER))
    said = fill(_named(stretch["limit"].iloc[0]), max(letters, 1), break_long_words=False)
    axes.text(
        (start + stop) / 2,
        row,
        f"{said}\n{share}",
        ha="center",
        va="center",
        fontsize=size,
        color=ink(),
        linespacing=1.1,
    )
