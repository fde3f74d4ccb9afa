"""What commands print: tables that are not broken, JSON, items that failed, signs of any terminal.

JSON is one object: `schema` (raised when a key changes its meaning or goes), `command`, and the
command's own keys. Exact decimals (prices, lines of a bill, their sums) are texts; every other
number is a number; what is not known, or has no end, is null.
"""

import codecs
import json
import os
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.errors import ITEMS_FAILED

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console

    from workbench.runs.run import Run

SCHEMA = 1
SHOWN_MAX = 5  # runs with failed items that are named
HANDLER = "workbench.plain"
# Signs of our texts and of rich's tables that ASCII lacks; any other one becomes `?`.
SIGNS = {
    **dict.fromkeys("–—−‐‑─━═╌╍╴╶╸╺", "-"),
    **dict.fromkeys("│┃║╎╏▏▎▍▌", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┡┩┠┨┣┫┳┻╇╈╋╔╗╚╝╠╣╦╩╬", "+"),
    **dict.fromkeys("•·∙", "*"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("µμ", "u"),
    "…": "...",
    "→": "->",
    "←": "<-",
    "↔": "<->",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "±": "+-",
    "∞": "inf",
    "█": "#",
    "░": ".",
}

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, instead.")]


def print_json(command: str, **content: Any) -> None:
    """Print a command's result as one JSON object."""
    whole = {"schema": SCHEMA, "command": command} | content
    print(json.dumps(as_json(whole), indent=2, ensure_ascii=True, allow_nan=False))


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


def say_failed(path: Path) -> bool:
    """Say on standard error how many items of a run failed and why; whether any did."""
    line = _failed(path)[1]
    if line:
        print(line, file=sys.stderr)
    return bool(line)


def end_by_failed(
    paths: Iterable[Path], packed: "Iterable[Run]" = (), runs: int | None = None
) -> None:
    """End a command over many runs: exit code 3 if items of some failed, and which runs these are.

    Beside folders, runs that have none: those with failed items of so many in all. Such a run is
    finished: it says what came of its items.
    """
    lines = {path.name: _failed(path) for path in paths}
    lines |= {run.run_id: _failed_of(run) for run in packed}
    failed = {name: found for name, found in lines.items() if found[0]}
    if not failed:
        return
    for name, (_, line) in list(failed.items())[:SHOWN_MAX]:
        print(f"  {name}: {line}", file=sys.stderr)
    items = sum(count for count, _ in failed.values())
    text = f"{items:,} items failed in {len(failed):,} of {runs or len(lines):,} runs"
    print(f"{text}, each of which is finished", file=sys.stderr)
    raise typer.Exit(ITEMS_FAILED)


def _failed(path: Path) -> tuple[int, str]:
    """How many items of a run failed, and the line that says why."""
    from workbench.runs.records import read_failed, read_run

    run = read_run(path)
    return _failed_of(run, read_failed(path) if run.items_failed else None)


def _failed_of(run: "Run", failures: "DataFrame | None" = None) -> tuple[int, str]:
    from workbench.runs.failures import failed_line

    return run.items_failed, failed_line(run, failures) if run.items_failed else ""


def take_every_sign() -> None:
    """Standard output and error write signs that their encoding lacks in plain letters."""
    codecs.register_error(HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)


def drop_buffers() -> None:
    """What is left in the buffers goes nowhere: the reader has ended (`| head -1`)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def plain(text: str) -> str:
    """A text in ASCII."""
    return "".join(one if one.isascii() else _in_ascii(one) for one in text)


def _in_ascii(sign: str) -> str:
    """A sign in ASCII: as listed, or without its accents, or a question mark."""
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return SIGNS.get(sign) or bare or "?"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: what stands for the signs that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end
