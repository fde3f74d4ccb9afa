"""`workbench sweep`: the runs of a study that are not there yet, in parallel processes.

A run is finished once its folder is there, or the part that it is kept in, whole either way; so a
sweep that was killed goes on where it was, and runs nothing twice. Runs of the model are kept in
parts, and in a bucket all are. The result is a tidy table: one row a run, with its knobs and its
dollars by label.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from workbench.border import whole_number
from workbench.errors import BadInput, BadRecord, BudgetExceeded
from workbench.project import is_of_other_code
from workbench.runs.parts import Folder
from workbench.runs.progress import RunCounter
from workbench.runs.records import read_run, skip_damaged
from workbench.runs.results_folder import refuse_unwritable
from workbench.runs.run import Run
from workbench.runs.runner import forecast_of, make_target
from workbench.sweep.best import with_best
from workbench.sweep.bucket import Bucket
from workbench.sweep.elsewhere import spread
from workbench.sweep.foldered import ONE_AT_A_TIME, run_jobs
from workbench.sweep.jobs import Job, plan_jobs
from workbench.sweep.kept import Kept
from workbench.sweep.packing import PACKED, Done, TargetMaker, Worked, pack_jobs
from workbench.sweep.study import Study, read_study
from workbench.sweep.table import write_table

CHUNK_S = 1.0  # of work, handed to a process at once
PART_S, PART_RUNS = 10.0, 2_000  # of a part: what is lost where a sweep is killed
SHARES = 4  # parts for each process at least, if they are worth one
ALONE_S = 4.0  # less work than this is done before a second process has started
MAX_USD = Decimal(5)  # of a study's runs on aws together
LEAST_USD = Decimal("0.000001")  # what is left of a limit that is used up: nothing starts on it


@dataclass(frozen=True)
class Swept:
    """What a sweep has done; `failed` is the reason by run."""

    study: Study
    table: Path | str  # or its address in a bucket
    jobs: list[Job]
    ran: int
    found: int
    folders: dict[str, Path]  # of the runs that have one each, by the job's name
    older: int = 0  # of the found ones: made by other code, as far as git knows
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    usd: dict[str, float] = field(default_factory=dict)  # by target, of the runs that ran
    with_failed: list[Run] = field(default_factory=list)  # runs in parts with failed items

    @property
    def runs(self) -> list[str]:
        """The name of each job's run."""
        places = self.folders
        return [
            places[one.run_id].name if one.run_id in places else one.run_id for one in self.jobs
        ]

    @property
    def cost_usd(self) -> float:
        """Dollars of all runs that ran, simulated ones among them."""
        return sum(self.usd.values())


def sweep(
    study: Path | Study,
    results: Path | Bucket,
    *,
    yes: bool = False,
    processes: int | None = None,
    cluster: str = "",
    max_usd: Decimal = MAX_USD,
    counter: RunCounter | None = None,
    make: TargetMaker = make_target,
) -> Swept:
    """Run what is new of a study and write its table, `<results>/studies/<name>.parquet`.

    Everything that can be refused is refused before the first run: BadInput; BudgetExceeded if the
    runs on aws are forecast above `max_usd`, which is for all of them together.
    """
    if processes is not None:
        processes = whole_number("processes", processes, 1)
    study, impossible = with_best(_asked(study, results), processes, cluster)
    jobs, skipped = plan_jobs(study, yes)
    alone = [job for job in jobs if job.request.target in ONE_AT_A_TIME]
    folder = _refuse_places(results, cluster, jobs, alone)
    with _only_sweep(study, folder):
        kept = Kept.of(results if folder is None else Folder(folder), jobs)
        finished = [job for job in _in_folders(jobs, folder, kept) if job.is_finished(folder)]
        commits, failed = _commits(folder, finished)
        names = {job.run_id for job in finished} | kept.ids
        new = [job for job in jobs if job.run_id not in names]
        left = max_usd - _spent(alone, folder)
        _refuse_dear([job for job in new if job in alone], max_usd, left)
        counter = counter or RunCounter()
        counter.begin(len(jobs), len(jobs) - len(new), sum(job.expected_s for job in new))
        ended = _run(new, folder, kept, processes, cluster, left, make)
        failed |= _counted(ended, counter)
        table = write_table(study.name, jobs, folder, kept)
    commits += kept.found_commits
    return Swept(
        study=study,
        table=table,
        jobs=jobs,
        ran=len(new) - counter.failed,
        found=len(jobs) - len(new),
        folders={job.run_id: job.folder(folder) for job in _in_folders(jobs, folder, kept)},
        older=sum(count for commit, count in commits.items() if is_of_other_code(commit)),
        skipped=impossible + skipped,
        failed=failed,
        usd=dict(counter.usd),
        with_failed=kept.with_failed(),
    )


def _asked(study: Path | Study, results: Path | Bucket) -> Study:
    """The study, once its runs can be kept: finding best knobs is long work."""
    if isinstance(results, Path):
        refuse_unwritable(results)
    return study if isinstance(study, Study) else read_study(study)


def _refuse_places(
    results: Path | Bucket, cluster: str, jobs: list[Job], alone: list[Job]
) -> Path | None:
    """The folder of the results, None for a bucket; refused where the jobs cannot be there."""
    if cluster and alone:
        raise BadInput("--cluster: the study has runs on aws, made from here. Leave it out.")
    if isinstance(results, Bucket):
        results.refuse(jobs)
        return None
    return refuse_unwritable(results)


def _counted(ended: Iterator[Done], counter: RunCounter) -> dict[str, str]:
    """Count runs as they end; why those failed that did, by the job's name."""
    failed = {}
    for done in ended:
        if done.error:
            failed[done.job.run_id] = done.error
        job, broken = done.job, bool(done.error)
        counter.count(job.request.target, done.cost_usd, job.expected_s, broken)
    return failed


def _in_folders(jobs: list[Job], folder: Path | None, kept: Kept) -> list[Job]:
    """The jobs whose runs are, or will be, no part's: each has a folder of its own."""
    return [job for job in jobs if folder and job.run_id not in kept.ids]


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
    folder: Path | None,
    kept: Kept,
    processes: int | None,
    cluster: str,
    left: Decimal,
    make: TargetMaker,
) -> Iterator[Done]:
    """Every job done, as it ends: the longest first, the small ones in chunks. `left` are the
    dollars for runs on aws.
    """
    alone = [job for job in jobs if job.request.target in ONE_AT_A_TIME]
    shared = sorted(
        (job for job in jobs if job.request.target not in ONE_AT_A_TIME),
        key=lambda job: (-job.expected_s, job.run_id),
    )
    all_s = sum(job.expected_s for job in shared)
    part_s = min(PART_S, max(CHUNK_S, all_s / (SHARES * (processes or os.cpu_count() or 1))))
    inside = not cluster and (processes == 1 or all_s < ALONE_S)
    packed, folders = _apart(shared, folder)
    tasks = [(chunk, None, make) for chunk in _chunks(packed, part_s, PART_RUNS)]
    tasks += [(chunk, folder, make) for chunk in _chunks(folders, 0 if inside else CHUNK_S)]
    if inside:
        for task in tasks:
            yield from kept.add(work(*task))
    else:
        for worked in spread(work, tasks, folder, processes, cluster):
            yield from kept.add(worked)
    for job in alone:
        own = replace(job.request, max_usd=max(left, LEAST_USD))
        [done] = run_jobs([replace(job, request=own)], folder, make)
        left -= Decimal(str(done.cost_usd))
        yield replace(done, job=job)


def _apart(jobs: list[Job], folder: Path | None) -> tuple[list[Job], list[Job]]:
    """The jobs whose runs are kept in parts, and those that get a folder each."""
    packed = [job for job in jobs if folder is None or job.request.target in PACKED]
    return packed, [job for job in jobs if folder and job.request.target not in PACKED]


def _chunks(jobs: list[Job], seconds: float, runs: int = PART_RUNS) -> Iterator[list[Job]]:
    """Jobs of about so many seconds together, and no more of them; a longer one by itself."""
    chunk: list[Job] = []
    chunk_s = 0.0
    for job in jobs:
        chunk.append(job)
        chunk_s += job.expected_s
        if chunk_s >= seconds or len(chunk) == runs:
            yield chunk
            chunk, chunk_s = [], 0.0
    if chunk:
        yield chunk


def work(jobs: list[Job], folder: Path | None, make: TargetMaker) -> Worked:
    """A task of a process: jobs whose runs get a folder each, or without one make a part."""
    return pack_jobs(jobs, make) if folder is None else Worked(run_jobs(jobs, folder, make))


@contextmanager
def _only_sweep(study: Study, folder: Path | None) -> Iterator[None]:
    """Two sweeps of one study at a time would do the same work twice; the lock dies with us.

    In a bucket they are only slower for it: the same part has the same name and runs.
    """
    if folder is None:
        yield
        return
    place = folder / "studies"
    place.mkdir(parents=True, exist_ok=True)
    with (place / f".{study.name}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                f"another sweep of {study.name} is under way in {folder}. Wait for it."
            ) from None
        yield
