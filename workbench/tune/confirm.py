"""The choice of a tuning on `local`: the very handlers, at a size that fits, and its forecast."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.designs import Design
from workbench.errors import Incomplete
from workbench.runs.predictions import check_predictions
from workbench.runs.records import Run, read_run
from workbench.runs.runner import RunRequest
from workbench.sweep.jobs import Job, plan_jobs
from workbench.sweep.study import Study
from workbench.sweep.work import run_jobs

LOCAL_ITEMS_MAX = 20_000  # of a confirmation: local takes about a millisecond an item and more
INVOCATIONS = 20  # as many at least, so that the last one does not count for all


@dataclass(frozen=True)
class Confirmed:
    """The run on `local`, and each line of its prediction beside what came."""

    run: Run
    lines: pd.DataFrame

    def error_percent(self, line: str) -> float:
        """By how much the model missed a line."""
        return float(self.lines.set_index("line").loc[line, "error_percent"])


def confirm(design: Design, items: int, results: Path, seed: int = 1) -> Confirmed:
    """Run a choice on `local`, after writing down what the model says; found again if it is there.

    Raises Incomplete if the batch does not end.
    """
    job = confirmation(design, items, seed)
    (done,) = run_jobs([job], results) if not _is_there(job, results) else (None,)
    if done is not None and done.error:
        raise Incomplete(f"the confirmation on local failed: {done.error}")
    run = read_run(results / "runs" / job.run_id)
    if run.status != "complete":
        raise Incomplete(f"the confirmation on local did not complete: {run.reason}")
    lines = check_predictions(results)
    return Confirmed(run, lines[lines["run_id"] == job.run_id].reset_index(drop=True))


def confirmation(design: Design, items: int, seed: int) -> Job:
    """The job of a confirmation, at a size that `local` can take."""
    request = RunRequest(
        design.name, "local", fitting_items(design, items), seed, settings=design.changed_knobs()
    )
    (job,), _ = plan_jobs(Study("tune", "", request.region, None, (), ((request, None),)))
    return job


def fitting_items(design: Design, items: int) -> int:
    """How many items a confirmation takes: enough lots of them, and not too many for `local`."""
    lot = design.items_per_invocation
    return min(items, LOCAL_ITEMS_MAX, max(2_000, INVOCATIONS * lot))


def _is_there(job: Job, results: Path) -> bool:
    return (results / "runs" / job.run_id / "run.json").is_file()
