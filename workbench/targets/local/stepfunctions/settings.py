"""What a Map state asks for, its paths read from the state's input."""

from dataclasses import dataclass
from typing import Any

from workbench.targets.local.stepfunctions import payload
from workbench.targets.local.stepfunctions.failures import RUNTIME, StateFailed
from workbench.targets.local.stepfunctions.paths import read
from workbench.targets.local.stepfunctions.templates import fill
from workbench.targets.local.stepfunctions.walk import Visit


@dataclass(frozen=True)
class BatchSettings:
    """How items are put together for a child; `fixed` is BatchInput."""

    items_max: float
    bytes_max: int
    fixed: Any = None


@dataclass(frozen=True)
class Place:
    """A bucket and a prefix."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class MapSettings:
    """One map run. Without `source` the items are `items`; without `target` results stay inside."""

    express: bool
    label: str
    concurrency: int
    starts_per_s: float
    tolerated_items: float
    tolerated_percent: float
    batch: BatchSettings | None
    source: Place | None
    items: list[Any]
    target: Place | None


def resolve(visit: Visit, data: Any) -> MapSettings:
    """The settings of a distributed map."""
    state, profile = visit.state, visit.world.profile
    express = state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "EXPRESS"
    kind = "express" if express else "standard"
    children_max = int(profile.value("sfn_map_children_max"))
    wanted = int(number(visit, data, "MaxConcurrency", 0))
    tolerated_items, tolerated_percent = _tolerance(visit, data)
    return MapSettings(
        express=express,
        label=state.get("Label") or visit.world.uuid(),
        concurrency=min(wanted, children_max) if wanted else children_max,
        starts_per_s=profile.value(f"sfn_map_starts_{kind}_per_s"),
        tolerated_items=tolerated_items,
        tolerated_percent=tolerated_percent,
        batch=_batch(visit, data),
        source=_place(visit, data, "ItemReader"),
        items=[] if "ItemReader" in state else _own_items(visit, data),
        target=_place(visit, data, "ResultWriter"),
    )


def number(
    visit: Visit, data: Any, field: str, default: float, within: dict[str, Any] | None = None
) -> float:
    """A field's number, or that of `<field>Path`; a path must lead to one that is not negative."""
    fields = visit.state if within is None else within
    if f"{field}Path" not in fields:
        return fields.get(field, default)
    value = read(fields[f"{field}Path"], data, visit.context)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise StateFailed(RUNTIME, f"{field}Path of {visit.name} leads to {value!r}, no number")
    return value


def _tolerance(visit: Visit, data: Any) -> tuple[float, float]:
    """The failed items and the percentage allowed: none, unless the state says otherwise."""
    names = ("ToleratedFailureCount", "ToleratedFailurePercentage")
    given = [name in visit.state or f"{name}Path" in visit.state for name in names]
    default = float("inf") if any(given) else 0
    count, percent = (number(visit, data, name, default) for name in names)
    return count, percent


def _batch(visit: Visit, data: Any) -> BatchSettings | None:
    batcher = visit.state.get("ItemBatcher")
    if batcher is None:
        return None
    limit = payload.PAYLOAD_MAX_BYTES
    items_max = number(visit, data, "MaxItemsPerBatch", float("inf"), batcher)
    bytes_max = number(visit, data, "MaxInputBytesPerBatch", limit, batcher)
    if items_max < 1 or bytes_max < 1:
        raise StateFailed(RUNTIME, f"a batch of {visit.name} may hold nothing")
    fixed = None
    if "BatchInput" in batcher:
        fixed = fill(batcher["BatchInput"], data, visit.context)
    return BatchSettings(items_max, int(min(bytes_max, limit)), fixed)


def _place(visit: Visit, data: Any, field: str) -> Place | None:
    if field not in visit.state:
        return None
    place = fill(visit.state[field]["Parameters"], data, visit.context)
    return Place(place["Bucket"], place.get("Prefix", ""))


def _own_items(visit: Visit, data: Any) -> list[Any]:
    items = read(visit.state.get("ItemsPath", "$"), data, visit.context)
    if not isinstance(items, list):
        raise StateFailed(RUNTIME, f"the items of {visit.name} are no array")
    return items
