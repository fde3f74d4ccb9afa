"""What came of a run: `run.json`, the timeline and the usage, as the other targets give them."""

from typing import Any

import pandas as pd

from workbench.designs import Design
from workbench.runs.batch import Batch
from workbench.runs.failures import read_failures
from workbench.runs.records import Run, RunData
from workbench.targets.local.runtime.outside import ItemLog
from workbench.targets.local.world.context import EPOCH_S
from workbench.targets.local.world.world import World


def folder_of(
    world: World, design: Design, batch: Batch, ids: set[str], started_at: str
) -> RunData:
    """The run of a batch of these items. Its counts are what was seen where the work is done."""
    status, reason = _status(world, batch)
    notice = world.notifications.outcome(batch.batch_id) or {}
    item_log, (processor,) = world.item_log, world.functions_of("work")
    run = Run(
        run_id=batch.batch_id,
        design=design.name,
        target="local",
        items=batch.items,
        seed=batch.seed,
        knobs=design.knobs(),
        batch_id=batch.batch_id,
        started_at=started_at,
        created_s=_seconds(world.logs.created_s),
        processed_s=_seconds(item_log.last_s(ids)),
        detected_s=_detected_s(notice),
        items_processed=len(ids & item_log.done_s.keys()),
        items_failed=_failed(batch, item_log, ids, status),
        items_duplicated=item_log.repeated,
        invocations=processor.invocations,
        cold_starts=processor.cold_starts,
        peak_concurrency=processor.peak,
        work_ms=world.logs.work_ms,
        status=status,
        reason=reason,
    )
    usage, invocations = world.context.meter.frame(), world.reports.frame()
    return RunData(
        run,
        world.timeline.frame(),
        usage,
        invocations=invocations,
        failures=_listed(world, run) if run.items_failed else None,
    )


def _listed(world: World, run: Run) -> pd.DataFrame:
    """What the design itself has listed as failed, read outside of the bill."""
    deployment = world.deployment
    outputs, client = deployment.stack.outputs, deployment.cloud.client
    return read_failures(run.design, client, outputs, run.batch_id)


def _failed(batch: Batch, item_log: ItemLog, ids: set[str], status: str) -> int:
    """Items never done. Of a complete batch that is all the others: one may have died each time."""
    if status == "complete":
        return batch.items - len(ids & item_log.done_s.keys())
    return len(ids & item_log.failed_s.keys())


def _status(world: World, batch: Batch) -> tuple[str, str]:
    """Complete, or incomplete and why; a complete batch may have left something behind."""
    notice = world.notifications.outcome(batch.batch_id)
    left = ", ".join(world.left())
    if notice is None:
        now = world.context.kernel.now
        return "incomplete", f"no notification after {now:.0f} s; left: {left or 'nothing'}"
    if notice.get("status") != "complete":
        return "incomplete", f"{notice.get('status')}: {notice.get('reason')}"
    return "complete", f"left after completion: {left}" if left else ""


def _detected_s(notice: dict[str, Any]) -> float | None:
    """Seconds from the trigger to the moment that a notice names; a failed start names none."""
    if notice.get("status") != "complete":
        return None
    return _seconds(notice["detected_at"] - EPOCH_S)


def _seconds(value: float | None) -> float | None:
    """A time to the millisecond: finer is noise of the arithmetic."""
    return None if value is None else round(value, 3)
