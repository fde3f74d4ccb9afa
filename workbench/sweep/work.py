"""What a worker process does: runs of a study, one after the other, each a whole run folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import BadRecord, WorkbenchError
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.runs.predictions import predict
from workbench.runs.records import read_run, write_folder
from workbench.runs.results_folder import nothing_left
from workbench.runs.runner import make_target, priced
from workbench.sweep.jobs import Job
from workbench.targets.base import RunOptions, Target

TargetMaker = Callable[[str, RunOptions], Target]


@dataclass(frozen=True)
class Done:
    """A run that has ended: its dollars, or why there is no run folder."""

    run_id: str
    target: str
    expected_s: float
    cost_usd: float = 0.0
    error: str = ""


def run_jobs(jobs: list[Job], results: Path, make: TargetMaker = make_target) -> list[Done]:
    """Run these; an error that a user can act on ends one run, not the study."""
    made: dict[str, Target] = {}
    return [_run_job(job, results, made, make) for job in jobs]


def _run_job(job: Job, results: Path, made: dict[str, Target], make: TargetMaker) -> Done:
    final = results / "runs" / job.run_id
    if is_finished(final):  # another study that shares this run was faster
        return Done(job.run_id, job.request.target, job.expected_s)
    request = job.request
    try:
        with nothing_left(results, job.run_id) as beginning:
            predict(request, job.run_id, results, price_date=job.price_date)
            if request.target not in made:
                made[request.target] = make(request.target, request.options(results))
            batch = Batch(request.items, request.seed, job.run_id)
            watch = beginning.listening(_unwatched)
            folder = made[request.target].run(request.make_design(), batch, watch)
        folder = priced(folder, load_book(request.region, job.price_date))
        path = write_folder(folder, results)
    except (WorkbenchError, OSError) as error:
        if isinstance(error, BadRecord | OSError) and is_finished(final):
            return Done(job.run_id, job.request.target, job.expected_s)
        return Done(job.run_id, job.request.target, job.expected_s, error=str(error))
    return Done(job.run_id, job.request.target, job.expected_s, read_run(path).cost_usd or 0.0)


def is_finished(folder: Path) -> bool:
    """Whether a run folder is there, whole."""
    return (folder / "run.json").is_file()


def _unwatched(_progress: object) -> None:
    """A study counts runs, not the items of one."""
