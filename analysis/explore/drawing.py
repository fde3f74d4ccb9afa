"""The picture of a scenario: who is at work over time, and the dollars, with a pinned one behind.

Designs, purposes and their shades stand in one order, whatever the numbers are.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis import theme
from analysis.axes import time_axis
from analysis.explore.answer import change
from analysis.lines import counts_axis
from analysis.theme import colour, text_pt, tint
from analysis.words import dollars
from workbench.runs.records import LABELS, RunData

SCREEN = theme.Canvas("screen", 10.0, 11.0, 110, height_in=3.7)
# Fixed places, in shares of the figure: laying it out each time would double the time to draw.
TIME_PLACE = (0.075, 0.15, 0.475, 0.70)
DOLLAR_PLACE = (0.66, 0.15, 0.33, 0.70)
PURPOSES = LABELS[:-1]  # a simulation has no costs of measuring
SHADES = (1.0, 0.7, 0.42, 0.2)  # of a design's colour, by purpose
GHOST = 0.35  # how strongly a pinned scenario is drawn
WIDEST_PT, THINNER_PT, GHOST_PT = 4.4, 0.95, 1.0  # of lines, the first design's the widest
BAR, GHOST_BAR = 0.5, 0.16  # of a row
ROOM = 1.42  # to the right of the longest bar, as a factor, for its words
TITLE_Y, KEY_Y = 0.93, 0.875
TEXT, LETTER = 0.8, 0.0078  # of the canvas' text; the width of a letter, of the figure's


def live_view(folders: Sequence[RunData], figure: Figure, pinned: Sequence[RunData] = ()) -> Figure:
    """Draw runs that have just been simulated, one a design, and behind them pinned ones."""
    figure.set_layout_engine(None)
    time, usd = figure.add_axes(TIME_PLACE), figure.add_axes(DOLLAR_PLACE)
    _at_work(time, folders, pinned)
    _dollars(usd, folders, pinned)
    return figure


def _at_work(axes: Axes, folders: Sequence[RunData], pinned: Sequence[RunData]) -> None:
    """Invocations at work over time, and a mark where completion is known.

    Each line is thinner than the one before, so that none hides another that goes the same way.
    """
    for some, strength in ((pinned, GHOST), (folders, 1.0)):
        for rank, folder in enumerate(some):
            samples = folder.timeline[folder.timeline["metric"] == "concurrency"]
            width = GHOST_PT if strength < 1 else WIDEST_PT - THINNER_PT * rank
            look = {"color": colour(folder.run.design), "alpha": strength, "lw": width}
            times, values = samples["t_s"].to_numpy(), samples["value"].to_numpy()
            axes.add_line(Line2D(times, values, drawstyle="steps-post", **look))
            axes.axvline(folder.run.detected_s or 0.0, linestyle=(0, (2, 2)), **look)
    both = [*folders, *pinned]
    counts_axis(axes, max(one.run.peak_concurrency for one in both), "processor invocations")
    time_axis(axes, max(one.run.detected_s or 1.0 for one in both))
    key = [(folder.run.design, colour(folder.run.design)) for folder in folders]
    _head(axes, "At work; dashed: known to be done", key)


def _dollars(axes: Axes, folders: Sequence[RunData], pinned: Sequence[RunData]) -> None:
    """Dollars per million items, a bar a design, stacked by purpose; thin bars for pinned ones."""
    designs = [folder.run.design for folder in folders]
    parts = np.array([_by_purpose(folder) for folder in folders])
    old = {folder.run.design: sum(_by_purpose(folder)) for folder in pinned}
    total, rows = parts.sum(axis=1), np.arange(len(designs))
    for usd, start, shade in zip(parts.T, (parts.cumsum(axis=1) - parts).T, SHADES, strict=True):
        axes.barh(rows, usd, BAR, left=start, color=[tint(one, shade) for one in designs])
    if old:
        below = rows + (BAR + GHOST_BAR) / 2 + 0.03
        before = [old[one] for one in designs]
        axes.barh(below, before, GHOST_BAR, color=[tint(one, GHOST) for one in designs])
    for row, design, usd in zip(rows, designs, total, strict=True):
        text = f"{dollars(usd)}{change(usd, old.get(design))}"
        look = {"color": colour(design), "fontweight": "bold", "fontsize": text_pt(TEXT)}
        place = {"textcoords": "offset points", "va": "center"}
        axes.annotate(text, (usd, row), (4, 0), **place, **look)
    axes.set_yticks(rows, designs)
    axes.set_ylim(len(rows) - 0.4, -0.5)
    axes.set_xlim(0, ROOM * max([*total, *old.values()]) or 1.0)
    axes.grid(visible=False)
    axes.tick_params(length=0, axis="y")
    axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
    axes.locator_params(axis="x", nbins=4)
    key = [(name, to_rgba(theme.ink(), s)) for name, s in zip(PURPOSES, SHADES, strict=True)]
    _head(axes, "Dollars per million items", key)


def _by_purpose(folder: RunData) -> list[float]:
    """Dollars per million items of each purpose, in their order."""
    usd = dict.fromkeys(LABELS, 0.0)
    if folder.bill is not None:
        for label, cost_usd in zip(folder.bill["label"], folder.bill["cost_usd"], strict=True):
            usd[label] += float(cost_usd)
    return [usd[name] * 1e6 / folder.run.items for name in PURPOSES]


def _head(axes: Axes, title: str, key: Sequence[tuple[str, object]]) -> None:
    """A title, and below it what colours or shades mean; at fixed places, which draws sooner."""
    place, figure = axes.get_position(), axes.figure
    figure.text(place.x0, TITLE_Y, title, fontweight="bold")
    at = place.x0
    for name, look in key:
        figure.text(at, KEY_Y, "■", color=look, fontsize=text_pt(TEXT))
        figure.text(at + 0.014, KEY_Y, name, fontsize=text_pt(TEXT))
        at += 0.03 + LETTER * len(name)
