"""The dictionary of designs, and a design from a preset and settings over it.

Knobs that nobody set follow the batch: as many items a lot as the longest of them allow.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from workbench import border
from workbench.designs.counters import Counters
from workbench.designs.design import Design
from workbench.designs.durable import Durable
from workbench.designs.sfn import Sfn
from workbench.designs.sqs import Sqs
from workbench.errors import BadInput, BadKnob
from workbench.workload.durations import MS_MAX

DESIGNS: dict[str, type[Design]] = {
    "sqs": Sqs,
    "sfn": Sfn,
    "counters": Counters,
    "durable": Durable,
}
COMPARED = tuple(DESIGNS)  # what the study runs and compares
PRESETS = {name: design.presets for name, design in DESIGNS.items()}


def make_design(
    name: str, preset: str = "default", settings: dict[str, Any] | None = None
) -> Design:
    """The design called `name`: a preset, and settings over it (texts are read as values)."""
    if border.text("design", name) not in DESIGNS:
        raise BadInput(f"design={name!r} is not known. Take one of {', '.join(DESIGNS)}.")
    if border.text("preset", preset) not in PRESETS[name]:
        raise BadInput(f"preset={preset!r} is not known. Take one of {', '.join(PRESETS[name])}.")
    given, known = border.settings(settings), [f.name for f in fields(DESIGNS[name])]
    strange = next((key for key in given if key not in known), None)
    if strange is not None:
        raise BadInput(f"knob {strange!r} is not one of {name}. It has {', '.join(known)}.")
    return DESIGNS[name](**(PRESETS[name][preset] | given))


@dataclass(frozen=True)
class Fitted:
    """A design, and which of its knobs were changed for it to work: by name, from what to what."""

    design: Design
    changed: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """What was fitted, on one line; empty where nothing was."""
        knobs = ", ".join(f"{name}={now} (was {was})" for name, (was, now) in self.changed.items())
        size = f" and {self.design.item_bytes:,} bytes" if self.design.item_bytes else ""
        items = f"items of up to {self.design.value_max:,} ms{size}"
        why = f"so that {self.design.name} can work {items}"
        return f"fitted: {knobs}, {why}" if knobs else ""

    def refuse_unpriced(self, items: int) -> None:
        """Refuse to estimate what the design cannot carry, or what no list has a price for."""
        self.design.refuse_items(items)
        if unpriced := self.design.unpriced:
            raise BadInput(
                f"{self.design.name}: {unpriced}, and no price list has its price: an estimate "
                "without it would be too cheap. Leave it out."
            )


def fit_design(
    name: str, preset: str = "default", settings: dict[str, Any] | None = None
) -> Fitted:
    """The design called `name`; where it is refused, the knobs that `settings` leave open are
    lowered in the order of `Design.follows`, each no further than it must.

    Knobs that are set never change: where these do not fit, the refusal stands, and says how long
    an item may take at most.
    """
    given = border.settings(settings)
    try:
        return Fitted(make_design(name, preset, given))
    except BadKnob as refusal:
        refused = refusal
    whole = PRESETS[name][preset] | given
    free = [knob for knob in DESIGNS[name].follows if knob not in given]
    if fitted := _lowered(name, whole, free):
        return fitted
    least = whole | dict.fromkeys(free, 1) | {"value_max": 0}
    if not given.get("durations") and _works(name, least):
        most = _largest(name, least, "value_max", MS_MAX)
        refused.say_also(f"With what is set, an item may take up to {most:,} ms.")
    raise refused


def refit_design(design: Design, settings: dict[str, Any]) -> Design:
    """A design with other settings; where that is refused its lots are lowered, as `fit_design`
    does from the usual ones. BadKnob if no lots are small enough.
    """
    whole = design.knobs() | settings
    try:
        return make_design(design.name, settings=whole)
    except BadKnob:
        fitted = _lowered(design.name, whole, design.follows)
        if fitted is None:
            raise
        return fitted.design


def _lowered(name: str, settings: dict[str, Any], free: Iterable[str]) -> Fitted | None:
    """The design with as few of the free knobs lowered as can be, one after the other."""
    usual = DESIGNS[name]().knobs() | settings
    lowered: dict[str, int] = {}
    for knob in free:
        lowered[knob] = 1
        if _works(name, settings | lowered):
            lowered[knob] = _largest(name, settings | lowered, knob, usual[knob])
            changed = {one: (usual[one], now) for one, now in lowered.items() if usual[one] != now}
            return Fitted(make_design(name, settings=settings | lowered), changed)
    return None


def _largest(name: str, settings: dict[str, Any], knob: str, top: int) -> int:
    """The largest value of a knob that works, where the one in the settings does."""
    low = settings[knob]
    while low < top:
        middle = (low + top + 1) // 2
        if _works(name, settings | {knob: middle}):
            low = middle
        else:
            top = middle - 1
    return low


def _works(name: str, settings: dict[str, Any]) -> bool:
    try:
        make_design(name, settings=settings)
    except BadKnob:
        return False
    return True
