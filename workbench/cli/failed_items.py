"""What a command says, last, of runs whose items failed, and the exit code that it ends with."""

import sys
from collections.abc import Iterable
from pathlib import Path

import typer

from workbench.errors import ITEMS_FAILED

SHOWN_MAX = 5  # runs that are named


def tell_failed(path: Path) -> bool:
    """Say on standard error how many items of a run failed and why; whether any did."""
    from workbench.runs.failures import failed_line
    from workbench.runs.records import read_failed, read_run

    run = read_run(path)
    if run.items_failed:
        print(failed_line(run, read_failed(path)), file=sys.stderr)
    return run.items_failed > 0


def end_by_failed(paths: Iterable[Path]) -> None:
    """End a command over many runs: exit code 3 if items of some failed, and which runs these are.

    Such a run is finished: it says what came of its items.
    """
    from workbench.runs.failures import failed_line
    from workbench.runs.records import read_failed, read_run

    runs = {path: read_run(path) for path in paths}
    failed = [path for path, run in runs.items() if run.items_failed]
    if not failed:
        return
    for path in failed[:SHOWN_MAX]:
        line = failed_line(runs[path], read_failed(path))
        print(f"  {path.name}: {line}", file=sys.stderr)
    items = sum(runs[path].items_failed for path in failed)
    text = f"{items:,} items failed in {len(failed):,} of {len(runs):,} runs"
    print(f"{text}, each of which is finished", file=sys.stderr)
    raise typer.Exit(ITEMS_FAILED)
