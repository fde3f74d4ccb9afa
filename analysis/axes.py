"""Axes in plain words: items, time and dollars, with ticks that a reader knows."""

from collections.abc import Callable
from math import log

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from analysis.theme import text_pt
from analysis.words import dollars, duration, short_count

SECOND_TICKS = (0.01, 0.1, 1, 10, 60, 600, 3_600, 36_000, 360_000)
FINE_SECOND_TICKS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800,
    3_600, 7_200, 18_000, 36_000, 72_000, 180_000, 360_000,
)  # fmt: skip
TICK_TEXTS = {"x": 4.6, "y": 2.4}  # sizes of text, from one labelled time to the next
TIME_UNITS = (("seconds", 1, 180), ("minutes", 60, 10_800), ("hours", 3_600, float("inf")))


def items_axis(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis of items in a batch, labelled in thousands and millions."""
    axes.set_xscale("log")
    axes.set_xlim(low / 1.35, high * 1.35)
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_count(value)))
    axes.set_xlabel("items in the batch")


def seconds_axis(axes: Axes, low: float, high: float, which: str = "y") -> None:
    """A logarithmic axis of time, labelled in seconds, minutes and hours."""
    axis = _log_axis(axes, low, high, which, duration)
    ticks = _apart(low / 1.6, high * 1.6, _room(axes, which))
    if len(ticks) < 2:
        axis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0), numticks=8))
    else:
        axis.set_major_locator(FixedLocator(ticks))


def dollars_axis(axes: Axes, low: float, high: float, which: str = "y") -> None:
    """A logarithmic axis of dollars."""
    axis = _log_axis(axes, low, high, which, dollars)
    subs = (1.0, 2.0, 5.0) if high / low < 30 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=9))


def times_axis(axes: Axes, low: float, high: float) -> None:
    """A linear axis of multiples of the least, from a little below one."""
    most = max(high, 1.1)
    axes.set_ylim(min(low, 1.0) - 0.06 * (most - 1), most + 0.06 * (most - 1))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))


def _log_axis(
    axes: Axes, low: float, high: float, which: str, words: Callable[[float], str]
) -> Axis:
    """The axis, logarithmic and with room around; only the larger ticks have words."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low / 1.6, high * 1.6)})
    axis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())
    return axis


def time_axis(axes: Axes, longest_s: float) -> None:
    """A linear axis of time since the trigger, in the unit that suits its length."""
    unit, seconds = next((name, size) for name, size, most in TIME_UNITS if longest_s <= most)
    axes.set_xlim(0, longest_s * 1.02)
    steps = [1, 1.5, 2, 3, 5, 10] if unit != "hours" else [1, 2, 3, 5, 10]
    ticks = MaxNLocator(6, steps=steps).tick_values(0, longest_s / seconds)
    axes.xaxis.set_major_locator(FixedLocator([t * seconds for t in ticks if t >= 0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / seconds:g}"))
    axes.set_xlabel(f"{unit} since the trigger")


def panels(figure: Figure, number: int, **options: object) -> list[Axes]:
    """So many panels: one below the other, or side by side where the figure is wide."""
    wide = figure.get_figwidth() > 1.3 * figure.get_figheight()
    rows, across = (1, number) if wide else (number, 1)
    grid = figure.subplots(rows, across, squeeze=False, **options)
    return list(grid.flat)


def _room(axes: Axes, which: str) -> float:
    """How many labelled times an axis has room for."""
    box = axes.get_window_extent()
    pixels = box.width if which == "x" else box.height
    return max(2.0, pixels * 72 / axes.figure.dpi / text_pt() / TICK_TEXTS[which])


def _apart(low: float, high: float, most: float) -> list[float]:
    """Round times of a range, the roundest first, none nearer to another than there is room."""
    room = log(high / low) / most
    chosen: list[float] = []
    for tick in (*SECOND_TICKS, *FINE_SECOND_TICKS):
        if low <= tick <= high and all(abs(log(tick / other)) >= room for other in chosen):
            chosen.append(tick)
    return sorted(chosen)
