"""Collecting a batch: its counts, its usage and its timeline, once CloudWatch has them all."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

import pandas as pd

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.platform.profile import load_profile
from workbench.pull.cloudwatch import Reading, read_metrics
from workbench.pull.insights import POLL, InsightsReader
from workbench.pull.logs import EventsReader, LogReader, log_groups
from workbench.pull.metrics import billed
from workbench.pull.window import METERED_AFTER_S, METERED_BEFORE_S, MeasuringCost, Window
from workbench.runs.batch import Batch
from workbench.runs.failures import read_failures
from workbench.runs.records import TIMELINE_COLUMNS, Run, RunData
from workbench.runs.resources import by_resource
from workbench.stacks.aws_clients import supports
from workbench.stacks.aws_errors import plainly, scrub
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.follow import COMPLETE, End, Sample
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.usage import (
    BatchMeasurements,
    Line,
    billed_by_metrics,
    lines_of_run,
    usage_of_run,
)

MINUTE_METRICS = (("concurrency", "ConcurrentExecutions"), ("throttles", "Throttles"))
SETTLE_MAX = 8  # times longer between two looks than at first: each of them costs


@dataclass
class Collector:
    """Collects one batch of a stack."""

    session: StackSession
    design: Design
    batch: Batch
    batches: Batches
    triggered_at: float = 0.0  # seconds since 1970, set once it is known
    ended_at: float | None = None
    failed: int = 0  # items, by the notification or the batch's own records
    whole: bool = True  # whether the batch was run in one go, under the settings of its order
    again: bool = False  # whether it was collected before, and something was lacking
    final: bool = False  # whether what is not there by now will never come

    def __post_init__(self) -> None:
        self.triggered_at = self.triggered_at or self.session.clock.now()
        self._cost = MeasuringCost()
        aws, deployed = self.session.aws, self.session.deployed
        groups = log_groups(aws.client("lambda"), deployed.functions)
        self._series = billed(deployed.design, deployed.names, groups, deployed.outputs)
        self._logs = self._log_reader(groups)
        self._calls_before = Counter(aws.calls)

    def so_far(self) -> BatchMeasurements:
        """What AWS's metrics say of a batch that is running: they stand for the REPORT lines."""
        measured = self._with_metrics(self._bare())
        roles = self.session.deployed.functions
        return replace(measured, billed=billed_by_metrics(measured.reading, roles))

    def now(self) -> BatchMeasurements:
        """Everything that is known at this moment."""
        bare = self._bare()
        least = self.batches.least(self.design, self.batch.items, self.failed)
        bare = replace(bare, failed=self.failed, least=least, whole=self.whole)
        counted = self._logs.counted(self.batch.batch_id, bare.window)
        return self._with_metrics(
            replace(bare, counted=counted, billed=self._logs.billed(bare.window))
        )

    def settled(self) -> BatchMeasurements:
        """Everything, as soon as two looks agree and nothing is missing; or what there is by then.

        A minute of metrics may come late, so the first look waits. Two looks that agree do not show
        that all is there: what is known to be lacking is waited for as long as it may be late.
        """
        clock, timeouts = self.session.clock, self.session.timeouts
        ago_s = 0.0 if self.ended_at is None else max(0.0, clock.now() - self.ended_at)
        clock.sleep(max(0.0, timeouts.metrics_s - ago_s))
        until = max(clock.now(), (self.ended_at or clock.now()) + timeouts.late_s)
        before, wait_s = None, timeouts.settle_s
        while True:
            measured = self.now()
            sums = measured.reading.sums()
            settled = sums == before and not measured.missing()
            if settled or clock.now() >= until:
                self.final = self.again and clock.now() >= until
                return measured
            before = sums
            clock.sleep(min(wait_s, max(timeouts.settle_s, until - clock.now())))
            wait_s = min(2 * wait_s, SETTLE_MAX * timeouts.settle_s)

    def of_complete(self, end: End) -> BatchMeasurements:
        """All of a complete batch. What failed the end says, or the batch's own records."""
        listed = self.failures() if end.items_failed is None else None
        failed = end.items_failed if listed is None else sum(listed["items"])
        self.failed = failed or 0
        return self._up_to(end.detected_at, self.settled())

    def _up_to(self, detected_at: float | None, measured: BatchMeasurements) -> BatchMeasurements:
        """The same, its times without what was repeated after the batch was found complete.

        SQS delivers twice, and a trigger whose answer is lost is sent twice: that work is billed,
        and it says nothing of when the items were done.
        """
        counted = measured.counted
        last = max(counted.created_at or 0.0, counted.last_done_at or 0.0)
        if detected_at is None or last <= detected_at:
            return measured
        times = self._logs.times(self.batch.batch_id, measured.window, detected_at)
        done_at = times.get("last_done_at", detected_at)
        created_at = counted.created_at  # None where nothing creates the items ahead of the work
        if created_at is not None:
            created_at = min(times.get("created_at", done_at), done_at)
        counted = replace(counted, last_done_at=done_at, created_at=created_at)
        return replace(measured, counted=counted)

    def lines(self, measured: BatchMeasurements) -> list[Line]:
        """The usage of the batch by resource."""
        return lines_of_run(measured, self.batches.usage_lines(measured))

    def failures(self) -> pd.DataFrame | None:
        """What the design itself lists as failed; None where the list cannot be read."""
        session = self.session
        try:
            with plainly():
                outputs = session.deployed.outputs
                found = read_failures(
                    self.design.name, session.aws.client, outputs, self.batch.batch_id
                )
            return found.assign(reason=found["reason"].map(scrub))  # AWS's words are among them
        except WorkbenchError as error:  # the batch is paid for: without the list it is a run, too
            print(f"warning: the failed items are not listed: {error}", file=sys.stderr)
            return None

    def _log_reader(self, groups: dict[str, str]) -> LogReader:
        """The reader that the service at hand is able to serve."""
        client = self.session.aws.client("logs")
        overhead_ms = load_profile().spread("sfn_child_overhead").p50
        if supports("insights"):
            wait = replace(POLL, sleep=self.session.clock.sleep)
            return InsightsReader(client, groups, overhead_ms, self._cost, wait)
        return EventsReader(client, groups, overhead_ms)

    def _bare(self) -> BatchMeasurements:
        end = self.session.clock.now()
        if self.ended_at is not None:  # a batch may be collected long after its end
            end = min(end, self.ended_at + METERED_AFTER_S)
        window = Window.between(self.triggered_at - METERED_BEFORE_S, end)
        children = self.batches.children(self.batch.batch_id)
        return BatchMeasurements(self.design, self.batch.items, window, children=children)

    def _with_metrics(self, measured: BatchMeasurements) -> BatchMeasurements:
        aws = self.session.aws
        client = aws.client("cloudwatch")
        reading = read_metrics(client, self._series, measured.window, self._cost)
        calls = Counter(aws.calls)
        calls.subtract(self._calls_before)
        read_units = reading.sum("table", "ConsumedReadCapacityUnits")
        cost = replace(
            self._cost,
            sqs_calls=sum(count for (service, _), count in calls.items() if service == "sqs"),
            read_units=min(read_units, self.batches.read_units),
        )
        return replace(measured, reading=reading, cost=cost)


def folder_of(
    run_id: str,
    collector: Collector,
    measured: BatchMeasurements | None,
    end: End,
    samples: list[Sample],
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
    lines: list[Line] = []
    if measured is None:
        measured = BatchMeasurements(design, batch.items, Window.between(start, start))
    else:
        measured = replace(measured, notifications=int(end.notification is not None))
        lines = collector.lines(measured)
    usage = usage_of_run(lines)
    timeline = timeline_of(samples, measured.reading, start)
    run = _counted(run, measured, end, start, collector.final)
    # Read once the bill is known: it is on no bill.
    failures = collector.failures() if run.items_failed else None
    resources = by_resource(usage, lines)
    return RunData(run, timeline, usage, failures=failures, resources=resources)


def _counted(run: Run, measured: BatchMeasurements, end: End, start: float, final: bool) -> Run:
    """The run with its counts and times."""
    counted, processor = measured.counted, measured.billed.get("processor")
    complete = run.status == "complete"
    failed = max(counted.failed, measured.failed) if end.items_failed is None else end.items_failed
    repeated = max(0, measured.over - run.items) if complete else 0
    lacking = measured.missing() if complete else []
    if lacking:
        run = replace(run, **_lacking(", ".join(lacking), final))
    peak = measured.reading.peak("processor", "ConcurrentExecutions")
    if processor and processor.peak is not None:
        peak = processor.peak

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - start, 3)

    return replace(
        run,
        created_s=since(counted.created_at),
        processed_s=since(counted.last_done_at),
        detected_s=since(end.detected_at),
        # A complete batch has dealt with each item: one without a log line was done or has failed.
        items_processed=run.items - failed if complete else min(counted.processed, run.items),
        items_failed=failed,
        items_duplicated=max(counted.duplicated, repeated),
        invocations=processor.requests if processor else 0,
        cold_starts=processor.cold_starts if processor else 0,
        peak_concurrency=ceil(peak),
        work_ms=counted.work_ms,
    )


def _lacking(what: str, final: bool) -> dict[str, str]:
    """The status and the reason of a run whose batch is complete, and whose evidence is not."""
    if final:
        return {"reason": f"CloudWatch never delivered {what}: the true cost may be higher"}
    text = (
        f"the batch is complete, but CloudWatch still lacks {what}. `workbench collect` bills the "
        "run again, and so does the same order"
    )
    return {"status": "incomplete", "reason": text}


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
