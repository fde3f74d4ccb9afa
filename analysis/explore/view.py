"""What the explorer shows: the verdict on top, the picture, the numbers, and how old they are."""

from html import escape
from time import perf_counter

import ipywidgets as widgets

from analysis import theme
from analysis.explore.answer import Shown, numbers, verdict
from analysis.explore.drawing import SCREEN, live_view
from workbench.errors import WorkbenchError

OLDER = "explore-older"  # the class of what does not belong to the controls
LOOK = f"""<style>.{OLDER} {{ opacity: .3; filter: grayscale(1); }}
.explore-shown {{ transition: opacity .2s .25s; }}</style>"""
WAIT = "Simulating … (the first time, the model is compiled, which takes a minute or more)"


class View:
    """The answer of one scenario after the other, with a pinned one behind it."""

    def __init__(self) -> None:
        self.verdict, self.table = widgets.HTML(), widgets.HTML()
        self.picture = widgets.Image(format="png")
        self.message = widgets.HTML(WAIT)
        self.pin = widgets.ToggleButton(
            description="pin", tooltip="keep this one behind the next: pale lines, and differences"
        )
        self.shown: Shown | None = None
        self.pinned: Shown | None = None
        self.look = theme.LIGHT
        self.top = widgets.VBox([widgets.HTML(LOOK), self.message, self.verdict, self.picture])
        self._parts = (self.verdict, self.picture, self.table)
        for part in self._parts:
            part.add_class("explore-shown")
        self.pin.observe(lambda change: self._pin(change["new"]), names="value")

    @property
    def is_older(self) -> bool:
        """Whether what is shown does not belong to the controls."""
        return OLDER in self.picture._dom_classes

    def draw(self, shown: Shown, began_s: float) -> None:
        """Show what was simulated; `began_s` is when that was begun, by `perf_counter`."""
        self.shown = shown
        self.redraw()
        took_s = perf_counter() - began_s
        self.message.value = f"Simulated and drawn in {took_s:.2f} s, {shown.terms}.{shown.fitted}"

    def redraw(self) -> None:
        """The same again: in other colours, or beside another one."""
        if self.shown is None:
            return
        picture = self.encoded("png")  # it takes longest: then all change together
        self.verdict.value = verdict(self.shown)
        self.picture.value = picture
        self.table.value = numbers(self.shown, self.pinned)
        self._mark(is_older=False)

    def encoded(self, kind: str) -> bytes:
        """The picture that is shown, as PNG or SVG; nothing before the first."""
        if self.shown is None:
            return b""
        behind = self.pinned.folders if self.pinned else ()
        with theme.use(self.look, SCREEN):
            figure = live_view(self.shown.folders, theme.blank(SCREEN), behind)
            return theme.encoded(figure, kind)

    def grey(self, why: str) -> None:
        """What is shown does not belong to the controls, for this reason."""
        self._mark(is_older=True)
        self.message.value = why

    def refuse(self, error: WorkbenchError) -> None:
        """What the controls say cannot be simulated."""
        self.grey(f"<b>Not possible:</b> {escape(str(error))} What is shown is older.")

    def add(self, text: str) -> None:
        """One more sentence behind the message."""
        self.message.value += f" {escape(text)}"

    def _pin(self, is_pinned: bool) -> None:
        """Keep what is shown behind what comes, or let it go."""
        older = self.is_older
        self.pinned = self.shown if is_pinned else None
        self.pin.description = "unpin" if is_pinned else "pin"
        self.redraw()
        self._mark(older)

    def _mark(self, is_older: bool) -> None:
        """Whether what is shown belongs to the controls."""
        for part in self._parts:
            part.add_class(OLDER) if is_older else part.remove_class(OLDER)
