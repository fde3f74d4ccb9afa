"""A task of a sweep whose runs get a folder each."""

from dataclasses import replace
from pathlib import Path

from workbench.errors import BadRecord, WorkbenchError, refusal
from workbench.runs.batch import Batch
from workbench.runs.predictions import predict
from workbench.runs.records import read_run, write_folder
from workbench.runs.results_folder import nothing_left
from workbench.runs.runner import make_target, priced
from workbench.sweep.jobs import Job
from workbench.sweep.packing import Done, TargetMaker
from workbench.targets.base import Target

ONE_AT_A_TIME = ("aws",)  # batches that share a stack would be billed for each other


def run_jobs(jobs: list[Job], results: Path, make: TargetMaker = make_target) -> list[Done]:
    """Run these, as a worker process does; an error that a user can act on ends one run only."""
    made: dict[str, Target] = {}
    try:
        return [_run_job(job, results, made, make) for job in jobs]
    finally:  # the next chunk of this process opens its own
        for target in made.values():
            target.close()


def _run_job(job: Job, results: Path, made: dict[str, Target], make: TargetMaker) -> Done:
    if job.is_finished(results):  # another study that shares this run was faster
        return Done(job)
    request = replace(job.request, price_date=job.price_date)
    try:
        run_id = job.folder(results).name
        with nothing_left(results, run_id) as beginning:
            predict(request, run_id, results)
            if request.target not in made:
                made[request.target] = make(request.target, request.options(results))
            batch = Batch(request.items, request.seed, run_id)
            watch = beginning.listening(lambda _progress: None)  # a sweep counts runs, not items
            folder = made[request.target].run(request.make_design(), batch, watch)
        folder = priced(folder, request.book())
        folder = replace(folder, run=replace(folder.run, best_in=request.best_in))
        path = write_folder(folder, results)
    except (WorkbenchError, OSError) as error:
        if isinstance(error, BadRecord | OSError) and job.is_finished(results):
            return Done(job)
        return Done(job, error=refusal(error) if isinstance(error, OSError) else str(error))
    run = read_run(path)
    stays = request.target in ONE_AT_A_TIME and run.status != "complete"
    return Done(job, run.spent_usd, run.reason if stays else "")
