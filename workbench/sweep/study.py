"""A study's YAML file, read strictly: a key that nobody knows is an error, never passed over.

question: What does a batch cost by its size?
region: us-east-1             # whose prices
prices: 2026-11-23            # the price book's date; the newest if left out
seeds: [1, 2, 3]              # repetitions; both designs get the same ones
grids:                        # each is every combination of its lists
  - designs: [sqs, sfn]
    targets: [model]
    presets: [default, tuned]
    items: [100, 10000]
    knobs: {value_max: [100, 1000]}    # of every design; a value or a list
    sqs: {items_per_message: [1, 10]}  # of this design alone
    skip_infeasible: true     # else a combination that cannot work is refused
runs:                         # single ones beside the grids
  - {design: sqs, target: local, items: 1000, seed: 1}
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from workbench.designs import COMPARED, DESIGNS
from workbench.errors import BadInput
from workbench.runs.runner import RunRequest
from workbench.sweep.reading import Part, read_yaml

SEEDS = (1, 2, 3, 4, 5)
STUDY_KEYS = ("question", "region", "prices", "seeds", "grids", "runs")
GRID_KEYS = [
    *"designs targets presets items seeds knobs prices skip_infeasible".split(),
    *DESIGNS,
]
RUN_KEYS = ("design", "target", "items", "seed", "preset", "knobs", "prices")


@dataclass(frozen=True)
class Grid:
    """Every combination of these; `own` holds the knobs of one design alone."""

    designs: tuple[str, ...]
    targets: tuple[str, ...]
    items: tuple[int, ...]
    seeds: tuple[int, ...]
    presets: tuple[str, ...] = ("default",)
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


def read_study(path: Path) -> Study:
    """The study in a file. Raises BadInput with the key, the value and what would do."""
    content = read_yaml(path)
    part = Part(f"{path.name}", content, STUDY_KEYS)
    prices = _date(part, None)
    seeds = part.integers("seeds", SEEDS)
    region = part.text("region", "us-east-1")
    grids = [_grid(Part(f"{path.name}: grid {number}", one, GRID_KEYS), seeds, prices)
             for number, one in enumerate(part.parts("grids"), 1)]  # fmt: skip
    runs = [
        _run(Part(f"{path.name}: run {number}", one, RUN_KEYS), seeds[0], region, prices)
        for number, one in enumerate(part.parts("runs"), 1)
    ]
    if not grids and not runs:
        raise BadInput(f"{path.name} asks for no run: give it `grids` or `runs`.")
    return Study(path.stem, part.text("question", ""), region, prices, tuple(grids), tuple(runs))


def _grid(part: Part, seeds: tuple[int, ...], prices: str | None) -> Grid:
    designs = part.texts("designs", COMPARED, of=tuple(DESIGNS))
    foreign = [name for name in DESIGNS if part.has(name) and name not in designs]
    if foreign:
        raise BadInput(
            f"{part.where} has knobs of {foreign[0]}, which is not among its designs. "
            f"Add {foreign[0]} to `designs`, or take them out."
        )
    return Grid(
        designs=designs,
        targets=part.texts("targets", ("model",)),
        items=part.integers("items"),
        seeds=part.integers("seeds", seeds),
        presets=part.texts("presets", ("default",)),
        knobs=part.knobs("knobs"),
        own={name: part.knobs(name) for name in designs if part.has(name)},
        prices=_date(part, prices),
        skip_infeasible=part.flag("skip_infeasible"),
    )


def _run(part: Part, seed: int, region: str, prices: str | None) -> tuple[RunRequest, str | None]:
    settings = {name: values[0] for name, values in part.knobs("knobs", single=True).items()}
    request = RunRequest(
        design=part.text("design"),
        target=part.text("target", "model"),
        items=part.integer("items"),
        seed=part.integer("seed", seed),
        preset=part.text("preset", "default"),
        settings=settings,
        region=region,
    )
    return request, _date(part, prices)


def _date(part: Part, default: str | None) -> str | None:
    """A price date, which YAML may have read as a date."""
    if not part.has("prices"):
        return default
    value = part.content["prices"]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    raise BadInput(f"{part.where}: prices={value!r} is no date. Write it as 2026-11-23.")
