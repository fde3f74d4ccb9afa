"""Options that several commands share, and how their text is read."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import BadInput
from workbench.runs.results_folder import refuse_unwritable

Results = Annotated[
    Path, typer.Option("--results", help="Where runs, tables and charts lie.", show_default=False)
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


def read_sizes(text: str) -> tuple[int, ...]:
    """Numbers of items, with commas between them."""
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise BadInput(f"--items {text!r} is not whole numbers with commas between") from None
