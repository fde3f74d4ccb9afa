"""`workbench workload`: what was read of a workload's file, and the knobs that it becomes."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import workloads
from workbench.cli.output import Json, print_json, wide_console

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.workload.shown import Row

WIDTH_MIN = 80
File = Annotated[
    Path, typer.Argument(help="A YAML file, such as workloads/seed.yaml.", autocompletion=workloads)
]


def workload(file: File, as_json: Json = False) -> None:
    """Print what a workload's file says: items, durations and what else, and its knobs."""
    from workbench.workload.shown import duration_rows, other_lines, told_workload
    from workbench.workload.workload import read_workload

    found = read_workload(file)
    if as_json:
        print_json("workload", file=file, **told_workload(found))
        return
    for name, value in other_lines(found):
        print(f"{name:<10}  {value}")
    wide_console(WIDTH_MIN).print(_table(duration_rows(found.duration)))
    for name, value in found.knobs().items():
        print(f"--set {shlex.quote(f'{name}={value}')}")


def _table(rows: "tuple[Row, ...]") -> "Table":
    """The figures of durations, one column each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title_justify="left")
    table.add_column("milliseconds")
    for name in rows[0].values:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.name, *(row.written(name) for name in row.values))
    return table
