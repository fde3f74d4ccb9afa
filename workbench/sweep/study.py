"""A study's YAML file, read strictly: a key that nobody knows is an error, never passed over.

question: What does a batch cost by its size?
region: us-east-1             # whose prices
prices: 2026-11-23            # the price book's date; the newest if left out
seeds: [1, 2, 3]              # repetitions; every design gets the same ones
workload: web_calls.yaml      # what the items are: from here, or of the project's workloads
grids:                        # each is every combination of its lists
  - designs: [sqs, sfn]
    targets: [model]
    presets: [default, tuned]
    items: [100, 10000]       # those of a workload if left out
    workload: mine.yaml       # of this grid, in place of the study's
    knobs: {value_max: [100, 1000]}    # of every design; a value or a list
    duration: {mean_ms: 500, sd_ms: 553}  # in place of value_max: any form that a workload has
    sqs: {items_per_message: [1, 10]}  # of this design alone
    skip_infeasible: true     # else a combination that cannot work is refused
  - items: [100, 10000]
    best_in: [dollars, time]  # in place of presets: the best knobs that `tune` finds for each batch
runs:                         # single ones beside the grids
  - {design: sqs, target: local, items: 1000, seed: 1}
"""

from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from workbench import border
from workbench.designs import COMPARED, DESIGNS, WORKLOAD_KNOBS
from workbench.errors import BadInput, shown
from workbench.platform.services import HOME_REGION
from workbench.runs.run import AIMS
from workbench.runs.runner import RunRequest
from workbench.strict_yaml import read_yaml
from workbench.sweep.part import MISSING, Part
from workbench.workload.duration import read_duration
from workbench.workload.workload import Workload, find_workload, read_workload

EXAMPLE = "studies/smoke.yaml"
SEEDS = (1, 2, 3, 4, 5)
STUDY_KEYS = ("question", "region", "prices", "seeds", "workload", "grids", "runs")
GRID_KEYS = (
    *"designs targets presets best_in items seeds duration knobs workload prices".split(),
    "skip_infeasible",
    *DESIGNS,
)
RUN_KEYS = ("design", "target", "items", "seed", "preset", "knobs", "workload", "prices")


@dataclass(frozen=True)
class Grid:
    """Every combination of these; `own` holds the knobs of one design alone.

    `item_ms` are knobs that say how long items take. With `best_in` (of AIMS) the knobs that are
    not set are the best that tuning finds for each batch, once for each aim.
    """

    designs: tuple[str, ...]
    targets: tuple[str, ...]
    items: tuple[int, ...]
    seeds: tuple[int, ...]
    presets: tuple[str, ...] = ("default",)
    best_in: tuple[str, ...] = ()
    item_ms: tuple[dict[str, Any], ...] = ({},)
    knobs: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    own: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)
    prices: str | None = None
    skip_infeasible: bool = False


@dataclass(frozen=True)
class Study:
    """What a file asks for: grids, single runs, and whose prices of which date."""

    name: str
    question: str
    region: str
    prices: str | None
    grids: tuple[Grid, ...]
    runs: tuple[tuple[RunRequest, str | None], ...]  # with the price date that each asks for


def read_study(path: Path, workload: Path | None = None) -> Study:
    """The study in a file, of a workload as if the file named it; it then bears both names.

    Raises BadInput with the key, the value and what would do.
    """
    content, name = read_yaml(path, EXAMPLE), path.stem
    if workload:
        if "workload" in content:
            raise BadInput(f"{path.name} names a workload itself. Leave --workload out.")
        found = find_workload(str(workload), Path())
        content, name = content | {"workload": str(found.resolve())}, f"{name}-{found.stem}"
    part = Part(path.name, content, STUDY_KEYS, path.parent)
    prices, seeds = part.one("prices", _date, None), part.many("seeds", border.whole_number, SEEDS)
    usual = _workload(part)
    of_usual = usual.region if usual and _says_region(usual) else HOME_REGION
    region = part.one("region", border.text, of_usual)
    shared = Shared(region, prices, seeds, usual)
    grids = tuple(_grid(one, shared) for one in part.parts("grids", GRID_KEYS))
    runs = tuple(_run(one, shared) for one in part.parts("runs", RUN_KEYS))
    if not grids and not runs:
        raise BadInput(f"{path.name} asks for no run: give it `grids` or `runs`.")
    return Study(name, part.one("question", border.text, ""), region, prices, grids, runs)


@dataclass(frozen=True)
class Shared:
    """What holds for every part of a study that does not say otherwise."""

    region: str
    prices: str | None
    seeds: tuple[int, ...]
    workload: Workload | None

    def workload_of(self, part: "Part") -> Workload | None:
        """What the items of a part are. BadInput if the part or the study says otherwise."""
        found = _workload(part) or self.workload
        if found is None:
            return None
        for key in ("knobs", *DESIGNS):
            for name in part.knobs(key):
                if name in WORKLOAD_KNOBS:
                    why = "the workload says what the items are. Leave one out."
                    raise BadInput(f"{part.where}: {key}.{name}: {why}")
        if _says_region(found) and found.region != self.region:
            raise BadInput(
                f"{part.where}: the workload is of {found.region}, and the study's prices are of "
                f"{self.region}. Give the study `region: {found.region}`."
            )
        return found


def _workload(part: Part) -> Workload | None:
    """The workload that a part names itself."""

    def read(key: str, value: Any) -> Workload:
        return read_workload(find_workload(border.text(key, value), part.folder))

    return part.one("workload", read, None)


def _says_region(workload: Workload) -> bool:
    """Whether its file names a region."""
    return "region" in workload.model_fields_set


def _grid(part: Part, shared: Shared) -> Grid:
    work = shared.workload_of(part)
    designs = part.many("designs", _design, COMPARED)
    if foreign := [name for name in DESIGNS if name in part.content and name not in designs]:
        raise BadInput(
            f"{part.where} has knobs of {foreign[0]}, which is not among its designs. "
            f"Add {foreign[0]} to `designs`, or take them out."
        )
    told = {name: (value,) for name, value in work.knobs().items()} if work else {}
    knobs = told | part.knobs("knobs")
    if {"best_in", "presets"} <= part.content.keys():
        raise BadInput(f"{part.where}: best_in finds the knobs, presets name them. Leave one out.")
    if "duration" in part.content and knobs.keys() & {"value_max", "durations"}:
        others = "the workload" if work else "knobs"
        raise BadInput(f"{part.where}: duration says how long items take, and so do {others}.")
    return Grid(
        designs=designs,
        targets=part.many("targets", border.text, ("model",)),
        items=part.many("items", border.whole_number, work.items if work else ()),
        seeds=part.many("seeds", border.whole_number, shared.seeds),
        presets=part.many("presets", border.text, ("default",)),
        best_in=part.many("best_in", _aim) if "best_in" in part.content else (),
        item_ms=part.many("duration", partial(_item_ms, part.folder), ({},)),
        knobs=knobs,
        own={name: part.knobs(name) for name in designs if name in part.content},
        prices=part.one("prices", _date, shared.prices),
        skip_infeasible=part.one("skip_infeasible", _flag, False),
    )


def _run(part: Part, shared: Shared) -> tuple[RunRequest, str | None]:
    work = shared.workload_of(part)
    knobs = part.knobs("knobs")
    if lists := [name for name in knobs if isinstance(part.content["knobs"][name], list)]:
        raise BadInput(f"{part.where}: knobs.{lists[0]} must be one value; lists are for grids.")
    request = RunRequest(
        design=part.one("design", border.text),
        target=part.one("target", border.text, "model"),
        items=part.one("items", border.whole_number, work.items[0] if work else MISSING),
        seed=part.one("seed", border.whole_number, shared.seeds[0]),
        preset=part.one("preset", border.text, "default"),
        settings=(work.knobs() if work else {}) | {name: one for name, (one,) in knobs.items()},
        region=shared.region,
    )
    return request, part.one("prices", _date, shared.prices)


def _design(key: str, value: Any) -> str:
    """The name of a design."""
    if border.text(key, value) not in DESIGNS:
        raise BadInput(f"{key} has {shown(value)}. Take of {', '.join(DESIGNS)}.")
    return value


def _aim(key: str, value: Any) -> str:
    """What knobs are to be the best in."""
    if value not in AIMS:
        raise BadInput(f"{key} has {shown(value)}. Take of {', '.join(AIMS)}.")
    return value


def _item_ms(folder: Path, _key: str, value: Any) -> dict[str, Any]:
    """The knobs of durations, in any form of a workload; its files lie beside the study."""
    found = read_duration(value, folder)
    return found.table.knobs if found.table else {"value_max": found.longest_ms}


def _flag(key: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise BadInput(f"{key}={shown(value)} must be true or false.")
    return value


def _date(key: str, value: Any) -> str:
    """A price date, which YAML may have read as a date."""
    if not isinstance(value, date | str):
        raise BadInput(f"{key}={shown(value)} is no date. Write it as 2026-11-23.")
    return str(value)
