"""`workbench export`: bills for the tools that one has."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Results, Runs
from workbench.project import RESULTS
from workbench.targets import FIGURES, dollars_by_target


def export(
    runs: Runs,
    focus: Annotated[Path, typer.Option(help="The file to write: .parquet or .csv.")],
    results: Results = RESULTS,
) -> None:
    """Write the bills of runs as FinOps FOCUS 1.2, by resource and UTC hour.

    Simulated and modelled bills are written too: x_Source says which is which.
    """
    from workbench.bill.focus import focus_frame
    from workbench.bill.focus_file import refuse_ending, write_focus
    from workbench.runs.stored import find_run, whole_run

    refuse_ending(focus)
    paths = dict.fromkeys(find_run(results, run).resolve() for run in runs)
    folders = [whole_run(path) for path in paths]
    frame = focus_frame((folder, FIGURES[folder.run.target]) for folder in folders)
    write_focus(focus, frame)
    sums = frame.groupby("x_Target")["BilledCost"].sum().astype(float).to_dict()
    told = dollars_by_target(sums)
    print(f"{len(frame):,} rows of {len(folders):,} runs: {told}", file=sys.stderr)
    print(focus)
