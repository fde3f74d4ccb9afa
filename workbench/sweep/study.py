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
    sqs: {items_per_message: [1, 10]}  # of this design alone
    skip_infeasible: true     # else a combination that cannot work is refused
runs:                         # single ones beside the grids
  - {design: sqs, target: local, items: 1000, seed: 1}
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from workbench import border
from workbench.designs import COMPARED, DESIGNS, WORKLOAD_KNOBS
from workbench.errors import BadInput, shown
from workbench.platform.services import HOME_REGION
from workbench.runs.runner import RunRequest
from workbench.strict_yaml import read_yaml
from workbench.workload.workload import Workload, find_workload, read_workload

EXAMPLE = "studies/smoke.yaml"
SEEDS = (1, 2, 3, 4, 5)
STUDY_KEYS = ("question", "region", "prices", "seeds", "workload", "grids", "runs")
GRID_KEYS = (
    *"designs targets presets items seeds knobs workload prices skip_infeasible".split(),
    *DESIGNS,
)
RUN_KEYS = ("design", "target", "items", "seed", "preset", "knobs", "workload", "prices")

MISSING = object()

Read = Callable[[str, Any], Any]  # of a key and its value; BadInput for one of another kind


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
    part = Part(path.name, read_yaml(path, EXAMPLE), STUDY_KEYS)
    prices, seeds = part.one("prices", _date, None), part.many("seeds", border.whole_number, SEEDS)
    usual = _workload(part, path.parent)
    of_usual = usual.region if usual and _says_region(usual) else HOME_REGION
    region = part.one("region", border.text, of_usual)
    shared = Shared(path.parent, region, prices, seeds, usual)
    grids = tuple(_grid(one, shared) for one in part.parts("grids", GRID_KEYS))
    runs = tuple(_run(one, shared) for one in part.parts("runs", RUN_KEYS))
    if not grids and not runs:
        raise BadInput(f"{path.name} asks for no run: give it `grids` or `runs`.")
    return Study(path.stem, part.one("question", border.text, ""), region, prices, grids, runs)


@dataclass(frozen=True)
class Shared:
    """What holds for every part of a study that does not say otherwise."""

    folder: Path
    region: str
    prices: str | None
    seeds: tuple[int, ...]
    workload: Workload | None

    def workload_of(self, part: "Part") -> Workload | None:
        """What the items of a part are. BadInput if the part or the study says otherwise."""
        found = _workload(part, self.folder) or self.workload
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


@dataclass(frozen=True)
class Part:
    """A mapping of a file, its keys checked, read by kind."""

    where: str
    content: Any
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.content, dict):
            raise BadInput(f"{self.where} is {shown(self.content)}, not keys with values.")
        for key in self.content:
            if key not in self.keys:
                known = ", ".join(self.keys)
                raise BadInput(f"{self.where}: key {shown(key)} is not known. Take one of {known}.")

    def one(self, key: str, read: Read, default: Any = MISSING) -> Any:
        """A single value."""
        if key not in self.content and default is not MISSING:
            return default
        return self._read(key, self._given(key), read)

    def many(self, key: str, read: Read, default: tuple = ()) -> tuple[Any, ...]:
        """A list of values, each once; a single one will do."""
        if key not in self.content and default:
            return default
        return self._each(key, self._given(key), read)

    def knobs(self, key: str) -> dict[str, tuple[Any, ...]]:
        """Knobs with their values; none if left out."""
        found = self.content.get(key, {})
        if not isinstance(found, dict):
            raise BadInput(f"{self.where}: {key}={shown(found)} must be knobs with values.")
        return {
            name: self._each(f"{key}.{name}", value, _knob_value) for name, value in found.items()
        }

    def parts(self, key: str, keys: tuple[str, ...]) -> "Iterator[Part]":
        """A list of parts; none if left out."""
        found = self.content.get(key, [])
        if not isinstance(found, list):
            raise BadInput(f"{self.where}: {key} must be a list, each entry with a hyphen.")
        for number, one in enumerate(found, 1):
            yield Part(f"{self.where}: {key.removesuffix('s')} {number}", one, keys)

    def _given(self, key: str) -> Any:
        if key not in self.content:
            raise BadInput(f"{self.where} lacks {key!r}.")
        return self.content[key]

    def _each(self, key: str, value: Any, read: Read) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise BadInput(f"{self.where}: the grid is empty, since {key} is. Give it a value.")
        found = [self._read(key, one, read) for one in values]
        written = list(map(repr, found))
        if doubled := next((text for text in written if written.count(text) > 1), None):
            raise BadInput(f"{self.where}: {key} has {doubled} twice.")
        return tuple(found)

    def _read(self, key: str, value: Any, read: Read) -> Any:
        try:
            return read(key, value)
        except BadInput as error:
            raise BadInput(f"{self.where}: {error}") from None


def _workload(part: Part, folder: Path) -> Workload | None:
    """The workload that a part names itself."""

    def read(key: str, value: Any) -> Workload:
        return read_workload(find_workload(border.text(key, value), folder))

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
    return Grid(
        designs=designs,
        targets=part.many("targets", border.text, ("model",)),
        items=part.many("items", border.whole_number, work.items if work else ()),
        seeds=part.many("seeds", border.whole_number, shared.seeds),
        presets=part.many("presets", border.text, ("default",)),
        knobs=told | part.knobs("knobs"),
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


def _knob_value(key: str, value: Any) -> Any:
    """The value of a knob, which its design reads."""
    if isinstance(value, list | dict):
        raise BadInput(f"{key} has {shown(value)}; knobs are single values.")
    return value
