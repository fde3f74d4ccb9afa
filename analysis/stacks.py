"""Stacked bars whose parts are named beside them; shades of one colour, which means the design."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from analysis.labels import LINE_GAP, spread
from analysis.theme import colour, faint, text_pt, tint
from analysis.words import dollars

BAR = 0.28  # width of a bar, in places
NAMED_MIN_SHARE = 0.012  # smaller parts are summed up as "other"
STRENGTHS = (1.0, 0.62, 0.38, 0.8, 0.5, 0.25)
TEXT = 0.8  # of the canvas' text


@dataclass(frozen=True)
class Part:
    """A named amount of dollars."""

    name: str
    usd: float
    strength: float | None = None  # of the design's colour; None: by its place in the bar


def stack(axes: Axes, place: float, design: str, parts: Sequence[Part], top_usd: float) -> None:
    """Draw one bar at `place`, its parts named to its right and its sum above it."""
    shown = gathered(parts, top_usd)
    base, middles = 0.0, []
    for index, part in enumerate(shown):
        strength = part.strength or STRENGTHS[index % len(STRENGTHS)]
        face = tint(design, strength)
        axes.bar(place, part.usd, BAR, bottom=base, color=face, edgecolor=axes.get_facecolor())
        middles.append(base + part.usd / 2)
        base += part.usd
    axes.annotate(
        dollars(base),
        (place, base),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
        color=colour(design),
    )
    _name(axes, place, shown, middles, top_usd)


def gathered(parts: Sequence[Part], top_usd: float) -> list[Part]:
    """The parts that can be seen, and one for the rest of them."""
    large = [part for part in parts if part.usd >= top_usd * NAMED_MIN_SHARE]
    rest = [part for part in parts if 0 < part.usd < top_usd * NAMED_MIN_SHARE]
    if len(rest) > 1:
        return [*large, Part("other", sum(part.usd for part in rest))]
    return [*large, *rest]


def _name(
    axes: Axes, place: float, parts: Sequence[Part], middles: list[float], top_usd: float
) -> None:
    """Write each part's name and dollars beside it, spread, with a thin line to it."""
    size = text_pt(TEXT)
    top = top_usd * 1.12
    height_pt = axes.get_window_extent().height * 72 / axes.figure.dpi * 0.8
    gap = size * LINE_GAP / height_pt
    placed = spread([max(middle / top, gap / 2) for middle in middles], gap)
    for part, middle, height in zip(parts, middles, placed, strict=True):
        axes.annotate(
            f"{part.name} {dollars(part.usd)}",
            (place + BAR / 2, middle),
            (place + BAR / 2 + 0.06, height * top),
            va="center",
            fontsize=size,
            arrowprops={"arrowstyle": "-", "color": faint(), "lw": 0.7, "shrinkA": 0, "shrinkB": 0},
        )
