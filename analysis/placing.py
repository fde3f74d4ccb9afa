"""Names beside dots and lines, placed where they cover neither a dot, a line nor another name.

Every place near a dot, or near points all along a line, is tried at once; the first that is free
wins, and where none is free the one that covers least. Of two as free, a name takes the one that is
nearer to its own dot or line than to any other, then the one that is nearer at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.theme import settle, text_pt

STEPS_PT = (7, 14, 24, 36, 52)  # how far from its dot a name may stand, nearest first
SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
ALIGNMENTS = ("right", "center", "left")  # of a name to the left, above or below, to the right
SAMPLES = 160  # points of a line, of which a name should cover none
TRIED = 4  # a name may stand at every so manieth of them
OUTSIDE = 1_000  # a place outside the axes counts as covering so many things
NAMES = 20  # a name on a name is read by nobody: it counts as covering so many things
ASTRAY = 0.5  # one that is nearer to another dot or line, as half a thing
FAR = 0.1  # and each step away from the dot or line


@dataclass(frozen=True)
class Name:
    """A text for the dot at x, y."""

    x: float
    y: float
    text: str
    colour: object


def place_names(
    axes: Axes, names: Sequence[Name], dots: Sequence[tuple[float, float]], share: float = 0.8
) -> None:
    """Write the names beside their dots. Call it when scales and limits are final."""
    settle(axes.figure)
    around = axes.transData.transform(np.array(dots, dtype=float).reshape(-1, 2))
    taken = np.vstack([_squares(axes, around, 0.45), _line_squares(axes)])
    for name in names:
        at = axes.transData.transform([(name.x, name.y)])
        others = around[np.hypot(*(around - at).T) > 1]  # a pixel
        named = (name.text, name.colour)
        box = _write(axes, named, at, taken, others, share)
        taken = np.vstack([taken, np.tile(box, (NAMES, 1))])


def name_lines(panels: Sequence[Axes], share: float = 0.9, near: float = 1.0) -> None:
    """Write each line's label beside it, in its colour.

    `near` is the height to try first, 1 the line's top. Call it when scales and limits are final.
    """
    settle(panels[0].figure)
    for axes in panels:
        taken = np.vstack([_line_squares(axes), *_texts(axes)])
        # An underscore is matplotlib's sign for a line without a name.
        named = [a for a in axes.get_lines() if not str(a.get_label()).startswith("_")]
        paths = {line: _pixels(line) for line in named}
        for line in named:
            others = [path for other, path in paths.items() if other is not line]
            others = np.vstack([np.empty((0, 2)), *others])
            path = paths[line]
            wanted = path[:, 1].min() + near * np.ptp(path[:, 1])
            tried = path[::TRIED]
            at = tried[np.argsort(np.abs(tried[:, 1] - wanted), kind="stable")]
            named = (str(line.get_label()), line.get_color())
            taken = np.vstack([taken, _write(axes, named, at, taken, others, share)])


def _write(
    axes: Axes,
    named: tuple[str, object],
    at: np.ndarray,
    taken: np.ndarray,
    others: np.ndarray,
    share: float,
) -> np.ndarray:
    """Write a text in its colour at the best place near these pixels; gives the box it takes.

    `others` are the points of dots and lines that it must not seem to belong to.
    """
    to_data = axes.transData.inverted()
    text = axes.annotate(
        named[0],
        to_data.transform(at[0]),  # a place that the scales can show, so that its size is known
        (0, 0),
        textcoords="offset points",
        fontsize=text_pt(share),
        color=named[1],
        fontweight="bold",
        va="center",
    )
    size = text.get_window_extent()
    offsets = np.array([(right * s, up * s * 0.8) for s, (right, up) in product(STEPS_PT, SIDES)])
    sides = np.array([right for _ in STEPS_PT for right, _ in SIDES])
    spots = (at[:, None, :] + offsets * axes.figure.dpi / 72).reshape(-1, 2)
    extent = np.array([size.width, size.height])
    shares = np.column_stack([(sides - 1) / 2, np.full(len(sides), -0.5)])
    corner = spots + np.tile(shares, (len(at), 1)) * extent
    boxes = np.hstack([corner, corner + extent])
    far = np.tile(np.repeat(np.arange(len(STEPS_PT)), len(SIDES)), len(at))
    astray = _distance(boxes, others) < _distance(boxes, at)
    cost = _covered(axes, boxes, taken) + ASTRAY * astray + FAR * far
    best = int(np.argmin(cost))
    point, offset = divmod(best, len(offsets))
    text.xy = tuple(to_data.transform(at[point]))
    text.set_position(tuple(offsets[offset]))
    text.set_horizontalalignment(ALIGNMENTS[sides[offset] + 1])
    return boxes[best]


def _covered(axes: Axes, boxes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """How many taken places each box covers; one that leaves the axes counts as very many."""
    room = axes.get_window_extent()
    left, low, right, high = (boxes[:, [side]] for side in range(4))
    across = (left < taken[:, 2]) & (right > taken[:, 0])
    along = (low < taken[:, 3]) & (high > taken[:, 1])
    out = (left < room.x0) | (right > room.x1) | (low < room.y0) | (high > room.y1)
    return (across & along).sum(axis=1) + out[:, 0] * OUTSIDE


def _distance(boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """From each box to the nearest of these points, in pixels."""
    low, high = boxes[:, None, :2] - points, points - boxes[:, None, 2:]
    return np.hypot(*np.maximum(np.maximum(low, high), 0).T).T.min(axis=1, initial=np.inf)


def _texts(axes: Axes) -> list[np.ndarray]:
    """The boxes of the texts that are written already."""
    boxes = [text.get_window_extent().extents for text in axes.texts]
    return [np.tile(box, (NAMES, 1)) for box in boxes]


def _line_squares(axes: Axes) -> np.ndarray:
    """Squares that cover the lines of the axes."""
    paths = [_squares(axes, _pixels(line), 0.15) for line in axes.get_lines()]
    return np.vstack([np.empty((0, 4)), *paths])


def _squares(axes: Axes, at: np.ndarray, share: float) -> np.ndarray:
    """A square around each point, as large as a share of the text."""
    radius = text_pt(share) * axes.figure.dpi / 72
    return np.hstack([at - radius, at + radius])


def _pixels(line: Line2D) -> np.ndarray:
    """Points along a line as it is drawn, in pixels, dense enough that no text slips between."""
    corners = line.get_transform().transform(line.get_path().vertices)
    if line.get_drawstyle() == "steps-post":
        x, y = np.repeat(corners, 2, axis=0)[1:, 0], np.repeat(corners, 2, axis=0)[:-1, 1]
        corners = np.column_stack([x, y])
    corners = corners if len(corners) > 1 else np.repeat(corners, 2, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.linspace(0, along[-1], SAMPLES)
    return np.column_stack([np.interp(at, along, corners[:, axis]) for axis in (0, 1)])
