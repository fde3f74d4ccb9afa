"""One run of a batch: hold the stack, trigger, follow, collect; a run folder in any case."""

from dataclasses import replace

from workbench.errors import WorkbenchError
from workbench.prices import load_book
from workbench.runs.records import RunData
from workbench.stacks.ledger import Entry
from workbench.targets.aws.follow import (
    COMPLETE,
    ENFORCED_S,
    FAILED,
    STOPPED,
    End,
    Follower,
    Spending,
    deadline_s,
)
from workbench.targets.aws.measurements import Collector, folder_of
from workbench.targets.aws.timeouts import AwsOptions
from workbench.targets.aws.usage import BatchMeasurements, usage_of_run
from workbench.targets.base import Forecast, OnProgress

BROKEN, LEFT = "broken", "left"  # ends of the run, not of the batch


class AwsRun:
    """One run of a batch."""

    def __init__(
        self,
        options: AwsOptions,
        collector: Collector,
        entry: Entry,
        forecast: Forecast,
    ) -> None:
        self._options = options
        self._session = collector.session
        self._batch = collector.batch
        self._batches = collector.batches
        self._collector = collector
        self._entry = entry
        self._forecast = forecast
        self._deadline_s = deadline_s(collector.design, self._batch.items, forecast.seconds)
        collector.again = entry.phase == "notified"

    def go(self, run_id: str, on_progress: OnProgress) -> RunData:
        """Run the batch to an end of some kind, and give its run folder."""
        end, measured = End(BROKEN), None
        follower = self._follower()
        try:
            begins = self._entry.phase == "planned"  # what runs keeps the deadline it began with
            with self._session.held(self._collector.design, self._deadline_s if begins else None):
                end = self._attend(follower, on_progress)
                measured = self._collect(end)
        except (WorkbenchError, KeyboardInterrupt) as error:
            text = str(error) or "interrupted while CloudWatch was read: run the same order again"
            end = replace(end, kind=BROKEN, reason=f"{end.reason} {text}".strip())
        end = self._restored(end)
        if end.reason:
            self._options.say(end.reason)
        return folder_of(run_id, self._collector, measured, end, follower.samples)

    def _attend(self, follower: Follower, on_progress: OnProgress) -> End:
        """Trigger and follow; a Ctrl-C asks what is to become of the batch."""
        try:
            end = self._follow(follower, on_progress)
        except KeyboardInterrupt:
            return self._interrupted()
        if end.kind == STOPPED:
            return self._stop(end.reason)
        phases = {COMPLETE: "notified", FAILED: "failed"}
        if end.kind in phases:
            self._note(phases[end.kind], reason=end.reason)
        self._collector.ended_at = end.detected_at
        return end

    def _follow(self, follower: Follower, on_progress: OnProgress) -> End:
        """Trigger the batch if nobody did, and wait for its end."""
        if self._entry.phase == "planned":
            triggered_at = self._batches.trigger(
                self._batch, self._collector.design, self._deadline_s
            )
            self._options.say(
                f"batch {self._batch.batch_id} began; AWS itself stops it if it is not complete "
                f"within {self._deadline_s:,} s"
            )
            self._note("triggered", triggered_at=triggered_at)
        assert self._entry.triggered_at is not None
        follower.triggered_at = self._collector.triggered_at = self._entry.triggered_at
        if self._entry.phase == "notified":
            look = self._batches.look(self._batch, self._collector.design)
            return End(COMPLETE, detected_at=look.detected_at, items_failed=look.items_failed)
        return follower.follow(on_progress)

    def _interrupted(self) -> End:
        """Ask whether to stop the batch on AWS or to leave it."""
        name = self._batch.batch_id
        answer = self._options.ask(
            f"\nBatch {name} is running on AWS. [s]top it there, or [l]eave it running? "
        )
        if answer.strip().lower() in ("s", "stop"):
            return self._stop("stopped by Ctrl-C")
        return End(
            LEFT,
            f"interrupted: batch {name} goes on running on AWS and costs what it costs, under the "
            "stack's own settings, which are put back. Run the same order again to go on with it",
        )

    def _stop(self, why: str) -> End:
        """Stop the batch on AWS; what is left stays until a resume or a purge."""
        left = self._session.stop(self._batches, self._batch.batch_id)
        name, parts = self._batch.batch_id, self._collector.design.parts
        sources = ", and so do its event sources" if parts.sources else ""
        ways = f"`workbench purge {name}`"
        if self._batches.resumable:
            ways = f"`workbench resume {name}` or {ways}"
        reason = f"{why}: batch {name} is stopped. {left}. The schedule stays off{sources}: {ways}"
        self._note("stopped", reason=reason)
        return End(STOPPED, reason)

    def _collect(self, end: End) -> BatchMeasurements:
        """What is known; of a complete batch all of it, which takes CloudWatch some minutes."""
        if end.kind != COMPLETE:
            return self._collector.now()
        if self._session.timeouts.metrics_s > 0:
            self._options.say("the batch is complete; waiting for CloudWatch's last minutes")
        return self._collector.of_complete(end)

    def _follower(self) -> Follower:
        """What follows the batch, and knows when it has spent too much."""
        options, session, collector = self._options, self._session, self._collector
        spending = Spending(
            lambda: usage_of_run(collector.lines(collector.so_far())),
            load_book(options.region),
            self._forecast.usd,
            session.clock,
            session.timeouts.meter_s,
        )
        return Follower(
            session,
            self._batches,
            self._batch,
            collector.design,
            spending.usd,
            options.max_usd,
            options.timeout_s or self._deadline_s + ENFORCED_S,
        )

    def _note(self, phase: str, **changes: object) -> None:
        """Write down how far the batch is."""
        self._entry = self._session.ledger.write(self._entry.at(phase, **changes))

    def _restored(self, end: End) -> End:
        """Say what could not be put back; a batch that is complete stays so."""
        if not self._session.not_restored:
            return end
        text = (
            f"the stack's settings could not be put back: {self._session.not_restored} They are "
            "kept in the ledger, and the next run puts them back"
        )
        if end.kind == COMPLETE:
            self._options.say(text)
            return end
        return replace(end, reason=f"{end.reason.rstrip('.')}. {text}".lstrip(". "))
