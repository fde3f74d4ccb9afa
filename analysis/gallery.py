"""Every chart by name, in the order of the report.

A chart is a module of `analysis.charts`: the first paragraph of its docstring is the question it
answers, `select` takes the frames, `draw` and `say` are given that selection and nothing else, so
that picture and sentence tell of the same runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from matplotlib.figure import Figure

from analysis.caption import ask
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow
from analysis.theme import (
    BLOG,
    LIGHT,
    PANELS_IN,
    Canvas,
    Theme,
    blank,
    fix_colours,
    freeze,
    save,
    use,
)

NAMES = (
    "who_wins",
    "who_wins_tail",
    "who_wins_default",
    "price_of_knowing",
    "cost_against_items",
    "cost_by_service",
    "completion_time",
    "ramp_and_drain",
    "invocation_durations",
    "cost_against_time",
    "binding_limits",
    "how_simple",
    "cost_of_ownership",
    "agreement_with_local",
    "agreement_with_published",
    "savings",
    "prediction_errors",
)


@dataclass(frozen=True)
class Chart:
    """A picture of the gallery; `height_in` is that of its panels together, in inches.

    `select` raises NothingToShow with the reason where there is nothing to draw and to say.
    """

    name: str
    question: str
    select: Callable[[Frames], Chosen]
    draw: Callable[[Chosen, Figure], None]
    say: Callable[[Chosen], str]
    height_in: float

    def picture(self, chosen: Chosen, theme: Theme, canvas: Canvas = BLOG) -> Figure:
        """What was selected in one theme on one canvas."""
        with use(theme, canvas):
            figure = blank(canvas, self.height_in)
            ask(figure, self.question)
            self.draw(chosen, figure)
            return figure

    def save(
        self, chosen: Chosen, stem: Path, theme: Theme, canvas: Canvas = BLOG, *formats: str
    ) -> list[Path]:
        """Draw what was selected into `<stem>-<theme>.<format>`, PNG if no format is named."""
        figure = self.picture(chosen, theme, canvas)
        with use(theme, canvas):
            return save(figure, stem.with_name(f"{stem.name}-{theme.name}"), formats or ("png",))


def named(name: str) -> Chart:
    """The chart called `name`."""
    module = import_module(f"analysis.charts.{name}")
    question = " ".join(module.__doc__.split("\n\n")[0].split())
    height_in = getattr(module, "HEIGHT_IN", PANELS_IN)
    return Chart(name, question, module.select, module.draw, module.say, height_in)


CHARTS: tuple[Chart, ...] = tuple(named(name) for name in NAMES)


def figure(name: str, frames: Frames, theme: Theme = LIGHT) -> Figure:
    """A chart by itself, its layout and colours for good. Raises NothingToShow."""
    from matplotlib import pyplot

    pyplot.draw_if_interactive()  # loads the backend, which tells a notebook how to show a figure
    chart = named(name)
    with use(theme):
        drawn = chart.picture(chart.select(frames), theme)
        freeze(drawn)
        fix_colours(drawn)
    return drawn


def sentence(name: str, frames: Frames) -> str:
    """The sentence of a chart, or why there is none."""
    chart = named(name)
    try:
        return chart.say(chart.select(frames))
    except NothingToShow as reason:
        return f"Not shown: {reason}"
