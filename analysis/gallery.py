"""Every chart by name, in the order of the report."""

from importlib import import_module

from analysis.charts import Chart
from analysis.frames import Frames
from analysis.needs import NothingToShow

NAMES = (
    "price_of_knowing",
    "cost_against_items",
    "cost_by_service",
    "completion_time",
    "concurrency_and_backlog",
    "invocation_durations",
    "cost_against_time",
    "who_wins",
    "binding_limits",
    "how_simple",
    "cost_of_ownership",
    "agreement_with_local",
    "agreement_with_published",
    "savings",
    "prediction_errors",
)
CHARTS: tuple[Chart, ...] = tuple(import_module(f"analysis.charts.{name}").CHART for name in NAMES)


def named(name: str) -> Chart:
    """The chart called `name`."""
    return next(chart for chart in CHARTS if chart.name == name)


def sentence(name: str, frames: Frames) -> str:
    """The sentence of a chart, or why there is none."""
    chart = named(name)
    try:
        return chart.say(chart.select(frames))
    except NothingToShow as reason:
        return f"Not told: {reason}"
