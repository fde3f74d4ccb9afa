"""`workbench sweep`: the runs of a study that are not there yet, in parallel processes.

A run is finished once its folder is there, which `records` renames into place whole; so a sweep
that was killed goes on where it was, and runs nothing twice. Its result is a tidy
table: one row a run, with its knobs and its dollars by label.
"""

import fcntl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from workbench.border import whole_number
from workbench.errors import BadInput, BadRecord, BudgetExceeded, WorkbenchError, refusal
from workbench.project import is_of_other_code
from workbench.runs.batch import Batch
from workbench.runs.predictions import predict
from workbench.runs.progress import RunCounter
from workbench.runs.records import LABELS, read_run, skip_damaged, write_folder
from workbench.runs.results_folder import nothing_left, refuse_unwritable
from workbench.runs.runner import forecast_of, make_target, priced
from workbench.sweep.elsewhere import spread
from workbench.sweep.jobs import Job, plan_jobs
from workbench.sweep.study import Study, read_study
from workbench.targets.base import RunOptions, Target
from workbench.temporary import written_whole

CHUNK_S = 1.0  # of work, handed to a process at once
ALONE_S = 4.0  # less work than this is done before a second process has started
ONE_AT_A_TIME = ("aws",)  # batches that share a stack would be billed for each other
MAX_USD = Decimal(5)  # of a study's runs on aws together
LEAST_USD = Decimal("0.000001")  # what is left of a limit that is used up: nothing starts on it


TargetMaker = Callable[[str, RunOptions], Target]


@dataclass(frozen=True)
class Done:
    """A run that has ended: its dollars, or why there is no run folder."""

    job: Job
    cost_usd: float = 0.0
    error: str = ""  # or why it did not complete, where it can be gone on with


@dataclass(frozen=True)
class Swept:
    """What a sweep has done; `failed` is the reason by run."""

    study: Study
    table: Path
    jobs: list[Job]
    ran: int
    found: int
    older: int = 0  # of the found ones: made by other code, as far as git knows
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    usd: dict[str, float] = field(default_factory=dict)  # by target, of the runs that ran

    @property
    def cost_usd(self) -> float:
        """Dollars of all runs that ran, simulated ones among them."""
        return sum(self.usd.values())


def sweep(
    study: Path | Study,
    results: Path,
    *,
    yes: bool = False,
    processes: int | None = None,
    cluster: str = "",
    max_usd: Decimal = MAX_USD,
    counter: RunCounter | None = None,
    make: TargetMaker = make_target,
) -> Swept:
    """Run what is new of a study and write its table, `results/studies/<name>.parquet`.

    Everything that can be refused is refused before the first run: BadInput; BudgetExceeded if the
    runs on aws are forecast above `max_usd`, which is for all of them together.
    """
    if processes is not None:
        processes = whole_number("processes", processes, 1)
    study = study if isinstance(study, Study) else read_study(study)
    jobs, skipped = plan_jobs(study, yes)
    if cluster and any(job.request.target in ONE_AT_A_TIME for job in jobs):
        raise BadInput(f"--cluster: {study.name} has runs on aws, made from here. Leave it out.")
    refuse_unwritable(results)
    with _only_sweep(study, results):
        found = [job for job in jobs if job.is_finished(results)]
        commits, failed = _commits(results, found)
        names = {job.run_id for job in found}
        new = [job for job in jobs if job.run_id not in names]
        left = max_usd - _spent(
            [job for job in jobs if job.request.target in ONE_AT_A_TIME], results
        )
        _refuse_dear([job for job in new if job.request.target in ONE_AT_A_TIME], max_usd, left)
        counter = counter or RunCounter()
        counter.begin(len(jobs), len(found), sum(job.expected_s for job in new))
        for done in _run(new, results, processes, cluster, left, make):
            if done.error:
                failed[done.job.run_id] = done.error
            counter.count(
                done.job.request.target, done.cost_usd, done.job.expected_s, bool(done.error)
            )
        table = write_table(study.name, jobs, results)
    older = sum(count for commit, count in commits.items() if is_of_other_code(commit))
    ran, usd = len(new) - counter.failed, dict(counter.usd)
    return Swept(study, table, jobs, ran, len(found), older, skipped, failed, usd)


def _commits(results: Path, jobs: list[Job]) -> tuple[Counter[str], dict[str, str]]:
    """The code that made these finished runs, and why the damaged ones cannot be read."""
    made, damaged = Counter[str](), {}
    for job in jobs:
        try:
            made[read_run(job.folder(results)).commit] += 1
        except BadRecord as error:
            skip_damaged(job.folder(results), error)
            damaged[job.run_id] = str(error)
    return made, damaged


def _spent(jobs: list[Job], results: Path) -> Decimal:
    """Dollars of a study's runs on aws so far: of each batch what its last run has metered, since
    one that is gone on with is metered from its trigger.
    """
    spent: dict[str, Decimal] = {}
    for path in (path for job in jobs for path in job.attempts(results)):
        with suppress(BadRecord):  # a damaged one is named where the runs are counted
            run = read_run(path)
            usd = Decimal(str(run.spent_usd))
            spent[run.batch_id] = max(usd, spent.get(run.batch_id, usd))
    return sum(spent.values(), Decimal(0))


def _refuse_dear(jobs: list[Job], max_usd: Decimal, left: Decimal) -> None:
    """Refuse runs on aws whose forecasts together pass what is left of the limit."""
    forecasts = (
        forecast_of(one.make_design(), one.items, one.region, job.price_date).usd
        for job, one in ((job, job.request) for job in jobs)
    )
    usd = sum(forecasts, Decimal(0))
    if usd > left:
        before = f", of which ${max_usd - left:.4f} are spent" if left < max_usd else ""
        raise BudgetExceeded(
            f"{len(jobs)} runs on aws are forecast at ${usd:.4f} and --max-usd is "
            f"${max_usd.normalize():f} for all{before}: nothing was started. Raise it, or ask for "
            "less."
        )


def _run(
    jobs: list[Job],
    results: Path,
    processes: int | None,
    cluster: str,
    left: Decimal,
    make: TargetMaker,
) -> Iterator[Done]:
    """Every job done, as it ends: the longest first, the small ones in chunks. `left` are the
    dollars for runs on aws.
    """
    alone = [job for job in jobs if job.request.target in ONE_AT_A_TIME]
    shared = sorted((j for j in jobs if j not in alone), key=lambda j: -j.expected_s)
    small = processes == 1 or sum(job.expected_s for job in shared) < ALONE_S
    if small and not cluster:
        alone, shared = [*shared, *alone], []
    for done in spread(run_jobs, list(_chunks(shared)), results, make, processes, cluster):
        yield from done
    for job in alone:
        own = replace(job.request, max_usd=max(left, LEAST_USD))
        [done] = run_jobs([replace(job, request=own)], results, make)
        if job.request.target in ONE_AT_A_TIME:
            left -= Decimal(str(done.cost_usd))
        yield replace(done, job=job)


def _chunks(jobs: list[Job]) -> Iterator[list[Job]]:
    """Jobs of about `CHUNK_S` together; a longer one by itself."""
    chunk: list[Job] = []
    for job in jobs:
        chunk.append(job)
        if sum(one.expected_s for one in chunk) >= CHUNK_S:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


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
        path = write_folder(folder, results)
    except (WorkbenchError, OSError) as error:
        if isinstance(error, BadRecord | OSError) and job.is_finished(results):
            return Done(job)
        return Done(job, error=refusal(error) if isinstance(error, OSError) else str(error))
    run = read_run(path)
    stays = request.target in ONE_AT_A_TIME and run.status != "complete"
    return Done(job, run.spent_usd, run.reason if stays else "")


@contextmanager
def _only_sweep(study: Study, results: Path) -> Iterator[None]:
    """Two sweeps of one study at a time would do the same work twice; the lock dies with us."""
    folder = results / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{study.name}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                f"another sweep of {study.name} is under way in {results}. Wait for it."
            ) from None
        yield


MILLION = 1_000_000


def runs_table(jobs: list[Job], results: Path) -> pd.DataFrame:
    """One row a finished run: its columns, `preset`, `<label>_usd`, `knob_<name>`.

    Raises BadRecord if their prices are of different dates.
    """
    rows = [row for job in jobs if job.is_finished(results) for row in _rows(job, results)]
    frame = pd.DataFrame(rows)
    dates = set(frame["price_date"].dropna()) if rows else set()
    if len(dates) > 1:
        raise BadRecord(f"runs of this study have prices of {', '.join(sorted(dates))}")
    return frame


def write_table(name: str, jobs: list[Job], results: Path) -> Path:
    """Write the table of a study whole, in place of an older one."""
    path = results / "studies" / f"{name}.parquet"
    frame = runs_table(jobs, results)
    with written_whole(path) as written:
        frame.to_parquet(written, index=False)
    return path


def _rows(job: Job, results: Path) -> Iterator[dict[str, Any]]:
    """The row of a finished run; none of a damaged one, which is named on standard error."""
    try:
        yield _row(job.folder(results), job)
    except BadRecord as error:
        skip_damaged(job.folder(results), error)


def _row(path: Path, job: Job) -> dict[str, Any]:
    run = read_run(path)
    row = {key: value for key, value in asdict(run).items() if key not in ("knobs", "versions")}
    row |= {"preset": job.request.preset, "detection_lag_s": run.detection_lag_s}
    row |= dict.fromkeys((f"{label}_usd" for label in LABELS), 0.0) | _by_label(path)
    batch_usd = sum(row[f"{label}_usd"] for label in LABELS if label != "measuring")
    row |= {"batch_usd": batch_usd, "per_million_usd": batch_usd * MILLION / run.items}
    return row | {f"knob_{name}": value for name, value in run.knobs.items()}


def _by_label(path: Path) -> dict[str, float]:
    """Dollars by label; the two columns alone are read, since a study has many bills."""
    try:
        lines = pq.read_table(path / "bill.parquet", columns=["label", "cost_usd"])
    except (OSError, ValueError) as error:
        raise BadRecord(f"{path}/bill.parquet cannot be read: {error}") from None
    sums = lines.group_by("label").aggregate([("cost_usd", "sum")]).to_pydict()
    pairs = zip(sums["label"], sums["cost_usd_sum"], strict=True)
    return {f"{label}_usd": float(usd) for label, usd in pairs}
