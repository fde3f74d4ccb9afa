"""A task of a sweep whose runs are kept in a part: jobs in, the files of the part out.

It reads and writes nothing of the results, so it may run anywhere, and twice. What every run needs
is made once: the target, a design, a book of prices. No run makes a frame.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from workbench.bill.pricing import bill_rows, sums_by_label
from workbench.designs import Design
from workbench.errors import WorkbenchError, refusal
from workbench.prices import PriceBook
from workbench.project import commit, versions
from workbench.runs.batch import Batch
from workbench.runs.parts import RunRows, packed
from workbench.runs.records import BILL_COLUMNS
from workbench.runs.repriced import source_of, with_dollars
from workbench.sweep.jobs import Job
from workbench.targets.base import RunOptions, Target

LABEL, COST = BILL_COLUMNS.index("label"), BILL_COLUMNS.index("cost_usd")
PACKED = ("model",)  # targets whose runs are kept in parts also where there is a folder

TargetMaker = Callable[[str, RunOptions], Target]


@dataclass(frozen=True)
class Done:
    """A run that has ended: its dollars, or why it is not kept."""

    job: Job
    cost_usd: float = 0.0
    error: str = ""  # or why it did not complete, where it can be gone on with


@dataclass(frozen=True)
class Worked:
    """What a task has done, with the files of its part by table; none where runs have folders."""

    done: list[Done]
    files: dict[str, bytes] = field(default_factory=dict)


def pack_jobs(jobs: list[Job], make: TargetMaker) -> Worked:
    """Run these; an error that a user can act on ends one run only."""
    done: list[Done] = []
    with _Tools(make) as tools:
        files = packed(_rows(sorted(jobs, key=lambda job: job.run_id), tools, done))
    return Worked(done, files if any(not one.error for one in done) else {})


def _rows(jobs: list[Job], tools: "_Tools", done: list[Done]) -> Iterator[RunRows]:
    for job in jobs:
        try:
            rows = tools.run(job)
        except (WorkbenchError, OSError) as error:
            why = refusal(error) if isinstance(error, OSError) else str(error)
            done.append(Done(job, error=why))
        else:
            done.append(Done(job, rows.run.spent_usd))
            yield rows


class _Tools:
    """What several runs share, made when one first needs it."""

    def __init__(self, make: TargetMaker) -> None:
        self._make = make
        self._targets: dict[str, Target] = {}
        self._designs: dict[str, Design] = {}
        self._books: dict[tuple[str, str], PriceBook] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, job: Job) -> RunRows:
        """One run with its bill."""
        request, target = job.request, self._target(job)
        batch = Batch(request.items, request.seed, job.run_id)
        if hasattr(target, "rows"):  # quicker than frames, where a target can
            found = target.rows(self._design(job), batch)
        else:
            found = RunRows.of(target.run(self._design(job), batch, lambda _: None))
        book = self._book(job)
        bill = bill_rows(found.tables["usage"], book, source=source_of(found.run))
        dollars = sums_by_label((row[LABEL], row[COST]) for row in bill)
        made = {"commit": commit(), "versions": versions(), "best_in": request.best_in}
        run = replace(with_dollars(found.run, dollars, book), **made)
        return replace(found, run=run, tables={**found.tables, "bill": bill})

    def _target(self, job: Job) -> Target:
        name = job.request.target
        if name not in self._targets:
            self._targets[name] = self._make(name, job.request.options(Path()))
            self._open.callback(self._targets[name].close)
        return self._targets[name]

    def _design(self, job: Job) -> Design:
        """Its items were found to fit it when the study was planned."""
        key = job.request.design_key
        if key not in self._designs:
            self._designs[key] = job.request.make_design()
        return self._designs[key]

    def _book(self, job: Job) -> PriceBook:
        key = (job.request.region, job.price_date)
        if key not in self._books:
            self._books[key] = replace(job.request, price_date=job.price_date).book()
        return self._books[key]
