"""The local target: a batch on the deployed stack, in virtual time, and what came of it."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import pandas as pd

from workbench.designs import DESIGNS, Design
from workbench.errors import NotDeployed
from workbench.platform.profile import Profile, load_profile
from workbench.pull.window import CloudAccess
from workbench.runs.batch import Batch
from workbench.runs.failures import read_failures
from workbench.runs.records import Run, RunData
from workbench.runs.resources import roles
from workbench.targets.base import OnProgress, Progress, RunOptions
from workbench.targets.local.runtime.faults import Faults, MapFaults
from workbench.targets.local.runtime.outside import ItemLog
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.cost_explorer import Terms, load_bill, standing_bill
from workbench.targets.local.world.deployment import Deployment, create_items, fill_world, read_ids
from workbench.targets.local.world.synth import assembly, retune
from workbench.targets.local.world.world import World

DEADLINE_S = 14 * 86_400  # as long as a queue keeps a message
WATCHED = 200  # how often a run reports how far it is


@dataclass(frozen=True)
class Settings:
    """How runs are made: constants, fault plan, whether the cron rule fires, when to give up."""

    profile: Profile = field(default_factory=load_profile)
    faults: Faults = field(default_factory=Faults)
    map_faults: MapFaults = field(default_factory=MapFaults)
    cron: bool = False  # a benchmark has its rule disabled, as on AWS
    deadline_s: float = DEADLINE_S
    assemble: Callable[[Design], Path] = assembly  # the cloud assembly for a design's defaults
    terms: Terms = field(default_factory=Terms)  # what the account pays, by its Cost Explorer
    fill: Path | None = None  # a file that fills the world before each run


class LocalTarget:
    """Runs batches one after another; the cloud stays open to be asked until it is closed."""

    name = "local"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.world: World | None = None
        self._deployed: tuple[Path, str, Deployment] | None = None
        self._last: Run | None = None
        self._close: weakref.finalize | None = None

    @classmethod
    def create(cls, options: RunOptions) -> Self:
        """The target: it spends no money and keeps nothing on disk."""
        return cls(Settings(fill=options.fill))

    def run(self, design: Design, batch: Batch, on_progress: OnProgress) -> RunData:
        """Run a batch until it is notified and nothing is under way; `on_progress` hears of it.

        A batch that does not get there by the deadline is `incomplete`, with what was left.
        """
        design.refuse_items(batch.items)
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        if self.settings.fill:
            self.close()  # what an earlier run's file has made would be there twice
        world = self.prepare(design, batch.seed)
        ids = read_ids(world.deployment, design, batch)
        if self.settings.fill:
            items = create_items(world.deployment, design, batch)
            fill_world(self.settings.fill, world.deployment, items)
        world.begin(batch.items, _reporter(world, batch, on_progress))
        if self.settings.cron:
            world.bridge.start_schedules()
        world.start(design.trigger(batch.batch_id, batch.items, batch.seed))
        world.run(self.settings.deadline_s, partial(_over, world, batch))
        world.settle()
        folder = folder_of(world, design, batch, ids, started_at)
        self._last = folder.run
        return folder

    def prepare(self, design: Design, seed: int) -> World:
        """The design's stack with everything of an earlier run forgotten, nothing started yet."""
        settings = self.settings
        context = RunContext(settings.profile, seed, settings.faults, settings.map_faults)
        self.world = World(self._deploy(design), context)
        return self.world

    def client(self, service: str) -> Any:
        """A boto3 client of the cloud as the last run has left it."""
        if self._deployed is None:
            raise NotDeployed("nothing has run on this target yet, so it has no cloud to ask")
        return self._deployed[2].cloud.client(service)

    def cloud(self, design: str) -> CloudAccess:
        """What moto can be asked about the last run: no percentiles, no Logs Insights."""
        if self._deployed is None or DESIGNS[design].stack != self._deployed[1]:
            raise NotDeployed(f"no batch of {design} has just run on this target")
        return CloudAccess(
            client=self.client,
            outputs=self._deployed[2].stack.outputs,
            triggered_at=datetime.fromtimestamp(EPOCH_S, UTC),
            has_insights=False,
            late_s=0.0,
        )

    def publish_bill(self, bill: pd.DataFrame) -> None:
        """Let moto's Cost Explorer answer with the metered bill of the last run, and its stack's.

        The stack stood all of the virtual day, and no run but this one was on it.
        """
        if self._deployed is not None and self._last is not None:
            standing, terms = standing_bill(self._last), self.settings.terms
            fill = self._deployed[2].cloud.fill
            fill["ce"] = lambda _: load_bill(bill, standing=standing, terms=terms)

    def close(self) -> None:
        """Undeploy; moto's state, which is the process's, is free for others."""
        self.world = self._deployed = None
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _deploy(self, design: Design) -> Deployment:
        """The design's stack, deployed unless it is already, with these knobs."""
        path = self.settings.assemble(type(design)())
        if self._deployed is None or self._deployed[:2] != (path, design.stack):
            self.close()
            deployment = Deployment(path, design.stack)
            self._deployed = path, design.stack, deployment
            self._close = weakref.finalize(self, deployment.close)
        retune(self._deployed[2], design)
        return self._deployed[2]


def _reporter(world: World, batch: Batch, on_progress: OnProgress) -> Callable[[int], None]:
    """Reports how far a batch is, a bounded number of times, from outside of any handler."""
    step, context = max(1, batch.items // WATCHED), world.context

    def report(over: int) -> None:
        if over % step == 0 or over == batch.items:
            progress = Progress(over, batch.items, context.kernel.now, context.meter.frame)
            context.kernel.after(0.0, partial(on_progress, progress))

    return report


def _over(world: World, batch: Batch) -> bool:
    """Whether a batch was notified of and nothing is under way any more."""
    return batch.batch_id in world.notifications.by_batch and world.quiet()


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
    stack, meter = world.deployment.stack, world.context.meter
    usage, invocations = meter.frame(), world.reports.frame()
    return RunData(
        run,
        world.timeline.frame(),
        usage,
        invocations=invocations,
        failures=_listed(world, run) if run.items_failed else None,
        resources=meter.by_resource(roles(design.parts, stack.outputs)),
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
