"""One chart a file: its question, what it selects, its drawing, and its sentence.

Drawing and sentence are given the same selection and nothing else, so they tell of the same runs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.caption import ask
from analysis.frames import Frames
from analysis.needs import Chosen
from analysis.theme import BLOG, Canvas, Theme, blank, use


@dataclass(frozen=True)
class Chart:
    """A picture of the gallery. `panel_in` overrides the canvas' height of a panel, in inches.

    `select` raises NothingToShow with the reason where there is nothing to draw and to say.
    """

    name: str
    question: str
    select: Callable[[Frames], Chosen]
    draw: Callable[[Chosen, Figure], None]
    say: Callable[[Chosen], str]
    panels: int = 2
    panel_in: float | None = None

    def picture(self, chosen: Chosen, theme: Theme, canvas: Canvas = BLOG) -> Figure:
        """What was selected in one theme on one canvas."""
        with use(theme, canvas):
            figure = blank(canvas, self.panels, self.panel_in)
            ask(figure, self.question)
            self.draw(chosen, figure)
            return figure
