"""The tab of what is kept: scenarios as files, as text to copy, and the picture as a file."""

from base64 import b64encode
from collections.abc import Callable
from html import escape
from pathlib import Path

import ipywidgets as widgets

from analysis import theme
from analysis.explore import controls
from analysis.explore.scenario import Scenario
from analysis.explore.spelled import command_line, papermill_lines
from workbench.errors import BadInput

SPELLED: dict[str, Callable[[Scenario], str]] = {
    "command line": command_line,
    "YAML": Scenario.text,
    "papermill": papermill_lines,
}
KINDS = {"png": "image/png", "svg": "image/svg+xml"}
COPY = (  # a browser lets a page write to the clipboard while a button is pressed
    '<button class="jupyter-button" onclick="navigator.clipboard.writeText('
    "document.querySelector('.explore-text textarea').value)\">copy</button>"
)
LOOKS = {look.name: look for look in theme.THEMES}


class KeepTab:
    """A path with buttons to save and load, the scenario as text, and the picture's formats."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.path = widgets.Text(
            value="scenario.yaml",
            description="file",
            tooltip=f"a YAML file, relative to {place}",
            style=controls.STYLE,
            layout=controls.ROOM,
        )
        self.save = _button("save", "write the scenario to the file")
        self.load = _button("load", "put every control to what the file says")
        self.export = {kind: _button(kind.upper(), f"the picture as {kind}") for kind in KINDS}
        self.look = widgets.ToggleButtons(options=list(LOOKS), style={"button_width": "6em"})
        self.kind = widgets.ToggleButtons(options=list(SPELLED), style={"button_width": "9em"})
        self.text = widgets.Textarea(rows=8, layout=widgets.Layout(width="98%"))
        self.text.add_class("explore-text")
        self.told = widgets.HTML()
        self._scenario: Scenario | None = None
        self.kind.observe(lambda _: self._spell(), names="value")

    @property
    def theme(self) -> theme.Theme:
        """The colours to draw in."""
        return LOOKS[self.look.value]

    @property
    def file(self) -> Path:
        """The file that is named; BadInput where none is."""
        if not self.path.value.strip():
            raise BadInput("file='': name a YAML file")
        return self._place / Path(self.path.value.strip()).expanduser()

    def show(self, scenario: Scenario) -> None:
        """The scenario as text."""
        self._scenario = scenario
        self._spell()

    def offer(self, picture: bytes, kind: str) -> None:
        """A link that downloads the picture."""
        held = b64encode(picture).decode()
        self.told.value = (
            f'<a download="explore.{kind}" href="data:{KINDS[kind]};base64,{held}">'
            f"download explore.{kind}</a> ({len(picture):,} bytes)"
        )

    def say(self, text: str) -> None:
        """A sentence below the buttons."""
        self.told.value = escape(text)

    def panel(self) -> widgets.Widget:
        """All of it."""
        files = widgets.HBox([self.path, self.save, self.load])
        picture = widgets.HBox(
            [widgets.Label("picture as"), *self.export.values(), widgets.Label("in"), self.look]
        )
        return widgets.VBox(
            [files, picture, self.told, widgets.HBox([self.kind, widgets.HTML(COPY)]), self.text]
        )

    def _spell(self) -> None:
        if self._scenario is not None:
            self.text.value = SPELLED[self.kind.value](self._scenario)


def _button(name: str, tip: str) -> widgets.Button:
    return widgets.Button(description=name, tooltip=tip, layout=widgets.Layout(width="6em"))
