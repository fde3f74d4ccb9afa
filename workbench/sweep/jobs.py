"""Every run of a study, each under a name made from its content.

The name holds a hash of all that shapes the run: design, target, batch, every knob, region and
price date, and for the simulated targets the platform profile. So the same run has the same name
in every study, a finished one is found again, and a changed file asks only for what is new.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import blake2b
from itertools import chain, count, product, takewhile
from math import prod
from pathlib import Path
from typing import Any

from workbench.designs import DESIGNS, Design, make_design
from workbench.errors import BadInput, BadKnob, BadRecord
from workbench.platform.profile import load_profile
from workbench.prices import load_book
from workbench.runs.records import is_there, read_run
from workbench.runs.run import SCHEMA_VERSION
from workbench.runs.runner import RunRequest, refuse_unknown_target
from workbench.sweep.study import Grid, Study

RUNS_MAX = 100_000  # more want a `--yes`
RESUMED = "aws"  # the target whose batches go on without us


@dataclass(frozen=True)
class Job:
    """One run of a study: its request, its name, and the date of its prices."""

    request: RunRequest
    run_id: str
    price_date: str

    @property
    def expected_s(self) -> float:
        """Wall time to expect, roughly: it orders the work and gives the time left."""
        return self.request.expected_s

    def folder(self, results: Path) -> Path:
        """Where its run folder is, or will be.

        A batch on aws that did not complete can be gone on with, under another run's name: the
        folder is that of the run which completed, or the next one. Elsewhere a run that did not
        complete would only be the same again.
        """
        folders = self._folders(results)
        if self.request.target != RESUMED:
            return next(folders)
        return next(one for one in folders if not is_there(one) or not _is_incomplete(one))

    def attempts(self, results: Path) -> list[Path]:
        """Its run folders so far: those that did not complete, and the one that did."""
        return list(takewhile(is_there, self._folders(results)))

    def _folders(self, results: Path) -> Iterator[Path]:
        """Under its name, and those that it is gone on with under."""
        names = chain([self.run_id], (f"{self.run_id}-{number}" for number in count(2)))
        return (results / "runs" / name for name in names)

    def is_finished(self, results: Path) -> bool:
        """Whether its run folder is there, whole."""
        return is_there(self.folder(results))


def _is_incomplete(folder: Path) -> bool:
    """Whether a run did not complete, as far as it can be read."""
    try:
        return read_run(folder).status != "complete"
    except BadRecord:
        return False


def plan_jobs(study: Study, yes: bool = False) -> tuple[list[Job], list[str]]:
    """The runs of a study, each once, and what was skipped as infeasible.

    Refused: prices of different dates, more than 100,000 runs without `yes`, nothing to run.
    """
    price_date = _one_price_date(study)
    asked = sum(_size(grid) for grid in study.grids) + len(study.runs)
    if asked > RUNS_MAX and not yes:
        raise BadInput(
            f"{study.name} asks for {asked:,} runs; over {RUNS_MAX:,} want a --yes. "
            "Shorten a list of the grid, or pass --yes."
        )
    profile = load_profile()
    stamp = blake2b(json.dumps(profile.entries, sort_keys=True).encode(), digest_size=8)
    jobs: dict[str, Job] = {}
    designs: dict[str, Design] = {}
    skipped: list[str] = []
    for request, skip in _requests(study):
        refuse_unknown_target(request.target)
        try:
            if skip:  # what cannot work as it is written is left out, not fitted
                make_design(request.design, request.preset, request.settings)
            job = make_job(request, price_date, stamp.hexdigest(), designs)
        except BadKnob as error:
            if not skip:
                raise
            skipped.append(
                f"{request.design}, {request.settings}, {request.items:,} items: {error}"
            )
            continue
        jobs.setdefault(job.run_id, job)
    if not jobs and not any(grid.best_in for grid in study.grids):
        reason = f" The first of {len(skipped)}: {skipped[0]}" if skipped else ""
        raise BadInput(f"{study.name}: the grid is empty, no combination can run.{reason}")
    return list(jobs.values()), skipped


def make_job(request: RunRequest, price_date: str, profile: str, designs: dict[str, Design]) -> Job:
    """A request under its name; refuses knobs that cannot work. `designs` are those made before."""
    key = request.design_key
    if key not in designs:
        designs[key] = request.make_design()
    design = designs[key]
    design.refuse_items(request.items)
    shape = [
        request.design,
        request.target,
        request.items,
        request.seed,
        design.named_knobs(),
        request.region,
        price_date,
        "" if request.target == "aws" else profile,
        SCHEMA_VERSION,
        *([request.best_in] if request.best_in else []),
    ]
    digest = blake2b(json.dumps(shape, sort_keys=True).encode(), digest_size=6).hexdigest()
    run_id = f"{request.design}-{request.target}-{request.items}-{request.seed}-{digest}"
    return Job(request, run_id, price_date)


def _one_price_date(study: Study) -> str:
    """The date whose prices the whole study is in."""
    asked = {
        *((target, grid.prices) for grid in study.grids for target in grid.targets),
        *((request.target, prices) for request, prices in study.runs),
    }
    dates = {prices: target for target, prices in sorted(asked, key=str)}
    if len(dates) > 1:
        used = ", ".join(f"{target} at {day or 'the newest'}" for day, target in dates.items())
        raise BadInput(
            f"{study.name} mixes prices of different dates ({used}): its dollars could not be "
            "compared. Give one `prices` for the whole study."
        )
    return load_book(study.region, next(iter(dates))).date


def _size(grid: Grid) -> int:
    """How many runs a grid has."""
    knobs = (grid.best_in or grid.presets, grid.item_ms, *grid.knobs.values())
    axes = (grid.targets, grid.items, grid.seeds, *knobs)
    own = (prod(map(len, grid.own.get(design, {}).values())) for design in grid.designs)
    return prod(map(len, axes)) * sum(own)


def _requests(study: Study) -> Iterator[tuple[RunRequest, bool]]:
    """Every request of a study, and whether it may be left out if it cannot work."""
    for grid in study.grids:
        if grid.best_in:  # `with_best` lays them out
            continue
        for request in _grid_requests(grid, study.region):
            yield request, grid.skip_infeasible
    for request, _ in study.runs:
        yield request, False


def _grid_requests(grid: Grid, region: str) -> Iterator[RunRequest]:
    for design, settings in settings_of(grid):
        for target, preset, items, seed in product(
            grid.targets, grid.presets, grid.items, grid.seeds
        ):
            yield RunRequest(design, target, items, seed, preset, settings, region)


def settings_of(grid: Grid) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every design of a grid with every combination of its knobs."""
    for design in grid.designs:
        axes: dict[str, tuple[Any, ...]] = {**grid.knobs, **grid.own.get(design, {})}
        known = [knob.name for knob in fields(DESIGNS[design])]
        for name in axes:  # refused also where what cannot work is skipped
            if name not in known:
                raise BadInput(f"knob {name!r} is not one of {design}. It has {', '.join(known)}.")
        for item_ms, *values in product(grid.item_ms, *axes.values()):
            yield design, item_ms | dict(zip(axes, values, strict=True))
