"""`workbench reference`: the only command that changes what git tracks."""

import shutil
import sys
from typing import Annotated

import typer

from workbench.errors import Incomplete
from workbench.project import DOCS, REFERENCE, RESULTS, ROOT

RUNS = RESULTS / ".reference-runs"  # where they are made; stays, so that a killed one goes on


def reference(
    sweep: Annotated[
        bool, typer.Option(help="Run what is new of studies/reference.yaml and pack it.")
    ] = True,
) -> None:
    """Make the project's reference set anew: runs, tables, charts, docs/findings.md.

    This is the only command that changes what git tracks. --no-sweep draws from the packed runs.
    """
    from analysis.findings import write_findings
    from analysis.publish import publish
    from workbench.side_tables import write_agreement, write_side_tables

    kept = REFERENCE.relative_to(ROOT)
    print(f"this changes what git tracks: {kept}/ and docs/findings.md", file=sys.stderr)
    charts = REFERENCE / "published"
    if sweep:
        _pack()
        written = write_side_tables(RUNS, REFERENCE) + write_agreement(REFERENCE, charts)
        for path in written:
            print(path)
    for path in publish(REFERENCE, video=False, kept_in=charts):
        print(path)
    print(write_findings(REFERENCE, DOCS))


def _pack() -> None:
    """Sweep the reference study, by this code only, and pack its runs."""
    from workbench.cli.sweep import find, tell
    from workbench.runs.provenance import is_of_other_code
    from workbench.runs.sets import pack, read_runs
    from workbench.sweep.progress import sweep_progress
    from workbench.sweep.sweeping import sweep as run_study

    if any(is_of_other_code(run.commit) for run in read_runs(RUNS)):
        shutil.rmtree(RUNS)
    with sweep_progress() as watch:
        done = run_study(find("reference"), RUNS, watch=watch)
    tell(done)
    if done.failed:
        raise Incomplete(f"{len(done.failed)} of {len(done.jobs)} reference runs have failed.")
    for path in pack(RUNS, REFERENCE):
        print(path)
