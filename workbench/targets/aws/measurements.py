"""Collecting a batch: its counts, its usage and its timeline, once CloudWatch has them all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

import pandas as pd

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.runs.batch import Batch
from workbench.runs.failures import read_failures
from workbench.runs.records import TIMELINE_COLUMNS, Run, RunData
from workbench.stacks.aws_clients import plainly
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.evidence import Evidence, Looking
from workbench.targets.aws.follow import COMPLETE, End, Sample
from workbench.targets.aws.logs import LogReader, Window, log_groups, log_reader
from workbench.targets.aws.metrics import MetricReader, Reading
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.spending import metered
from workbench.targets.aws.usage import usage_of_run

MINUTE_METRICS = (("concurrency", "ConcurrentExecutions"), ("throttles", "Throttles"))
WINDOW_MARGIN_S = 5  # before the trigger: clocks differ
WINDOW_TAIL_S = 900  # after the end: the last link of the finalizer's chain waits that long at most


@dataclass
class Collector:
    """Collects one batch of a stack."""

    session: StackSession
    design: Design
    batch: Batch
    batches: Batches
    triggered_at: float = 0.0  # seconds since 1970, set once it is known
    ended_at: float | None = None

    def __post_init__(self) -> None:
        self.triggered_at = self.triggered_at or self.session.clock.now()
        groups = log_groups(self.session.aws, self.session.deployed)
        self._metrics = MetricReader(self.session.aws, self.session.deployed, groups)
        self._logs: LogReader = log_reader(
            self.session.aws, self.session.deployed, self.session.clock
        )
        self._calls_before = Counter(self.session.aws.calls)

    def so_far(self) -> Evidence:
        """What AWS's metrics tell of a batch that is running."""
        return metered(self._with_metrics(self._bare()), self.session.deployed.roles)

    def now(self) -> Evidence:
        """Everything that is known at this moment."""
        bare = self._bare()
        return self._with_metrics(
            replace(
                bare,
                counted=self._logs.counted(self.batch.batch_id, bare.window),
                billed=self._logs.billed(bare.window),
            )
        )

    def settled(self) -> Evidence:
        """Everything, as soon as two looks agree and nothing is missing; or what there is by then.

        A minute of metrics may come late, so the first look waits.
        """
        clock, timeouts = self.session.clock, self.session.timeouts
        clock.sleep(timeouts.metrics_s)
        until = clock.now() + timeouts.logs_s
        before = None
        while True:
            evidence = self.now()
            sums = evidence.reading.sums()
            settled = sums == before and not evidence.missing()
            if settled or clock.now() >= until:
                return evidence
            before = sums
            clock.sleep(timeouts.settle_s)

    def _bare(self) -> Evidence:
        end = self.session.clock.now()
        if self.ended_at is not None:  # a batch may be collected long after its end
            end = min(end, self.ended_at + WINDOW_TAIL_S)
        window = Window(self.triggered_at - WINDOW_MARGIN_S, end)
        children = self.batches.children(self.batch.batch_id)
        return Evidence(self.design, self.batch.items, window, children=children)

    def _with_metrics(self, evidence: Evidence) -> Evidence:
        reading = self._metrics.read(evidence.window)
        calls = Counter(self.session.aws.calls)
        calls.subtract(self._calls_before)
        looking = Looking(
            sqs_calls=sum(count for (service, _), count in calls.items() if service == "sqs"),
            read_units=self.batches.read_units,
            metrics_asked=self._metrics.asked,
            scanned_bytes=self._logs.scanned_bytes,
        )
        return replace(evidence, reading=reading, looking=looking)


def folder_of(
    run_id: str, collector: Collector, evidence: Evidence | None, end: End, samples: list[Sample]
) -> RunData:
    """The run folder of a batch that ended so, of whatever is known of it."""
    design, batch, start = collector.design, collector.batch, collector.triggered_at
    run = Run(
        run_id=run_id,
        design=design.name,
        target="aws",
        items=batch.items,
        seed=batch.seed,
        knobs=design.knobs(),
        batch_id=batch.batch_id,
        started_at=datetime.fromtimestamp(start, UTC).isoformat(),
        status="complete" if end.kind == COMPLETE else "incomplete",
        reason=end.reason,
    )
    if evidence is None:
        evidence = Evidence(design, batch.items, Window(start, start))
        usage = usage_of_run(evidence).iloc[:0]
    else:
        evidence = replace(evidence, notifications=int(end.notification is not None))
        usage = usage_of_run(evidence)
    timeline = timeline_of(samples, evidence.reading, start)
    run = _counted(run, evidence, end, start)
    failures = _listed(collector, run) if run.items_failed else None
    return RunData(run, timeline, usage, failures=failures)


def _listed(collector: Collector, run: Run) -> pd.DataFrame | None:
    """What the design itself lists as failed: read once the bill is known, it is on no bill."""
    aws, outputs = collector.session.aws, collector.session.deployed.outputs
    try:
        with plainly():
            return read_failures(run.design, aws.client, outputs, run.batch_id)
    except WorkbenchError:  # the batch is paid for: without the list it is a run all the same
        return None


def _counted(run: Run, evidence: Evidence, end: End, start: float) -> Run:
    """The run with its counts and times."""
    counted, processor = evidence.counted, evidence.billed.get("processor")
    failed = counted.failed if end.notification is None else end.notification.items_failed
    repeated = max(0, evidence.over - run.items) if run.status == "complete" else 0
    lacking = evidence.missing() if run.status == "complete" else []
    if lacking:
        run = replace(
            run,
            status="incomplete",
            reason=f"the batch is complete, but CloudWatch still lacks {', '.join(lacking)}. Run "
            "the same order again to collect it once more",
        )
    peak = evidence.reading.peak("processor", "ConcurrentExecutions")
    if processor and processor.peak is not None:
        peak = processor.peak

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - start, 3)

    return replace(
        run,
        created_s=since(counted.created_at),
        processed_s=since(counted.last_done_at),
        detected_s=since(end.detected_at),
        items_processed=min(counted.processed, run.items - failed),
        items_failed=failed,
        items_duplicated=max(counted.duplicated, repeated),
        invocations=processor.requests if processor else 0,
        cold_starts=processor.cold_starts if processor else 0,
        peak_concurrency=ceil(peak),
        work_ms=counted.work_ms,
    )


def timeline_of(samples: Iterable[Sample], reading: Reading, start: float) -> pd.DataFrame:
    """Our own looks, and the processor's concurrency and throttles by the minute."""
    rows: list[tuple[float, str, float]] = []
    for one in samples:
        rows.append((one.t_s, "items_done", float(one.items_done)))
        rows.append((one.t_s, "backlog", float(one.backlog)))
        rows.append((one.t_s, "cost_usd", float(one.cost_usd)))
    for metric, name in MINUTE_METRICS:
        points = reading.points.get(("processor", name), [])
        rows += [(max(0.0, at - start), metric, value) for at, value in points]
    rows.sort(key=lambda row: (row[0], row[1]))
    return pd.DataFrame(rows, columns=TIMELINE_COLUMNS).astype({"t_s": float, "value": float})
