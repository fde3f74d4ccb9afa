"""Names beside dots, placed where they cover neither a dot nor another name."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from analysis.labels import settle
from analysis.theme import text_pt

STEPS_PT = (7, 14, 24, 36)  # how far from its dot a name may stand, nearest first
SAMPLES = 160  # points looked at along a line
SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))


@dataclass(frozen=True)
class Name:
    """A text for the dot at x, y."""

    x: float
    y: float
    text: str
    colour: object
    bold: bool = False


def place_names(
    axes: Axes, names: Sequence[Name], dots: Sequence[tuple[float, float]], share: float = 0.8
) -> int:
    """Write the names beside their dots; returns how many found a free place.

    Call it when scales and limits are final. A name without a free place is left out.
    """
    settle(axes.figure)
    radius = text_pt(0.45) * axes.figure.dpi / 72
    taken = [_around(axes, x, y, radius) for x, y in dots] + _lines(axes)
    written = 0
    for name in names:
        taken_by = _write(axes, name, taken, share)
        if taken_by is not None:
            taken.append(taken_by)
            written += 1
    return written


def name_lines(panels: Sequence[Axes], share: float = 0.9, near: float = 1.0) -> None:
    """Write each line's label beside it, in its colour, where it covers no line.

    `near` is the height to try first, 1 the line's top. Call it when scales and limits are final.
    """
    settle(panels[0].figure)
    for axes in panels:
        taken = _lines(axes)
        for line in axes.get_lines():
            if str(line.get_label()).startswith("_"):  # matplotlib's sign for a line without name
                continue
            box = _beside(axes, line, taken, share, near)
            if box is not None:
                taken.append(box)


def _beside(axes: Axes, line: Line2D, taken: list[Bbox], share: float, near: float) -> Bbox | None:
    """Try the points of a line, those nearest to the wanted height first."""
    path = _pixels(axes, line)
    wanted = path[:, 1].min() + near * np.ptp(path[:, 1])
    for x, y in path[np.argsort(np.abs(path[:, 1] - wanted), kind="stable")]:
        spot = axes.transData.inverted().transform((x, y))
        name = Name(spot[0], spot[1], str(line.get_label()), line.get_color(), bold=True)
        box = _write(axes, name, taken, share)
        if box is not None:
            return box
    return None


def _lines(axes: Axes) -> list[Bbox]:
    """Boxes that cover the lines of the axes, so that no text is written over them."""
    radius = text_pt(0.15) * axes.figure.dpi / 72
    paths = [_pixels(axes, line) for line in axes.get_lines()]
    return [
        Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
        for path in paths
        for x, y in path
    ]


def _pixels(axes: Axes, line: Line2D) -> np.ndarray:
    """Points along a line as it is drawn, in pixels, dense enough that no text slips between."""
    corners = axes.transData.transform(line.get_path().vertices)
    if line.get_drawstyle() == "steps-post":
        x, y = np.repeat(corners, 2, axis=0)[1:, 0], np.repeat(corners, 2, axis=0)[:-1, 1]
        corners = np.column_stack([x, y])
    corners = corners if len(corners) > 1 else np.repeat(corners, 2, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.linspace(0, along[-1], SAMPLES)
    return np.column_stack([np.interp(at, along, corners[:, axis]) for axis in (0, 1)])


def _write(axes: Axes, name: Name, taken: list[Bbox], share: float) -> Bbox | None:
    """Try every place near the dot; keep the first that is free and inside the axes."""
    text = axes.annotate(
        name.text,
        (name.x, name.y),
        (0, 0),
        textcoords="offset points",
        fontsize=text_pt(share),
        color=name.colour,
        fontweight="bold" if name.bold else "normal",
    )
    room = axes.get_window_extent()
    for step, (right, up) in product(STEPS_PT, SIDES):
        text.set_position((right * step, up * step * 0.8))
        text.set_horizontalalignment(("right", "center", "left")[right + 1])
        text.set_verticalalignment("center")
        box = text.get_window_extent()
        inside = room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
        if inside and not any(box.overlaps(other) for other in taken):
            return box
    text.remove()
    return None


def _around(axes: Axes, x: float, y: float, radius: float) -> Bbox:
    """A box around a dot, in pixels."""
    px, py = axes.transData.transform((x, y))
    return Bbox.from_extents(px - radius, py - radius, px + radius, py + radius)
