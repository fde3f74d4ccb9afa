"""What is known of one run, and what a file must hold to be believed as one."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, get_origin

from workbench.designs import DESIGNS, ITEMS_MAX, make_design
from workbench.errors import BadInput, BadRecord, shown
from workbench.project import COMMIT
from workbench.runs.batch import SEED_MAX
from workbench.targets import TARGETS

SCHEMA_VERSION = 1
AIMS = ("dollars", "time")  # what knobs are tuned for
RUN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")  # a folder's name, never hidden or above
KNOWN = {  # values of a run's fields, where they are few
    "design": tuple(DESIGNS),
    "target": tuple(TARGETS),
    "status": ("complete", "incomplete"),
    "best_in": (None, *AIMS),
}
PATTERNS = {
    "run_id": RUN_ID,
    "batch_id": RUN_ID,
    "commit": COMMIT,
    "region": re.compile(r"[a-z0-9-]{0,32}"),
}  # they reach paths, queries, git
AMOUNTS = (  # of a run: counts and dollars
    "items_processed items_failed items_duplicated invocations cold_starts peak_concurrency "
    "work_ms knowing_usd coordination_usd cost_usd measuring_usd"
).split()
AMOUNT_MAX = 2**53  # whole numbers that every reader keeps exactly
TIME_MAX_S = 366 * 86_400  # no batch takes a year
# Fields that older run folders lack.
LATER = ("work_ms", "coordination_usd", "measuring_usd", "region", "best_in")


@dataclass(frozen=True)
class Run:
    """One batch on one target. Times are seconds since the trigger, on the target's own clock."""

    run_id: str
    design: str
    target: str
    items: int
    seed: int
    knobs: dict[str, Any]
    batch_id: str
    started_at: str  # wall clock, ISO 8601, UTC
    created_s: float | None = None  # the batcher is done
    processed_s: float | None = None  # the last item is done or failed
    detected_s: float | None = None  # completion is known
    knowing_usd: float | None = None
    items_processed: int = 0
    items_failed: int = 0
    items_duplicated: int = 0
    invocations: int = 0  # of the processor
    cold_starts: int = 0  # of the processor
    peak_concurrency: int = 0  # of the processor
    work_ms: int | None = None  # inside `process` in all, as its telemetry says; None: not measured
    coordination_usd: float | None = None  # dispatch and knowing
    cost_usd: float | None = None  # of the batch
    measuring_usd: float | None = None  # of our own look at it, on no target but aws
    price_date: str | None = None
    region: str | None = None  # whose prices the bill has
    best_in: str | None = None  # of AIMS: its knobs are the best that tuning found for this batch
    commit: str = ""
    status: str = "complete"  # or `incomplete`, and then `reason`
    reason: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def spent_usd(self) -> float:
        """Dollars of the batch and of our own look at it: what a limit on dollars counts."""
        return (self.cost_usd or 0.0) + (self.measuring_usd or 0.0)

    @property
    def work_mean_ms(self) -> float | None:
        """Milliseconds inside `process` for each item that was processed, where measured."""
        if self.work_ms is None or not self.items_processed:
            return None
        return self.work_ms / self.items_processed

    @property
    def detection_lag_s(self) -> float | None:
        """How late completion is known, in seconds."""
        if self.detected_s is None or self.processed_s is None:
            return None
        return self.detected_s - self.processed_s


KINDS = {one.name: one.type for one in fields(Run)}


def checked_run(content: Any, where: str) -> Run:
    """The run that a file's content holds, each field checked; `where` names it in an error."""
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise BadRecord(f"{where} has schema version {version}; this workbench reads version 1")
    content = dict.fromkeys(LATER) | content
    if content.keys() != KINDS.keys():
        wrong = sorted(content.keys() ^ KINDS.keys())
        raise BadRecord(f"{where}: fields {', '.join(wrong)} do not fit")
    for name, kind in KINDS.items():
        if not fits(content[name], kind):
            raise BadRecord(f"{where}: {name}={shown(content[name])} does not fit")
    content["knobs"] = _later_knobs(content["design"]) | content["knobs"]
    run = Run(**content)
    if wrong := next(_contradictions(run), None):
        raise BadRecord(f"{where}: {wrong}")
    return run


def _contradictions(run: Run) -> Iterator[str]:
    """What in a run cannot be so, though each field is of its kind."""
    for name, known in KNOWN.items():
        if (value := getattr(run, name)) not in known:
            yield f"{name}={shown(value)} is not known: {', '.join(known)}"
    for name, pattern in PATTERNS.items():
        if not pattern.fullmatch(value := getattr(run, name) or ""):
            yield f"{name}={shown(value)} does not fit"
    if not (_is_moment(run.started_at) and _is_moment(run.price_date or run.started_at)):
        yield f"started_at={run.started_at!r} or price_date={run.price_date!r} is no date"
    if not 1 <= run.items <= ITEMS_MAX or not 0 <= run.seed <= SEED_MAX:
        yield f"items={shown(run.items)} or seed={shown(run.seed)} is out of its range"
    amounts = {name: getattr(run, name) for name in AMOUNTS}
    for name, value in amounts.items():
        if value is not None and not 0 <= value <= AMOUNT_MAX:
            yield f"{name}={shown(value)} is out of its range"
    if run.items_processed + run.items_failed > run.items:
        yield f"items_processed and items_failed are more than its {run.items:,} items"
    if why := _refused_knobs(run.design, json.dumps(run.knobs, sort_keys=True)):
        yield why
    times = [s for s in (run.created_s, run.processed_s, run.detected_s) if s is not None]
    if (
        times != sorted(times)
        or min(times, default=0.0) < 0
        or max(times, default=0.0) > TIME_MAX_S
    ):
        yield f"created_s, processed_s, detected_s are {times}: not in their order"


def _later_knobs(design: str) -> dict[str, Any]:
    """The knobs that a run may have been kept without, at what they were then."""
    return DESIGNS[design].later_knobs() if design in DESIGNS else {}


@cache
def _refused_knobs(design: str, knobs: str) -> str:
    """Why knobs, as JSON text, are not those of a design, every one of them; empty if they are."""
    given = json.loads(knobs)
    try:
        made = make_design(design, settings=given).knobs()
    except BadInput as error:
        return str(error)
    lacking = ", ".join(name for name in made if name not in given)
    return (
        f"it lacks the knobs {lacking}" if lacking else "" if made == given else "knobs are texts"
    )


def _is_moment(text: str) -> bool:
    """Whether a text is a date, with or without a time, that there is."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def fits(value: Any, kind: Any) -> bool:
    """Whether a value of a JSON file is of a field's kind; a whole number will do for a float."""
    if _is_dict(kind):
        return isinstance(value, dict)
    if isinstance(value, int):
        return not isinstance(value, bool) and (isinstance(0, kind) or isinstance(0.0, kind))
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, kind)


@cache
def _is_dict(kind: Any) -> bool:
    return get_origin(kind) is dict
