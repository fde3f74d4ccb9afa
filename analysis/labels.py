"""Names to the right of a panel, each at the height of its line, none on another.

Heights in pixels need the final layout, so a chart writes its labels last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.theme import text_pt

LINE_GAP = 1.25  # of a text's size, from one label to the next


@dataclass(frozen=True)
class Label:
    """A text beside the end of a line."""

    y: float
    text: str
    colour: object


def label_ends(labels: Mapping[Axes, Sequence[Label]], share: float = 0.95) -> None:
    """Write each panel's texts to its right, at their heights, none on another.

    Call it when scales and limits are final.
    """
    settle(next(iter(labels)).figure)
    for axes, own in labels.items():
        _label(axes, own, text_pt(share))


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved as little as needed for `gap` between any two, in the same order."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    clusters: list[list[int]] = []
    middles: list[float] = []
    for i in order:
        clusters.append([i])
        middles.append(heights[i])
        while len(clusters) > 1 and _crowded(clusters, middles, gap):
            last, below = clusters.pop(), clusters.pop()
            middles = middles[:-2]
            clusters.append(below + last)
            middles.append(sum(heights[j] for j in clusters[-1]) / len(clusters[-1]))
    placed = list(heights)
    for members, middle in zip(clusters, middles, strict=True):
        for rank, i in enumerate(members):
            placed[i] = middle + (rank - (len(members) - 1) / 2) * gap
    return placed


def _label(axes: Axes, labels: Sequence[Label], size: float) -> None:
    """Write the texts of one panel."""
    gap = size * LINE_GAP * axes.figure.dpi / 72 / axes.get_window_extent().height
    heights = [_height(axes, label.y) for label in labels]
    for label, height in zip(labels, spread(heights, gap), strict=True):
        axes.annotate(
            label.text,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=label.colour,
            fontsize=size,
            fontweight="bold",
            annotation_clip=False,
        )


def settle(figure: Figure) -> None:
    """Lay the figure out, so that sizes in pixels are known."""
    top = figure.figure
    engine = top.get_layout_engine()
    if engine is not None:
        engine.execute(top)


def _height(axes: Axes, y: float) -> float:
    """Where a value lies in the axes, 0 to 1."""
    return axes.transAxes.inverted().transform(axes.transData.transform((1.0, y)))[1]


def _crowded(clusters: list[list[int]], middles: list[float], gap: float) -> bool:
    """Whether the last two clusters of labels touch."""
    (low, high), (a, b) = clusters[-2:], middles[-2:]
    return b - a < gap * (len(low) + len(high)) / 2
