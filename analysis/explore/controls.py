"""Controls of numbers, choices and knobs: a slider beside a field to type in, each with a tooltip.

Knobs come from the designs' own dataclasses, so a new knob gets its control by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import Field, fields
from math import log
from typing import Any

import ipywidgets as widgets
import traitlets

from workbench.border import whole_number
from workbench.designs import PRESETS, Design
from workbench.designs.meanings import first_knobs, other_knobs, tooltip
from workbench.errors import BadKnob

STEPS = (1, 2, 5)  # of each ten
STYLE = {"description_width": "13em"}
ROOM = widgets.Layout(width="26em")
FIELD = widgets.Layout(width="7em")
ROWS = widgets.Layout(flex_flow="row wrap")  # in two columns, as many as fit
NONE = "none"  # of a knob that may be off


class Number(widgets.HBox):
    """A slider over round numbers, and a field for any: `value` is the text that stands there.

    Whoever reads it judges it, so that what cannot be is refused in its own words.
    """

    value = traitlets.Unicode()

    def __init__(
        self, name: str, options: Iterable[int], value: Any, tip: str, may_be_off: bool
    ) -> None:
        steps = [written(n) for n in sorted(set(options))]
        self.slider = widgets.SelectionSlider(
            options=[*steps, *([NONE] if may_be_off else [])],
            description=name,
            readout=False,
            tooltip=tip,
            style=STYLE,
            layout=ROOM,
        )
        self.typed = widgets.Text(continuous_update=True, tooltip=tip, layout=FIELD)
        self._own = False  # whether the slider is moved from here
        super().__init__([self.slider, self.typed])
        self.observe(self._follow, names="value")
        self.slider.observe(self._slid, names="value")
        self.typed.observe(self._typed, names="value")
        self.value = written(value)

    def _slid(self, change: Any) -> None:
        if not self._own:
            self.value = change["new"]

    def _typed(self, change: Any) -> None:
        self.value = change["new"]

    def _follow(self, _change: Any) -> None:
        """Show the value in both places, on the slider the step that is nearest."""
        self.typed.value = self.value
        self._own = True
        self.slider.value = _nearest(self.value, self.slider.options)
        self._own = False


def written(value: Any) -> str:
    """A value as it stands in a field."""
    return NONE if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def number(name: str, low: int, high: int, value: Any, tip: str) -> Number:
    """A number between two."""
    return Number(name, steps(low, high), value, tip, may_be_off=False)


def steps(low: float, high: float) -> Iterator[int]:
    """1, 2, 5, 10, 20 … from low to high, both included."""
    yield int(low)
    size = 1
    while size <= high:
        yield from (size * step for step in STEPS if low < size * step < high)
        size *= 10
    yield int(high)


def knob_control(knob: Field) -> widgets.Widget:
    """A menu where AWS gives a choice, else a number, which may be off where it is by default."""
    choices, tip = knob.metadata["of"], tooltip(knob)
    if choices:
        return widgets.Dropdown(
            options=[(str(one), one) for one in choices],
            value=knob.default,
            description=knob.name,
            tooltip=tip,
            style=STYLE,
            layout=widgets.Layout(width="22em", margin="2px 13em 2px 2px"),
        )
    low, high = knob.metadata["low"], knob.metadata["high"]
    return Number(knob.name, steps(low, high), knob.default, tip, "None" in str(knob.type))


class Knobs:
    """The knobs of a design: those that matter first, the others folded by purpose, and presets."""

    def __init__(self, design: type[Design]) -> None:
        self.design = design
        own = {f.name: f for f in fields(design)}
        self._others = other_knobs(design)
        shown = [*first_knobs(design), *(name for some in self._others.values() for name in some)]
        self.controls = {name: knob_control(own[name]) for name in shown}
        self.presets = preset_buttons(PRESETS[design.name])
        self.tune = widgets.Button(
            description="tune it for me",
            tooltip=f"search the cheapest knobs of {design.name} in time, on the model",
            button_style="primary",
        )

    @property
    def values(self) -> dict[str, Any]:
        """The knobs by name, as they stand; the design judges them."""
        return {name: control.value for name, control in self.controls.items()}

    def show(self, values: dict[str, Any]) -> None:
        """Put the controls to these knobs; what is not named goes to its default."""
        defaults = {f.name: f.default for f in fields(self.design)}
        for name, control in self.controls.items():
            value = values.get(name, defaults[name])
            control.value = written(value) if isinstance(control, Number) else value

    def panel(self) -> widgets.Widget:
        """The presets, the first knobs, and the others in folds."""
        first = [self.controls[name] for name in first_knobs(self.design)]
        folds = [
            widgets.Box([self.controls[name] for name in names], layout=ROWS)
            for names in self._others.values()
        ]
        titles = tuple(f"{purpose}: {len(names)} more" for purpose, names in self._others.items())
        return widgets.VBox(
            [
                widgets.HBox([*self.presets.values(), self.tune]),
                widgets.Box(first, layout=ROWS),
                widgets.Accordion(folds, titles=titles, selected_index=None),
            ]
        )


def preset_buttons(names: Iterable[str]) -> dict[str, widgets.Button]:
    """A button a preset, by its name."""
    return {
        name: widgets.Button(description=name, tooltip=f"put the knobs to the preset {name}")
        for name in names
    }


def _nearest(text: str, options: Sequence[str]) -> str:
    """The step that is nearest to what was typed, by ratio; the first if that is no number."""
    if text in options:
        return text
    try:
        value = whole_number("", text)
    except BadKnob:
        return options[0]
    sizes = {one: whole_number("", one) for one in options if one != NONE}
    return min(sizes, key=lambda one: abs(log(max(sizes[one], 0.5)) - log(max(value, 0.5))))
