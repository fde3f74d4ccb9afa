"""What commands print on standard output: tables that are not broken, or JSON and nothing else.

JSON is one object: `schema` (raised when a key changes its meaning or goes), `command`, and the
command's own keys. Exact decimals (prices, lines of a bill, their sums) are texts; every other
number is a number; what is not known, or has no end, is null.
"""

import json
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, instead.")]


def print_json(command: str, **content: Any) -> None:
    """Print a command's result as one JSON object."""
    told = {"schema": SCHEMA, "command": command} | content
    print(json.dumps(as_json(told), indent=2, ensure_ascii=True, allow_nan=False))


def as_json(value: Any) -> Any:
    """A value as JSON can hold it, by the rules of this module."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, dict):
        return {str(name): as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} has no form in JSON")


def wide_console(width_min: int) -> "Console":
    """A console whose lines are not broken below a width, however narrow the terminal is."""
    from rich.console import Console

    console = Console()
    console.width = max(console.width, width_min)
    return console
