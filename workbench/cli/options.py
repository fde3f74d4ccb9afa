"""Options that several commands share, and how their text is read."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.border import positive, whole_number
from workbench.errors import BadInput

Results = Annotated[
    Path, typer.Option("--results", help="Where runs, tables and charts lie.", show_default=False)
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="A knob: name=value. May repeat.")
]


def read_settings(pairs: list[str] | None) -> dict[str, str]:
    """`name=value` pairs as a dictionary."""
    settings = {}
    for pair in pairs or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise BadInput(f"--set {pair!r} is not name=value.")
        settings[name.strip()] = value.strip()
    return settings


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
