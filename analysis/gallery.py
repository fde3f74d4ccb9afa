"""Every chart by name: what it asks, how high it is, and which frames it draws."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.charts import (
    agreement_with_local,
    agreement_with_published,
    binding_limits,
    completion_time,
    concurrency_and_backlog,
    cost_against_items,
    cost_against_time,
    cost_by_service,
    cost_of_ownership,
    how_simple,
    invocation_durations,
    prediction_errors,
    price_of_knowing,
    savings,
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
        lambda f, figure: price_of_knowing.price_of_knowing(f.runs, figure),
        panels=1,
        panel_in=4.2,
    ),
    Chart(
        "cost_against_items",
        cost_against_items.QUESTION,
        lambda f, figure: cost_against_items.cost_against_items(f.runs, figure),
    ),
    Chart(
        "cost_by_service",
        cost_by_service.QUESTION,
        lambda f, figure: cost_by_service.cost_by_service(f.runs, f.bills, figure),
    ),
    Chart(
        "completion_time",
        completion_time.QUESTION,
        lambda f, figure: completion_time.completion_time(f.runs, figure),
    ),
    Chart(
        "concurrency_and_backlog",
        concurrency_and_backlog.QUESTION,
        lambda f, figure: concurrency_and_backlog.concurrency_and_backlog(
            f.pair, f.pair_timelines, figure
        ),
    ),
    Chart(
        "invocation_durations",
        invocation_durations.QUESTION,
        lambda f, figure: invocation_durations.invocation_durations(f.runs, f.invocations, figure),
    ),
    Chart(
        "cost_against_time",
        cost_against_time.QUESTION,
        lambda f, figure: cost_against_time.cost_against_time(f.runs, figure),
        panels=1,
        panel_in=4.2,
    ),
    Chart("who_wins", who_wins.QUESTION, lambda f, figure: who_wins.who_wins(f.runs, figure)),
    Chart(
        "binding_limits",
        binding_limits.QUESTION,
        lambda f, figure: binding_limits.binding_limits(f.table("limits"), figure),
        panels=1,
        panel_in=3.6,
    ),
    Chart(
        "how_simple",
        how_simple.QUESTION,
        lambda f, figure: how_simple.how_simple(f.table("simplicity"), figure),
        panels=1,
        panel_in=3.6,
    ),
    Chart(
        "cost_of_ownership",
        cost_of_ownership.QUESTION,
        lambda f, figure: cost_of_ownership.cost_of_ownership(
            f.monthly, f.table("simplicity"), figure
        ),
    ),
    Chart(
        "agreement_with_local",
        agreement_with_local.QUESTION,
        lambda f, figure: agreement_with_local.agreement_with_local(f.runs, figure),
    ),
    Chart(
        "agreement_with_published",
        agreement_with_published.QUESTION,
        lambda f, figure: agreement_with_published.agreement_with_published(
            f.table("agreement"), figure
        ),
        panels=1,
        panel_in=5.4,
    ),
    Chart(
        "savings",
        savings.QUESTION,
        lambda f, figure: savings.savings(f.table("savings"), figure),
        panel_in=3.4,
    ),
    Chart(
        "prediction_errors",
        prediction_errors.QUESTION,
        lambda f, figure: prediction_errors.prediction_errors(f.table("predictions"), figure),
    ),
)


def draw(chart: Chart, frames: Frames, theme: Theme, canvas: Canvas = BLOG) -> Figure:
    """One chart in one theme on one canvas; raises NothingToShow with the reason."""
    with use(theme, canvas):
        return chart.draw(frames, blank(canvas, chart.panels, chart.panel_in))


def named(name: str) -> Chart:
    """The chart called `name`."""
    return next(chart for chart in CHARTS if chart.name == name)


def names() -> list[str]:
    """The names of all charts, in the order of the report."""
    return [chart.name for chart in CHARTS]
