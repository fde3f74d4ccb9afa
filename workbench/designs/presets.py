"""The dictionary of designs, and a design from a preset and settings over it."""

from dataclasses import fields
from typing import Any

from workbench import border
from workbench.designs.counters import Counters
from workbench.designs.design import Design
from workbench.designs.sfn import Sfn
from workbench.designs.sqs import Sqs
from workbench.errors import BadInput

DESIGNS: dict[str, type[Design]] = {"sqs": Sqs, "sfn": Sfn, "counters": Counters}
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
