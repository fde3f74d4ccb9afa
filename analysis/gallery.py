"""Every chart by name: what it asks, how high it is, and which frames it draws."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.charts import (
    binding_limits,
    completion_time,
    concurrency_and_backlog,
    cost_against_items,
    cost_against_time,
    cost_by_service,
    cost_of_ownership,
    how_simple,
    invocation_durations,
    model_agreement,
    price_of_knowing,
    who_wins,
)
from analysis.frames import Frames
from analysis.theme import BLOG, Canvas, Theme, blank, use

Draw = Callable[[Frames, Figure], Figure]


@dataclass(frozen=True)
class Chart:
    """A picture of the gallery. `panel_in` overrides the canvas' height of a panel, in inches."""

    name: str
    question: str
    draw: Draw
    panels: int = 2
    panel_in: float | None = None


CHARTS = (
    Chart(
        "price_of_knowing",
        price_of_knowing.QUESTION,
        lambda e, f: price_of_knowing.price_of_knowing(e.runs, f),
        panels=1,
        panel_in=4.2,
    ),
    Chart(
        "cost_against_items",
        cost_against_items.QUESTION,
        lambda e, f: cost_against_items.cost_against_items(e.runs, f),
    ),
    Chart(
        "cost_by_service",
        cost_by_service.QUESTION,
        lambda e, f: cost_by_service.cost_by_service(e.runs, e.bills, f),
    ),
    Chart(
        "completion_time",
        completion_time.QUESTION,
        lambda e, f: completion_time.completion_time(e.runs, f),
    ),
    Chart(
        "concurrency_and_backlog",
        concurrency_and_backlog.QUESTION,
        lambda e, f: concurrency_and_backlog.concurrency_and_backlog(e.pair, e.pair_timelines, f),
    ),
    Chart(
        "invocation_durations",
        invocation_durations.QUESTION,
        lambda e, f: invocation_durations.invocation_durations(e.runs, e.invocations, f),
    ),
    Chart(
        "cost_against_time",
        cost_against_time.QUESTION,
        lambda e, f: cost_against_time.cost_against_time(e.runs, f),
        panels=1,
        panel_in=4.2,
    ),
    Chart("who_wins", who_wins.QUESTION, lambda e, f: who_wins.who_wins(e.runs, f)),
    Chart(
        "binding_limits",
        binding_limits.QUESTION,
        lambda e, f: binding_limits.binding_limits(e.table("limits"), f),
        panels=1,
        panel_in=3.6,
    ),
    Chart(
        "how_simple",
        how_simple.QUESTION,
        lambda e, f: how_simple.how_simple(e.table("simplicity"), f),
        panels=1,
        panel_in=3.6,
    ),
    Chart(
        "cost_of_ownership",
        cost_of_ownership.QUESTION,
        lambda e, f: cost_of_ownership.cost_of_ownership(e.monthly, e.table("simplicity"), f),
    ),
    Chart(
        "model_agreement",
        model_agreement.QUESTION,
        lambda e, f: model_agreement.model_agreement(e.runs, e.table("agreement"), f),
        panels=3,
        panel_in=2.5,
    ),
)


def draw(chart: Chart, frames: Frames, theme: Theme, canvas: Canvas = BLOG) -> Figure:
    """One chart in one theme on one canvas; raises NothingToShow with the reason."""
    with use(theme, canvas):
        return chart.draw(frames, blank(canvas, chart.panels, chart.panel_in))


def named(name: str) -> Chart:
    """The chart called `name`."""
    return next(chart for chart in CHARTS if chart.name == name)


def names() -> Iterator[str]:
    """The names of all charts, in the order of the report."""
    return (chart.name for chart in CHARTS)
