"""Options that several commands share, and how their text is read."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.border import positive, whole_number
from workbench.cli import completion
from workbench.designs import DESIGNS
from workbench.errors import BadInput
from workbench.runs.results_folder import refuse_unwritable

Results = Annotated[
    Path,
    typer.Option(
        "--results",
        help="Where the runs are stored; results/reference has the project's own.",
        show_default=False,
    ),
]

# Of commands that write there: refused before anything runs, if they cannot.
WrittenResults = Annotated[
    Path,
    typer.Option(
        "--results",
        help="Where runs, tables and charts lie.",
        show_default=False,
        callback=refuse_unwritable,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A knob: name=value, or design.name=value. May repeat.",
        autocompletion=completion.knobs,
    ),
]
Designs = Annotated[
    str,
    typer.Option(
        "--design",
        "--designs",
        help="sqs, sfn or counters, several with commas, or all.",
        autocompletion=completion.several_designs,
    ),
]
Design = Annotated[
    str, typer.Option(help="sqs, sfn or counters.", autocompletion=completion.one_design)
]
Target = Annotated[
    str, typer.Option(help="local, model or aws.", autocompletion=completion.targets)
]
Preset = Annotated[
    str,
    typer.Option(
        help="default, published, tuned or tuned-concurrent.", autocompletion=completion.presets
    ),
]


def read_designs(text: str) -> tuple[str, ...]:
    """The designs that a text names: names with commas between them, or all; each once."""
    if text == "all":
        return tuple(DESIGNS)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in DESIGNS:
            known = ", ".join(DESIGNS)
            raise BadInput(f"design={name!r} is not known. Take one of {known}, or all.")
    return names


def settings_by_design(
    pairs: list[str] | None, designs: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """The knobs that are set for each design: `design.name=value` before a plain `name=value`.

    A plain one is for each of the designs that has the knob; refused if none of several has it.
    """
    plain: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {design: {} for design in designs}
    for pair in pairs or []:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign:
            raise BadInput(f"--set {pair!r} is not name=value.")
        design, dot, knob = name.rpartition(".")
        if dot and design not in own:
            raise BadInput(f"--set {pair!r}: {design!r} is not among {', '.join(designs)}.")
        (own[design] if dot else plain)[knob] = value
    if len(designs) == 1:  # the design itself names the knobs that it has
        return {designs[0]: plain | own[designs[0]]}
    having = {design: [n for n in plain if n in _knobs(design)] for design in designs}
    for name in plain:
        if not any(name in names for names in having.values()):
            raise BadInput(f"knob {name!r} is not one of {' or '.join(designs)}.")
    return {
        design: {name: plain[name] for name in having[design]} | own[design] for design in designs
    }


def read_settings(pairs: list[str] | None, design: str) -> dict[str, str]:
    """The knobs that are set in a command for one design."""
    return settings_by_design(pairs, (design,))[design]


def _knobs(design: str) -> set[str]:
    return {field.name for field in fields(DESIGNS[design])}


def whole(name: str, told: str, low: int | None = None, high: int | None = None) -> Any:
    """An option that is a whole number in any spelling: 1000, 1e3, 1_000, 1k."""

    def read(value: Any) -> int:
        return whole_number(name, value, low, high)

    return typer.Option(help=told, parser=read, metavar="INTEGER")


def amount(name: str, told: str) -> Any:
    """An option that is a finite number above zero."""

    def read(value: Any) -> Decimal:
        return positive(name, value)

    return typer.Option(help=told, parser=read, metavar="NUMBER")


def read_sizes(text: str) -> tuple[int, ...]:
    """Numbers of items, with commas between them."""
    return tuple(whole_number("items", size, 1) for size in text.split(","))
